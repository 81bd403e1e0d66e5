"""Self-measured blood pressure, a service separate from monitoring (99473 and 99474; rule R-SMBP)."""

from collections.abc import Iterator, Sequence

from billing.rules.case import Case
from billing.rules.decision import ExcludedLine, Finding, Gravity, ProposedLine, RuleResult

_MONITORING = frozenset({"device", "setup"})


def self_measured(case: Case, billed: Sequence[ProposedLine]) -> Iterator[RuleResult]:
    """Training once a device; averages of enough readings with a plan sent back, once a month.

    Neither is billed with RPM supply or set-up of the month, nor with 99091: the lines in `billed` have priority.
    """
    facts = case.facts
    measured = facts.self_measured
    if measured is None:
        return
    excluded_by = next((line.code for line in billed if line.component in _MONITORING or line.code == "99091"), "")
    if measured.taught_on is not None and facts.first_day <= measured.taught_on <= facts.last_day:
        code = case.codes.by_code["99473"]
        if measured.taught_billed:
            yield Finding("SMBP_TAUGHT_BEFORE", "smbp", Gravity.SHORT, {"code": code.code})
        elif code.valid(measured.taught_on):
            line = ProposedLine(code.code, "smbp", 1, measured.taught_on)
            yield from _line_unless_excluded(excluded_by, line, "taught and calibrated")
    code, on = case.codes.by_code["99474"], measured.plan_sent_on
    if not measured.readings:
        return
    if on is None or not facts.first_day <= on <= facts.last_day or not code.valid(on):
        yield Finding("SMBP_PLAN_NOT_SENT", "smbp", Gravity.SHORT, {"code": code.code})
    elif measured.readings < code.min(on):
        values = {"code": code.code, "readings": measured.readings, "least": code.min(on)}
        yield Finding("SMBP_READINGS_BELOW_MIN", "smbp", Gravity.SHORT, values)
    elif (before := case.billed_in_month(code.code)) is not None:
        already = {"code": code.code, "on": before, "span": "per month"}
        yield Finding("CARE_ALREADY_BILLED", "smbp", Gravity.SHORT, already)
    else:
        yield from _line_unless_excluded(
            excluded_by, ProposedLine(code.code, "smbp", 1, on), f"{measured.readings} readings and a plan sent"
        )


def _line_unless_excluded(excluded_by: str, line: ProposedLine, what: str) -> Iterator[RuleResult]:
    if excluded_by:
        yield Finding("CARE_CODE_EXCLUDED", "smbp", Gravity.SHORT, {"code": line.code, "other": excluded_by})
        yield ExcludedLine(line)
    else:
        yield Finding("SMBP_MET", "smbp", Gravity.MET, {"code": line.code, "on": line.dos, "what": what})
        yield line
