"""Care management in the same month: the codes of its own minutes. No minute is moved between programs."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from billing.rules.caps import most_units
from billing.rules.care_papers import (
    advanced_care_of,
    counted_time,
    date_of_service,
    exclusions,
    on_line,
    papers_missing,
)
from billing.rules.case import Case
from billing.rules.code_set import Code
from billing.rules.decision import ExcludedLine, Finding, Gravity, ProposedLine, RuleResult
from billing.rules.facts import PROVIDER_ROLES
from billing.rules.sentences import ClockSeconds

# Families of the provider's own time first: if both fit, the provider's time is the more specific claim.
_FAMILIES = {
    "CCM": ("99491_family", "99490_family"),
    "CCM_COMPLEX": ("99487_family",),
    "PCM": ("99424_family", "99426_family"),
}
_MIN_CONDITIONS = 2  # for the higher codes


def care_management(case: Case) -> Iterator[RuleResult]:
    """One code family a program and month: base and add-ons of the recorded seconds, or why it does not apply.

    With the papers of care management, time counts on the days that they cover. Without one of them, what the time
    earns is only reported, and a finding says what is missing.
    """
    excluded = list(exclusions(case))
    yield from excluded
    if excluded:
        return
    on = date_of_service(case)
    taken: set[str] = set()
    for item in advanced_care(case):
        if isinstance(item, ProposedLine):
            taken.add(item.code)
        yield item
    provider, all_clinical = _seconds_by_program(case)
    for program in sorted(all_clinical):
        for family in _families(case, program, on):
            codes = {code.role: code for code in case.codes.find(family=family) if code.valid(on)}
            if (base := codes.get("base")) is not None:
                seconds = ClockSeconds(provider[program] if base.performer == "provider" else all_clinical[program])
                yield from _family(case, base, codes.get("add_on"), (program, seconds), taken)
    yield from papers_missing(case)


def _entries(case: Case, program: str, base: Code) -> tuple[str, ...]:
    """The time entries that were counted for a family."""
    items = [item for item in counted_time(case) if item.program == program and item.role != "non_clinical"]
    own = [item for item in items if base.performer != "provider" or item.role in PROVIDER_ROLES]
    return tuple(pk for item in own for pk in item.ids)


def _families(case: Case, program: str, on: date) -> tuple[str, ...]:
    """The code families of a program, the more specific first."""
    plan = case.facts.care_papers.plan_on(on) if case.facts.care_papers is not None else None
    if program == "CCM" and plan is not None and plan.is_complex:
        return ("99491_family", "99487_family", "99490_family")
    return _FAMILIES.get(program, ())


def _family(
    case: Case, base: Code, add_on: Code | None, time: tuple[str, ClockSeconds], taken: set[str]
) -> Iterator[RuleResult]:
    """The lines of a family for the time of a program, or why there are none; a base code that is met is `taken`."""
    (program, seconds), on = time, date_of_service(case)
    values = {"code": base.code, "have": seconds, "need": ClockSeconds(base.min(on)), "program": program}
    if seconds < base.min(on):
        short = values | {"missing": ClockSeconds(base.min(on) - seconds)}
        yield Finding("CARE_TIME_BELOW_MIN", "care_management", Gravity.SHORT, short, (), "", base.code)
        return
    if (before := case.billed_in_month(base.code)) is not None:
        already = {"code": base.code, "on": before, "span": "per month"}
        yield Finding("CARE_ALREADY_BILLED", "care_management", Gravity.SHORT, already, (), "", base.code)
        taken.add(base.code)
        return
    lines = _lines(case, base, add_on, seconds, on)
    # Another family was billed for the month, or is proposed with this one: not both.
    billed = {c.code for c in case.claims if c.same_practice and case.facts.first_day <= c.dos <= case.facts.last_day}
    if excluded_by := sorted((billed | taken) & set(base.excludes)):
        values = {"code": base.code, "other": excluded_by[0]}
        yield Finding("CARE_CODE_EXCLUDED", "care_management", Gravity.SHORT, values, (), "", base.code)
        if not billed & set(base.excludes):
            yield from map(ExcludedLine, lines)
        return
    taken.add(base.code)
    for line in lines:
        need = base.min(on) + (line.units * add_on.min(on) if add_on and line.code == add_on.code else 0)
        met = values | {"code": line.code, "need": ClockSeconds(need)}
        entries = _entries(case, program, base)
        yield Finding("CARE_TIME_MET", "care_management", Gravity.MET, met, entries, "", line.code)
        yield from on_line(case, line.code)
        yield line


def _lines(case: Case, base: Code, add_on: Code | None, seconds: int, on: date) -> list[ProposedLine]:
    """The base code and as many full add-ons as the seconds and the cap of a date of service allow."""
    lines = [ProposedLine(base.code, "care_management", 1, on)]
    if add_on is not None:
        units, cap = (seconds - base.min(on)) // add_on.min(on), most_units(case.management, case.codes, add_on)
        units = units if cap is None else min(units, cap)
        if units:
            lines.append(ProposedLine(add_on.code, "care_management", units, on))
    return lines


def _seconds_by_program(case: Case) -> tuple[dict[str, int], dict[str, int]]:
    """Seconds of providers, and of all clinical persons, by program."""
    provider: dict[str, int] = defaultdict(int)
    all_clinical: dict[str, int] = defaultdict(int)
    for item in counted_time(case):
        if item.role == "non_clinical":
            continue
        all_clinical[item.program] += item.seconds
        if item.role in PROVIDER_ROLES:
            provider[item.program] += item.seconds
    return provider, all_clinical


def advanced_care(case: Case) -> Iterator[Finding | ProposedLine]:
    """Advanced primary care: no minutes, one code a month by the patient's conditions (rule R-APCM)."""
    care, on = advanced_care_of(case), date_of_service(case)
    if care is None:
        return
    name = "G0556" if care.conditions < _MIN_CONDITIONS else "G0558" if care.qualified_beneficiary else "G0557"
    code = case.codes.by_code[name]
    if not code.valid(on):
        return
    family = {other.code for other in case.codes.find(family="APCM_family")}
    for claim in case.claims:
        if claim.code in family | set(code.excludes) and claim.same_practice and claim.dos.month == on.month:
            if claim.dos.year != on.year:
                continue
            values = {"code": name, "other": claim.code}
            yield Finding("CARE_CODE_EXCLUDED", "care_management", Gravity.SHORT, values)
            return
    if not care.consent_present:
        yield Finding("APCM_CONSENT_MISSING", "care_management", Gravity.SHORT, {"code": name})
        return
    yield Finding("APCM_MET", "care_management", Gravity.MET, {"code": name, "conditions": care.conditions})
    yield from on_line(case, name)
    yield ProposedLine(name, "care_management", 1, on)
