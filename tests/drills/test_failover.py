"""The failover drill as a test of the night. `make drill` runs the same and prints its figures."""

import random

import pytest

from tests.drills.failover import run_drill

pytestmark = [pytest.mark.night, pytest.mark.worker]


def test_a_killed_primary_loses_no_acknowledged_reading_and_no_part_of_a_month(server_folder):
    server_folder.chmod(0o755)
    seed = random.SystemRandom().randint(1, 10**6)
    assert "0 missing, 0 doubled" in run_drill(server_folder, seed=seed), f"seed {seed}"


def test_a_primary_that_does_not_wait_for_its_standby_loses_readings_and_the_drill_finds_them(server_folder):
    server_folder.chmod(0o755)
    with pytest.raises(AssertionError, match="acknowledged readings are missing"):
        run_drill(server_folder, seed=1, is_synchronous=False)
