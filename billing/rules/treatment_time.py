"""Codes for the counted time, and findings on time that was left out (rules R-TIME, R-NOROUND, R-MUE)."""

from collections.abc import Iterator
from datetime import date

from billing.rules.caps import most_units
from billing.rules.case import Case
from billing.rules.code_set import Code
from billing.rules.decision import Finding, Gravity, ProposedLine
from billing.rules.sentences import ClockSeconds
from billing.rules.time_counting import CountedTime, accepted_roles


def left_out(case: Case, counted: CountedTime) -> Iterator[Finding]:
    """One note for each reason for which time was left out, with how much."""
    for reason in sorted(counted.left_out):
        values: dict[str, object] = {"have": ClockSeconds(counted.left_out[reason])}
        if reason == "STAFF_TIME_EXCLUDED_BY_POLICY":
            *others, last = sorted(accepted_roles(case))
            roles = f"{', '.join(others)} and {last}" if others else last
            values["counts"] = f"only {roles}".replace("qhp", "QHP").replace("_", " ")
        parameter = {
            "STAFF_TIME_EXCLUDED_BY_POLICY": "time_roles",
            "OTHER_PROVIDER_TIME_NOT_POOLED": "time_pooling",
            "STAFF_NOT_EMPLOYED": "staff_employment",
        }
        yield Finding(reason, "management", Gravity.NOTE, values, (), parameter.get(reason, ""))


def supervised(case: Case, counted: CountedTime, *, on: date) -> Iterator[Finding]:
    """Staff time counts only under a supervising practitioner on record, who still belongs to the practice on the date
    of service.
    """
    rows, parameter = case.facts.supervised, "rtm_supervision" if case.facts.program == "RTM" else "supervision"
    if not counted.staff_seconds:
        return
    if not rows:
        values = {"have": ClockSeconds(counted.staff_seconds)}
        yield Finding("SUPERVISION_NOT_DOCUMENTED", "management", Gravity.BLOCKS, values, (), parameter)
        return
    yield Finding("SUPERVISION_ON_RECORD", "management", Gravity.MET, {}, (), parameter)
    ends = [row.last for row in rows if row.last is not None and row.last < on]
    if ends and not any(row.covers(on) for row in rows):
        left = {"ended": max(ends), "on": on}
        yield Finding("SUPERVISOR_LEFT_PRACTICE", "management", Gravity.REVIEW, left, (), parameter)
    level = case.management[parameter]
    if level != "general":
        yield Finding("SUPERVISION_IN_PERSON", "management", Gravity.REVIEW, {"level": level}, (), parameter)


def blocks_of_time(
    case: Case, counted: CountedTime, *, span: tuple[date, date], on: date
) -> Iterator[Finding | ProposedLine]:
    """The codes that the counted seconds of a span earn, with the values in force on the day `on` (rules R-TIME-2025,
    R-TIME-2026, R-NOROUND, R-MUE). The subject of a line is the number of seconds it needs.
    """
    facts, view = case.facts, case.management
    have = ClockSeconds(counted.seconds)
    family = view["rtm_management_code_family"] if facts.program == "RTM" else "99457_family"
    codes = {code.role: code for code in case.codes.find(family=family, component="management") if code.valid(on)}
    base, add_on = codes.get("base"), codes.get("add_on")
    first10 = codes.get("first10") if view["first10_codes_enabled"] else None
    if base is None:
        return
    words, evidence = case.span_words(span), tuple(counted.evidence)
    earned: Code | None = base if have >= base.min(on) else None
    if earned is None and first10 is not None and have >= first10.min(on):
        earned = first10
    if earned is None:
        need = (first10 or base).min(on)
        values = {
            "have": have,
            "need": ClockSeconds(need),
            "missing": ClockSeconds(need - have),
            "span": words,
            "code": (first10 or base).code,
        }
        until = case.until
        yield Finding("MGMT_TIME_BELOW_MIN", "management", Gravity.BLOCKS, values, evidence, "", "", until)
        if first10 is not None:
            yield _short_of_code(case, base, base.min(on), have)
        return
    values = {"have": have, "need": ClockSeconds(earned.min(on)), "code": earned.code, "span": words}
    yield Finding("MGMT_TIME_MET", "management", Gravity.MET, values, evidence)
    yield ProposedLine(earned.code, "management", 1, on, evidence=evidence, subject=str(earned.min(on)))
    if earned is first10:
        yield _short_of_code(case, base, base.min(on), have)
        if add_on is not None:
            yield _short_of_code(case, add_on, base.min(on) + add_on.min(on), have)
    else:
        if first10 is not None:
            excluded = {"code": first10.code, "other": base.code}
            yield Finding("MGMT_CODE_EXCLUDED", "management", Gravity.SHORT, excluded)
        if add_on is not None:
            yield from _add_ons(case, base, add_on, have, evidence, on)
    if facts.program == "RTM" and family == "99457_family":
        yield Finding("RTM_CODED_AS_RPM_BY_POLICY", "management", Gravity.REVIEW, {}, (), "rtm_management_code_family")


def _short_of_code(case: Case, code: Code, need: int, have: ClockSeconds) -> Finding:
    values = {
        "code": code.code,
        "need": ClockSeconds(need),
        "have": have,
        "missing": ClockSeconds(need - have),
    }
    return Finding("MGMT_SHORT_OF_CODE", "management", Gravity.SHORT, values, until=case.until)


def _add_ons(
    case: Case, base: Code, add_on: Code, have: ClockSeconds, evidence: tuple[str, ...], on: date
) -> Iterator[Finding | ProposedLine]:
    seconds_each = add_on.min(on)
    earned = (have - base.min(on)) // seconds_each
    if earned:
        need = base.min(on) + seconds_each
        yield ProposedLine(add_on.code, "management", earned, on, evidence=evidence, subject=str(need))
    cap = most_units(case.management, case.codes, add_on)
    if cap is None or earned < cap:
        yield _short_of_code(case, add_on, base.min(on) + (earned + 1) * seconds_each, have)
