"""Whole decisions, word for word: what a biller would paste into a letter, with the rows counted and the parameter asked."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from billing.rules import decide
from billing.rules.facts import DayRead, TimeSlice
from tests.billing.rules.facts import MEDICARE, STRICT, a_call, a_month, a_period

BOOK = Path(__file__).parent / "cases" / "decisions.txt"


def slices(*rows):
    zero = datetime(2026, 3, 4, 15, tzinfo=UTC)
    return tuple(
        TimeSlice(
            f"time:{n}", role, person, seconds, zero + timedelta(days=n), zero + timedelta(days=n, seconds=seconds)
        )
        for n, (role, person, seconds) in enumerate(rows)
    )


def read(first, count, *, automatic=True):
    return tuple(
        DayRead(first + timedelta(days=n), automatic, not automatic, (f"day:{first + timedelta(days=n)}",))
        for n in range(count)
    )


FULL = a_month(
    device_periods=None, days_read=read(date(2026, 2, 26), 17), order_on=date(2026, 1, 5), order_id="order:1",
    consent_on=date(2026, 1, 5), consent_id="consent:1", started_on=date(2026, 1, 5), setup_on=date(2026, 1, 5),
    setup_education_done=True, setup_billed_in_episode=False, contacts=(a_call(),),
    time=slices(("clinical_staff", "N1", 1500), ("physician", "P1", 900)),
)  # fmt: skip
SHORT = a_month(
    device_periods=None, days_read=read(date(2026, 3, 1), 12) + read(date(2026, 3, 20), 3, automatic=False),
    contacts=(a_call(live=False), a_call(date(2026, 2, 20))), time=slices(("clinical_staff", "N1", 1199), ("non_clinical", "A1", 60)),
    supervision_documented=False, order_present=False,
)  # fmt: skip
MANY = a_month(
    device_periods=(a_period(1, id="period:1"),),
    contacts=(a_call(role="clinical_staff"),),
    time=slices(("physician", "P1", 6000), ("qhp", "Q1", 600)),
)
NONE = a_month(device_periods=None, setup_billed_in_episode=False, setup_education_done=True)
THERAPY = a_month(
    program="RTM", rtm_system="respiratory", therapy_plan="PT", device_periods=None,
    days_read=read(date(2026, 3, 2), 5) + read(date(2026, 3, 10), 4, automatic=False), discharged_on=date(2026, 3, 20),
    contacts=(a_call(role="qhp", person="P1"),),
    time=slices(("therapist", "P1", 700), ("therapist_assistant", "T1", 600), ("clinical_staff", "N1", 300)),
)  # fmt: skip
CASES = {
    "a full month under Medicare": (FULL, MEDICARE),
    "the same month under the strictest reading": (FULL, STRICT),
    "a month short of everything": (SHORT, MEDICARE),
    "a hundred minutes and one reading day": (MANY, MEDICARE),
    "the same for a strict payer": (MANY, STRICT),
    "nothing has happened": (NONE, MEDICARE),
    "therapy by an assistant, ended early": (THERAPY, MEDICARE),
}


def text(facts, policy):
    """A decision as lines of text, nothing left out."""
    decision = decide(facts, policy)
    said = []
    for kind, lines in (("LINE", decision.lines), ("WITHHELD", decision.withheld)):
        for line in lines:
            modifiers = "".join(f"-{m}" for m in line.modifiers)
            said.append(
                f"{kind} {line.code}{modifiers} x{line.units} {line.component} on {line.dos} for {','.join(line.evidence)}"
            )
    for finding in decision.findings:
        marks = f"{finding.gravity.value} {finding.component} {finding.code} [{finding.parameter}] {finding.subject}".rstrip()
        said += [marks, f"    {finding.sentence}"]
        if finding.evidence:
            said.append(f"    rows: {', '.join(finding.evidence)}")
    for verdict in decision.verdicts:
        said.append(
            f"VERDICT {verdict.code} {verdict.component}: {verdict.outcome.value}, {len(verdict.findings)} findings"
        )
    return "\n".join(said)


def book():
    """The decisions as they were read and agreed to, by name."""
    parts = BOOK.read_text().split("## ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2].strip("\n") for part in parts}


@pytest.mark.parametrize("name", CASES)
def test_a_decision_says_what_was_agreed_word_for_word(name):
    assert text(*CASES[name]) == book()[name]
