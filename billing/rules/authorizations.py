"""Prior authorizations: the one that covers each line, and how many of its units are left."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from billing.rules.case import Case
from billing.rules.decision import OTHER_PROGRAMS, Finding, Gravity, ProposedLine
from billing.rules.fact_rows import Authorization
from billing.rules.services import DatedService


class Authorized(NamedTuple):
    """A line with the authorization it uses, the units left for it (0: it is not billed), and the finding if any."""

    line: ProposedLine
    units: int
    finding: Finding | None


def authorized(case: Case, service: DatedService) -> Iterator[Finding]:
    """If the payer requires an authorization, one is in force on some day of the service; each line is decided by its
    own date of service and code (`within_authorizations`).
    """
    facts = case.facts
    if not service.view["prior_auth_required"] or facts.prior_auth_present:
        return
    ours = _of_payer(case, service.on)
    if not any(row.overlaps(service.first, service.on) for row in ours):
        yield _not_in_force(ours, service.on)._replace(component="all")


def _of_payer(case: Case, on: date) -> list[Authorization]:
    """The authorizations of the payer of a day."""
    payer = next((row.id for row in case.facts.coverages or () if row.covers(on)), "")
    return [row for row in case.facts.authorizations if row.payer == payer]


def _not_in_force(ours: list[Authorization], on: date) -> Finding:
    """The finding that none of a payer's authorizations covers a day."""
    reason, values = "PRIOR_AUTH_MISSING", dict[str, object]()
    if ended := [row for row in ours if row.last is not None and row.last < on]:
        row = max(ended, key=lambda row: (row.last or row.first, row.number))
        reason, values = "PRIOR_AUTH_EXPIRED", {"number": row.number, "ended": row.last, "on": on}
    elif ours:
        row = min(ours, key=lambda row: (row.first, row.number))
        reason, values = "PRIOR_AUTH_NOT_BEGUN", {"number": row.number, "begins": row.first, "on": on}
    return Finding(reason, "", Gravity.BLOCKS, values, (), "prior_auth_required")


def within_authorizations(
    case: Case, lines: Sequence[tuple[ProposedLine, int]]
) -> Iterator[tuple[tuple[ProposedLine, int], Authorized]]:
    """Each line with its units, the earliest date of service first, and what its authorization leaves of them.

    A line names an authorization also if its payer requires none, but then no unit is withheld for it.
    """
    used = _used_before(case) if case.facts.authorizations else Counter[str]()
    for line, units in sorted(lines, key=lambda pair: (pair[0].dos, pair[0].code)):
        result = _of_line(case, line, units, used) if units else Authorized(line, 0, None)
        used[result.line.authorization] += result.units
        yield (line, units), result


def _used_before(case: Case) -> Counter[str]:
    """The units billed under each authorization: on lines that name it, and on lines of its codes and days that name
    none, because they were billed before it was recorded or before the portal.
    """
    used: Counter[str] = Counter()
    for claim in case.claims:
        if claim.authorization:
            used[claim.authorization] += claim.units
        elif claim.same_practice:
            rows = [row for row in case.facts.authorizations if _matches(row, claim.code, claim.dos)]
            used.update({row.number: claim.units for row in rows[:1]})
    return used


def _matches(row: Authorization, code: str, on: date) -> bool:
    return row.covers(on) and (not row.codes or code in row.codes)


def _of_line(case: Case, line: ProposedLine, units: int, used: Counter[str]) -> Authorized:
    view = case.rules_on(line.dos)
    required = view is not None and view["prior_auth_required"] and not case.facts.prior_auth_present
    required = required and line.component not in OTHER_PROGRAMS
    ours = _of_payer(case, line.dos)
    rows = [row for row in ours if _matches(row, line.code, line.dos)]
    rows.sort(key=lambda row: (row.last or date.max, row.number))
    if not rows:
        finding = _not_covered(line, ours) if required else None
        return Authorized(line, 0 if finding else units, finding)
    left = {row.number: units if row.units is None else max(0, row.units - used[row.number]) for row in rows}
    row = next((row for row in rows if left[row.number] >= units), max(rows, key=lambda row: left[row.number]))
    return _counted_down(line, units, row, left[row.number], required=required)


def _not_covered(line: ProposedLine, ours: list[Authorization]) -> Finding:
    """The finding that no authorization covers the line: those of its day are for other codes, or none is in force."""
    if not (numbers := sorted(row.number for row in ours if row.covers(line.dos))):
        missing = _not_in_force(ours, line.dos)
        return _on_line(missing.code, Gravity.BLOCKS, line, missing.values)
    values = {"code": line.code, "on": line.dos, "numbers": ", ".join(numbers)}
    return _on_line("PRIOR_AUTH_OTHER_CODES", Gravity.BLOCKS, line, values)


def _counted_down(line: ProposedLine, units: int, row: Authorization, left: int, *, required: bool) -> Authorized:
    """The line under an authorization with `left` units; a payer that requires none pays the rest without it."""
    if left >= units:
        values: dict[str, object] = {"number": row.number, "code": line.code, "on": line.dos}
        finding = _on_line("PRIOR_AUTH_ON_FILE", Gravity.MET, line, values, (row.id,))
        return Authorized(line._replace(authorization=row.number), units, finding)
    values = {"number": row.number, "code": line.code, "units": row.units, "left": left, "earned": units}
    reason = "PRIOR_AUTH_UNITS_LEFT" if left else "PRIOR_AUTH_USED_UP"
    if not required:
        return Authorized(line, units, _on_line(reason, Gravity.NOTE, line, values))
    if not left:
        return Authorized(line, 0, _on_line(reason, Gravity.BLOCKS, line, values))
    return Authorized(line._replace(authorization=row.number), left, _on_line(reason, Gravity.REVIEW, line, values))


def _on_line(
    code: str, gravity: Gravity, line: ProposedLine, values: Mapping[str, object], evidence: tuple[str, ...] = ()
) -> Finding:
    subject = line.subject if line.component == "device" else line.code
    return Finding(code, line.component, gravity, values, evidence, "prior_auth_required", subject)
