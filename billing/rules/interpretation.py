"""99091: a provider's own 30 minutes of collecting and interpreting stored data (rule R-99091)."""

from collections.abc import Iterator, Sequence
from datetime import date

from billing.rules.case import Case
from billing.rules.decision import ExcludedLine, Finding, Gravity, ProposedLine, RuleResult
from billing.rules.facts import PROVIDER_ROLES
from billing.rules.sentences import ClockSeconds

PROGRAM = "INTERPRETATION"
_DAYS_APART = 30


def interpretation(case: Case, billed: Sequence[ProposedLine]) -> Iterator[RuleResult]:
    """99091 for the provider's seconds recorded as interpretation, once in 30 days.

    It is not billed with treatment management of the month unless the payer allows it; then the minutes must be
    documented separately. `billed` are the month's own lines.
    """
    facts, code = case.facts, case.codes.by_code["99091"]
    entries = [item for item in facts.other_time if item.program == PROGRAM and item.role in PROVIDER_ROLES]
    if not entries or not code.valid(facts.last_day):
        return
    have, need = ClockSeconds(sum(item.seconds for item in entries)), ClockSeconds(code.min(facts.last_day))
    values = {"code": code.code, "have": have, "need": need, "program": "interpretation"}
    if have < need:
        short = values | {"missing": ClockSeconds(need - have)}
        yield Finding("CARE_TIME_BELOW_MIN", "interpretation", Gravity.SHORT, short)
        return
    line = ProposedLine(code.code, "interpretation", 1, facts.last_day)
    if (before := _billed_before(case)) is not None:
        already = {"code": code.code, "on": before, "span": "in 30 days"}
        yield Finding("CARE_ALREADY_BILLED", "interpretation", Gravity.SHORT, already)
        return
    if excluded_by := _excluding_code(case, billed):
        yield Finding("CARE_CODE_EXCLUDED", "interpretation", Gravity.SHORT, {"code": code.code, "other": excluded_by})
        yield ExcludedLine(line)
        return
    yield Finding("CARE_TIME_MET", "interpretation", Gravity.MET, values)
    if any(line.component == "management" for line in billed):
        on = {"on": facts.last_day}
        allowed = "allow_99091_with_99457"
        yield Finding("SEPARATE_TIME_DOCUMENTATION_REQUIRED", "management", Gravity.REVIEW, on, (), allowed)
    yield line


def _billed_before(case: Case) -> date | None:
    """The day within 30 days for which the practice has already billed 99091, or None."""
    for claim in case.claims:
        if claim.code == "99091" and claim.same_practice and abs((case.facts.last_day - claim.dos).days) < _DAYS_APART:
            return claim.dos
    return None


def _excluding_code(case: Case, billed: Sequence[ProposedLine]) -> str:
    """The management code of the month that excludes 99091; empty if there is none or the payer takes both."""
    if case.management["allow_99091_with_99457"]:
        return ""
    return next((line.code for line in billed if line.component == "management"), "")
