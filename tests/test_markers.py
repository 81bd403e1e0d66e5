"""Each test that starts a browser or a process of the portal has the marker by which `make test-fast` excludes it."""

import subprocess
import sys

import pytest

from tests.cases import some_cases
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


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (9, [0, 1, 2, 3, 4, 6, 7, 8, 9]), (10, range(10)), (11, range(10))],
)
def test_a_limit_keeps_the_first_the_last_and_evenly_spaced_cases_of_each_test(limit, kept):
    cases = [f"test_a.py::test_x[{number}]" for number in range(10)]

    assert some_cases([*cases, "test_a.py::test_y"], limit) == [*(cases[n] for n in kept), "test_a.py::test_y"]
