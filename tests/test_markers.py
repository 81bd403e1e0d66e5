"""Each test that starts a browser or a process of the portal has the marker by which `make test-fast` excludes it."""

import subprocess
import sys

import pytest

from tests.processes import missing_markers

PORTAL_COMMANDS = [["celery", "worker"], ["gunicorn", "rpm_portal.wsgi"], ["rpm_portal.demo"]]


@pytest.mark.parametrize(
    ("fixtures", "markers", "lacks"),
    [
        (["world"], [], []),
        (["page", "live_server"], [], ["browser"]),
        (["browser"], ["worker"], ["browser"]),
        (["worker"], [], ["worker"]),
        (["page", "worker"], ["browser"], ["worker"]),
        (["page", "worker"], ["browser", "worker"], []),
    ],
)
def test_a_marker_that_a_test_lacks_is_named(fixtures, markers, lacks):
    assert list(missing_markers(fixtures, markers)) == lacks


@pytest.mark.parametrize("words", PORTAL_COMMANDS)
def test_a_test_without_the_marker_starts_no_process_of_the_portal(words):
    with pytest.raises(AssertionError, match=r"add @pytest\.mark\.worker"):
        subprocess.run([sys.executable, "-m", *words, "--version"], check=False)


@pytest.mark.worker
def test_a_test_with_the_marker_starts_a_process_of_the_portal():
    assert subprocess.run([sys.executable, "-m", "celery", "--version"], check=False).returncode == 0


def test_any_test_starts_other_processes():
    assert subprocess.run([sys.executable, "-c", "print()"], check=False).returncode == 0
