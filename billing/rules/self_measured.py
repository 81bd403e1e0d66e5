"""Self-measured blood pressure, a service of its own beside monitoring (99473 and 99474; rule R-SMBP)."""

from collections.abc import Iterator, Sequence

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity, Instead, ProposedLine, Said

_MONITORING = frozenset({"device", "setup"})


def self_measured(case: Case, standing: Sequence[ProposedLine]) -> Iterator[Said]:
    """Training once a device; averages of enough readings with a plan sent back, once a month.

    Neither beside RPM supply or set-up of the month, nor beside 99091: `standing` are the lines that come first.
    """
    facts = case.facts
    told = facts.self_measured
    if told is None:
        return
    rival = next((line.code for line in standing if line.component in _MONITORING or line.code == "99091"), "")
    if told.taught_on is not None and facts.first_day <= told.taught_on <= facts.last_day:
        code = case.codes.by_code["99473"]
        if told.taught_billed:
            yield Finding("SMBP_TAUGHT_BEFORE", "smbp", Gravity.SHORT, {"code": code.code})
        elif code.valid(told.taught_on):
            line = ProposedLine(code.code, "smbp", 1, told.taught_on)
            yield from _unless(rival, line, "taught and calibrated")
    code, on = case.codes.by_code["99474"], told.plan_sent_on
    if not told.readings:
        return
    if on is None or not facts.first_day <= on <= facts.last_day or not code.valid(on):
        yield Finding("SMBP_PLAN_NOT_SENT", "smbp", Gravity.SHORT, {"code": code.code})
    elif told.readings < code.min(on):
        values = {"code": code.code, "readings": told.readings, "least": code.min(on)}
        yield Finding("SMBP_READINGS_BELOW_MIN", "smbp", Gravity.SHORT, values)
    elif (before := case.billed_in_month(code.code)) is not None:
        already = {"code": code.code, "on": before, "span": "a month"}
        yield Finding("CARE_ALREADY_BILLED", "smbp", Gravity.SHORT, already)
    else:
        yield from _unless(rival, ProposedLine(code.code, "smbp", 1, on), f"{told.readings} readings and a plan sent")


def _unless(rival: str, line: ProposedLine, what: str) -> Iterator[Said]:
    if rival:
        yield Finding("CARE_CODE_EXCLUDED", "smbp", Gravity.SHORT, {"code": line.code, "other": rival})
        yield Instead(line)
    else:
        yield Finding("SMBP_MET", "smbp", Gravity.MET, {"code": line.code, "on": line.dos, "what": what})
        yield line
