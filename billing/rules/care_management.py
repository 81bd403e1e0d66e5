"""Care management in the same month: the codes of its own minutes. No minute is moved between programs."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from billing.rules.caps import most_units
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
    """One code family a program and month: base and add-ons of the recorded seconds, or why it does not apply."""
    provider, all_clinical = _seconds_by_program(case)
    on = case.facts.last_day
    taken: set[str] = set()
    for item in advanced_care(case):
        if isinstance(item, ProposedLine):
            taken.add(item.code)
        yield item
    billed = {c.code for c in case.claims if c.same_practice and case.facts.first_day <= c.dos <= on}
    for program in sorted(all_clinical):
        for family in _FAMILIES.get(program, ()):
            codes = {code.role: code for code in case.codes.find(family=family) if code.valid(on)}
            base, add_on = codes.get("base"), codes.get("add_on")
            if base is None:
                continue
            seconds = ClockSeconds(provider[program] if base.performer == "provider" else all_clinical[program])
            values = {"code": base.code, "have": seconds, "need": ClockSeconds(base.min(on)), "program": program}
            if seconds < base.min(on):
                short = values | {"missing": ClockSeconds(base.min(on) - seconds)}
                yield Finding("CARE_TIME_BELOW_MIN", "care_management", Gravity.SHORT, short)
                continue
            if (before := case.billed_in_month(base.code)) is not None:
                already = {"code": base.code, "on": before, "span": "per month"}
                yield Finding("CARE_ALREADY_BILLED", "care_management", Gravity.SHORT, already)
                taken.add(base.code)
                continue
            lines = _lines(case, base, add_on, seconds, on)
            # Another family was billed for the month, or is proposed with this one: not both.
            if excluded_by := sorted((billed | taken) & set(base.excludes)):
                values = {"code": base.code, "other": excluded_by[0]}
                yield Finding("CARE_CODE_EXCLUDED", "care_management", Gravity.SHORT, values)
                if not billed & set(base.excludes):
                    yield from map(ExcludedLine, lines)
                continue
            taken.add(base.code)
            for line in lines:
                need = base.min(on) + (line.units * add_on.min(on) if add_on and line.code == add_on.code else 0)
                met = values | {"code": line.code, "need": ClockSeconds(need)}
                yield Finding("CARE_TIME_MET", "care_management", Gravity.MET, met)
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
    for item in case.facts.other_time:
        if item.role == "non_clinical":
            continue
        all_clinical[item.program] += item.seconds
        if item.role in PROVIDER_ROLES:
            provider[item.program] += item.seconds
    return provider, all_clinical


def advanced_care(case: Case) -> Iterator[Finding | ProposedLine]:
    """Advanced primary care: no minutes, one code a month by the patient's conditions (rule R-APCM)."""
    care, on = case.facts.advanced_care, case.facts.last_day
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
    yield ProposedLine(name, "care_management", 1, on)
