"""Month-end cases with hand-written answers: ours, and the shared ones if the folder exists."""

import json
from pathlib import Path

import pytest

from billing.rules.__main__ import main
from billing.rules.golden import CASES
from billing.rules.scenarios import read_file, run_case
from tests.conftest import SHARED

OURS = [*sorted((Path(__file__).parent / "cases").glob("*.json")), CASES]
THEIRS = SHARED / "scenarios" / "month_end_cases.json"


@pytest.mark.slow
@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_our_cases_agree(path):
    differing = [answer for case in read_file(path) if not (answer := run_case(case))["matches"]]

    assert differing == []


@pytest.mark.skipif(not THEIRS.exists(), reason="the shared folder does not exist")
def test_the_shared_cases_agree():
    answers = [run_case(case) for case in read_file(THEIRS)]

    assert [answer for answer in answers if not answer["matches"]] == []
    assert len(answers) == 111


def test_the_command_exits_with_1_if_a_case_differs(tmp_path, capsys):
    case = read_file(OURS[0])[0]
    wrong = {**case, "expected_codes": [{"code": "99457", "units": 9, "dos": "2026-03-31"}]}
    (tmp_path / "cases.json").write_text(json.dumps({"cases": [wrong]}))

    assert main(["decide", str(tmp_path / "cases.json")]) == 1
    assert "missing code 99457 x9" in capsys.readouterr().out


def test_the_command_prints_json_with_explanations(capsys):
    assert main(["decide", str(OURS[0]), "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)

    assert all(answer["explanation"] for answer in answers)
    assert {"id", "codes", "other_program_codes", "blockers", "notes", "warnings", "explanation", "matches"} <= set(
        answers[0]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"facts": {"shoe_size": 9}}, "shoe_size", id="an unknown fact"),
        pytest.param({"policy_overrides": {"time_rolls": ["physician"]}}, "time_rolls", id="an unknown policy key"),
        pytest.param({"policy_overrides": {"live_by": "anybody"}}, "live_by", id="a value the key does not take"),
        pytest.param({"policy": "generous"}, "generous", id="an unknown preset"),
        pytest.param({"facts": {"zone": "Mars/Base"}}, "Mars/Base", id="no such zone"),
        pytest.param(
            {"facts": {"other_claims": [{"code": "9945", "by": "same_practice", "dos": "2026-03-01"}]}},
            "9945",
            id="no such code",
        ),
        pytest.param(
            {"facts": {"calls": [{"date": "2026-02-30", "channel": "phone"}]}}, "2026-02-30", id="no such day"
        ),
        pytest.param(
            {
                "facts": {
                    "minutes_by_role": [
                        {"role": "qhp", "minutes": 5, "start": "2026-03-04T10:10:00", "end": "2026-03-04T10:00:00"}
                    ]
                }
            },
            "before it starts",
            id="an interval that ends before it starts",
        ),
        pytest.param(
            {"facts": {"minutes_by_role": [{"role": "wizard", "minutes": 5}]}}, "wizard", id="an unknown role"
        ),
        pytest.param(
            {"facts": {"minutes_by_role": [{"role": "qhp", "minutes": -5}]}}, "-5", id="minutes below nothing"
        ),
    ],
)
def test_an_unreadable_case_is_named_and_affects_no_other(change, message):
    good = read_file(OURS[0])[0]
    bad = {**good, **{key: value if key != "facts" else {**good["facts"], **value} for key, value in change.items()}}

    answer = run_case(bad)

    assert answer["matches"] is False
    assert message in answer["error"]
    assert good["id"] in answer["error"]
    assert run_case(good)["matches"] is True


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"cases": 4}'])
def test_a_file_that_is_not_a_scenario_file_is_refused(tmp_path, text, capsys):
    (tmp_path / "x.json").write_text(text)

    assert main(["decide", str(tmp_path / "x.json")]) == 2
    assert "x.json" in capsys.readouterr().err
