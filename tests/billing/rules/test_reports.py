"""Reports of the engine besides the decision: the description of the rules, the forecast, the combinations."""

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from billing.rules import decide, load_codes
from billing.rules.alternatives import combinations
from billing.rules.decision import Decision, ProposedLine
from billing.rules.describe import describe
from billing.rules.fact_rows import DayRead, OtherClaim, OtherTime
from billing.rules.forecast import chances
from tests.billing.rules.facts import MEDICARE, a_call, a_month, a_period, a_slice

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_of_rules_matches_the_data():
    assert (ROOT / "docs" / "rules.md").read_text() == describe()


def test_the_engine_runs_without_django_and_without_the_projects_settings():
    code = (
        "import sys; from billing.rules import decide, load_preset; from billing.rules.__main__ import main;"
        "assert not [m for m in sys.modules if m.split('.')[0] in {'django', 'celery', 'psycopg'}]"
    )
    finished = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0, finished.stderr


def test_no_file_of_the_engine_has_more_than_200_lines():
    lengths = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "billing" / "rules").glob("*.py")}

    assert {name: lines for name, lines in lengths.items() if lines > 200} == {}


def window_of(days):
    first = date(2026, 3, 10)
    return tuple(DayRead(first + timedelta(days=n), True, False) for n in range(days))


@pytest.mark.parametrize(
    ("today", "last"),
    [
        pytest.param(date(2026, 3, 20), date(2026, 3, 31), id="nine missing, the first of them by the 31st"),
        pytest.param(date(2026, 3, 31), date(2026, 3, 31), id="today is the last day"),
        pytest.param(date(2026, 4, 1), None, id="tomorrow is too late"),
    ],
)
def test_the_last_day_on_which_enough_device_days_are_possible(today, last):
    # The window from 10 March ends on 8 April; seven days are there, nine are missing: 31 March to 8 April.
    facts = a_month(device_periods=None, days_read=window_of(7), as_of=today - timedelta(days=1))
    (chance,) = [c for c in chances(decide(facts, MEDICARE), today=today) if c.component == "device"]

    assert (chance.missing, chance.last_day) == (9, last)


def test_minutes_and_the_call_can_come_until_the_last_day_or_the_discharge():
    facts = a_month(time=(a_slice(1100),), contacts=(a_call(live=False),), as_of=date(2026, 3, 19))
    results = chances(decide(facts, MEDICARE), today=date(2026, 3, 20))

    assert [(c.code, c.missing, c.unit, c.last_day) for c in results] == [
        ("99457", 100, "seconds", date(2026, 3, 31)),
        ("99458", 1300, "seconds", date(2026, 3, 31)),
        ("", 1, "live call", date(2026, 3, 31)),
    ]
    gone = replace(facts, discharged_on=date(2026, 3, 15))
    assert {c.last_day for c in chances(decide(gone, MEDICARE), today=date(2026, 3, 20))} == {None}


def test_lines_without_conflict_are_billed_together():
    facts = a_month(
        device_periods=(a_period(20),),
        time=(a_slice(1200),),
        contacts=(a_call(),),
        other_time=(OtherTime("CCM", "clinical_staff", 1200),),
    )
    (only,) = combinations(decide(facts, MEDICARE), load_codes())

    assert [line.code for line in only.lines] == ["99454", "99457", "99490"]
    assert only.amount is None


def test_lines_that_exclude_each_other_are_alternatives_by_amount():
    on = date(2026, 3, 31)
    lines = (ProposedLine("99454", "device", 1, on, subject="w"), ProposedLine("99457", "management", 1, on))
    others = (ProposedLine("99091", "care_management", 1, on),)
    decision = Decision(lines, (), (), others)
    rates = {"99454": Decimal("52.11"), "99457": Decimal("51.77"), "99091": Decimal("55.45")}

    options = combinations(decision, load_codes(), rates)

    assert [([line.code for line in c.lines], c.amount) for c in options] == [
        (["99454", "99091"], Decimal("107.56")),
        (["99454", "99457"], Decimal("103.88")),
    ]
    assert [c.amount for c in combinations(decision, load_codes(), {"99454": Decimal(1)})] == [None, None]


def test_two_device_windows_are_not_alternatives():
    periods = (
        a_period(20, start=date(2026, 1, 31), end=date(2026, 3, 1)),
        a_period(5, start=date(2026, 3, 2), end=date(2026, 3, 31)),
    )
    (only,) = combinations(decide(a_month(device_periods=periods), MEDICARE), load_codes())

    assert [line.code for line in only.lines] == ["99454", "99445"]


@pytest.mark.parametrize(
    ("time", "claims", "codes"),
    [
        ([("CCM", 1200), ("PCM", 1800)], [], ["99490"]),
        ([("CCM", 1200)], ["G0557"], []),
        ([("CCM", 1200)], ["99487"], []),
        ([("PCM", 1800)], ["99490"], []),
        ([("PCM", 1800)], ["99454"], ["99426"]),
    ],
)
def test_one_family_of_care_management_a_month(time, claims, codes):
    facts = a_month(
        other_time=tuple(OtherTime(program, "clinical_staff", seconds) for program, seconds in time),
        other_claims=tuple(OtherClaim(code, True, date(2026, 3, 31)) for code in claims),
    )

    assert [line.code for line in decide(facts, MEDICARE).other_lines] == codes


def test_an_exclusion_on_one_side_only_is_refused(tmp_path):
    from billing.rules import PolicyError

    block = '["{0}"]\nprogram = "X"\ncomponent = "c"\nrole = "r"\nabout = "a"\ncounts = "d"\nfrom = 2020-01-01\nunverified = true\n'
    text = block.format("11111") + 'excludes = ["22222"]\nmin = [{ from = 2020-01-01, value = 1 }]\n'
    text += block.format("22222") + "min = [{ from = 2020-01-01, value = 1 }]\n"
    (tmp_path / "codes.toml").write_text(text)

    with pytest.raises(PolicyError, match="does not say so"):
        load_codes(tmp_path)
