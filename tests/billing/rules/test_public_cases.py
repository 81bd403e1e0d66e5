"""Month-end cases from public questions and contractor articles, each with its source, if the shared folder exists."""

import json
from copy import deepcopy

import pytest

from billing.rules.scenarios import run_case
from tests.conftest import SHARED

PATH = SHARED / "cases" / "billing" / "public_cases.json"
CASES = {case["id"]: case for case in json.loads(PATH.read_text())["cases"]} if PATH.exists() else {}

pytestmark = pytest.mark.skipif(not CASES, reason="the shared folder does not exist")


def with_its_facts(case):
    """The case with the facts that its title or note names and the file's format had no field for."""
    case = deepcopy(case)
    if case["id"] == "X08":  # "two lines of 2 units each are on file"
        for claim in case["facts"]["other_claims"]:
            claim["units"] = 2
    if case["id"] == "P22":  # "last reading 2026-03-27", for a payer that asks for it
        case["facts"]["device_periods"][0]["last_recorded_on"] = "2026-03-27"
        case["policy_overrides"]["device_dos"] = "last_recorded_day"
    if case["id"] == "P52":  # "with include_incident_to_staff it agrees"
        case["policy_overrides"]["rtm_time_roles"] = "include_incident_to_staff"
    return case


@pytest.mark.parametrize("name", CASES)
def test_a_public_case_agrees(name):
    answer = run_case(with_its_facts(CASES[name]))

    assert answer["matches"], answer.get("difference") or answer.get("error")


def test_there_are_sixty_two_of_them():
    assert len(CASES) == 62
