"""Care management that shares the month: what its own minutes make. No minute moves from one program to another."""

from collections import defaultdict
from collections.abc import Iterator

from billing.rules.case import Case
from billing.rules.decision import ProposedLine
from billing.rules.facts import PROVIDER_ROLES

# Personal provider families first: where both would do, the provider's own time is the more specific claim.
_FAMILIES = {
    "CCM": ("99491_family", "99490_family"),
    "CCM_COMPLEX": ("99487_family",),
    "PCM": ("99424_family", "99426_family"),
}


def care_management(case: Case) -> Iterator[ProposedLine]:
    """One family a program and month: base and add-ons of the seconds recorded in it."""
    on = case.facts.last_day
    provider: dict[str, int] = defaultdict(int)
    everybody: dict[str, int] = defaultdict(int)
    taken: set[str] = set()
    for item in case.facts.other_time:
        if item.role == "non_clinical":
            continue
        everybody[item.program] += item.seconds
        if item.role in PROVIDER_ROLES:
            provider[item.program] += item.seconds
    billed = {c.code for c in case.claims if c.same_practice and case.facts.first_day <= c.dos <= on}
    for program in sorted(everybody):
        for family in _FAMILIES.get(program, ()):
            codes = {code.role: code for code in case.codes.find(family=family) if code.valid(on)}
            base, add_on = codes.get("base"), codes.get("add_on")
            if base is None:
                continue
            seconds = provider[program] if base.performer == "provider" else everybody[program]
            # Another family of the month is on file already, or stands beside this one: not both.
            if seconds < base.min(on) or billed & set(base.excludes) or taken & set(base.excludes):
                continue
            taken.add(base.code)
            yield ProposedLine(base.code, "care_management", 1, on)
            if add_on is not None:
                units = (seconds - base.min(on)) // add_on.min(on)
                units = units if add_on.max_units is None else min(units, add_on.max_units)
                if units:
                    yield ProposedLine(add_on.code, "care_management", units, on)
            break
