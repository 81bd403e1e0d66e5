"""The guide of docs/operations.md: its commands exist, and all of its `sh` blocks run in order (at night)."""

import re
import subprocess

import pytest
from django.core.management import get_commands

from tests.drills.fake_system import UNITS
from tests.drills.rehearsal import GUIDE, blocks
from tests.drills.restore import ROOT


def test_each_step_of_the_guide_has_a_block_that_runs():
    headings = {heading.partition(".")[0] for heading, _, _ in blocks(GUIDE.read_text())}
    assert headings == {str(number) for number in range(1, 13)}
    assert {host for _, host, _ in blocks(GUIDE.read_text())} == {"db1", "db2", "web", "backup"}


def test_each_command_and_each_unit_of_the_guide_exists():
    text = GUIDE.read_text()
    fenced = "\n".join(re.findall(r"^```\w+.*?\n(.*?)^```$", text, re.M | re.S))
    commands = set(re.findall(r"^(?:portal|\S*manage\.py)(?: --with \w+)? ([a-z_]+)", fenced, re.M))
    commands |= set(re.findall(r"`manage\.py ([a-z0-9_]+)", text))
    assert commands - set(get_commands()) - {"make_secrets"} == set()
    units = set(re.findall(r"\bportal-[a-z-]+(?=\b)", "\n".join(re.findall(r"^systemctl .*$", fenced, re.M))))
    assert units - {path.stem for path in UNITS.iterdir()} == set()


def test_the_script_that_rehearses_the_guide_is_run_from_anywhere():
    text = (ROOT / "docs" / "deploy" / "rehearse.sh").read_text()
    assert text.startswith("#!/bin/sh\n")
    assert subprocess.run(["sh", "-n", str(ROOT / "docs" / "deploy" / "rehearse.sh")], check=False).returncode == 0


@pytest.mark.night
@pytest.mark.worker
def test_the_guide_is_followed_from_the_installation_to_the_support_bundle():
    finished = subprocess.run(
        [str(ROOT / "docs" / "deploy" / "rehearse.sh")], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    assert f"The guide was followed: {len(blocks(GUIDE.read_text()))} blocks." in finished.stdout
