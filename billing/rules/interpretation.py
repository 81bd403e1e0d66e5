"""99091: a provider's own 30 minutes of collecting and interpreting stored data (rule R-99091)."""

from collections.abc import Iterator, Sequence
from datetime import date

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity, Instead, ProposedLine, Said
from billing.rules.facts import PROVIDER_ROLES
from billing.rules.sentences import ClockSeconds

PROGRAM = "INTERPRETATION"
_APART = 30


def interpretation(case: Case, standing: Sequence[ProposedLine]) -> Iterator[Said]:
    """The code of the provider's seconds recorded as interpretation, once in 30 days.

    Not beside treatment management of the month unless the payer allows it; then the minutes are documented apart.
    """
    facts, code = case.facts, case.codes.by_code["99091"]
    told = [item for item in facts.other_time if item.program == PROGRAM and item.role in PROVIDER_ROLES]
    if not told or not code.valid(facts.last_day):
        return
    have, need = ClockSeconds(sum(item.seconds for item in told)), ClockSeconds(code.min(facts.last_day))
    values = {"code": code.code, "have": have, "need": need, "program": "interpretation"}
    if have < need:
        short = values | {"missing": ClockSeconds(need - have)}
        yield Finding("CARE_TIME_BELOW_MIN", "interpretation", Gravity.SHORT, short)
        return
    line = ProposedLine(code.code, "interpretation", 1, facts.last_day)
    if (before := _before(case)) is not None:
        already = {"code": code.code, "on": before, "span": "in 30 days"}
        yield Finding("CARE_ALREADY_BILLED", "interpretation", Gravity.SHORT, already)
        return
    if rival := _rival(case, standing):
        yield Finding("CARE_CODE_EXCLUDED", "interpretation", Gravity.SHORT, {"code": code.code, "other": rival})
        yield Instead(line)
        return
    yield Finding("CARE_TIME_MET", "interpretation", Gravity.MET, values)
    if any(line.component == "management" for line in standing):
        on = {"on": facts.last_day}
        allowed = "allow_99091_with_99457"
        yield Finding("SEPARATE_TIME_DOCUMENTATION_REQUIRED", "management", Gravity.REVIEW, on, (), allowed)
    yield line


def _before(case: Case) -> date | None:
    """The day within 30 days for which the practice has billed 99091 already."""
    for claim in case.claims:
        if claim.code == "99091" and claim.same_practice and abs((case.facts.last_day - claim.dos).days) < _APART:
            return claim.dos
    return None


def _rival(case: Case, standing: Sequence[ProposedLine]) -> str:
    """The management code of the month that keeps 99091 out, where the payer does not take both."""
    if case.management["allow_99091_with_99457"]:
        return ""
    return next((line.code for line in standing if line.component == "management"), "")
