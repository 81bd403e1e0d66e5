"""Limits on units, per code: on one date of service (unit edits, the payer's own caps) and in a calendar year."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from billing.rules.case import Case
from billing.rules.code_set import Code, CodeSet
from billing.rules.decision import OTHER_PROGRAMS, Finding, Gravity, ProposedLine
from billing.rules.policy import View


def most_units(view: View, codes: CodeSet, code: Code) -> int | None:
    """The most units of a code on one date of service: the payer's own cap, else Medicare's edit; None for no limit."""
    if code.code == "99458":
        cap: int | None = view["max_units_99458"]
        return cap
    own = view["units_cap"].get(code.code)
    edit = codes.units.get(code.code)
    return own if own is not None else edit.most if edit is not None else None


def within_date_caps(case: Case, lines: Sequence[ProposedLine]) -> tuple[list[ProposedLine], list[Finding]]:
    """The lines with at most the units of their date of service, and a finding for each that had more."""
    units_by_date: Counter[tuple[str, date]] = Counter()
    kept, findings = [], []
    for line in lines:
        view = case.rules_on(line.dos) or case.management
        cap, before = most_units(view, case.codes, case.codes.by_code[line.code]), units_by_date[line.code, line.dos]
        units = line.units if cap is None else min(line.units, max(0, cap - before))
        units_by_date[line.code, line.dos] += units
        if units:
            kept.append(line._replace(units=units) if units < line.units else line)
        if units < line.units:
            values = {"earned": before + line.units, "code": line.code, "cap": cap}
            own = "units_cap" if line.code in view["units_cap"] else ""
            parameter = "max_units_99458" if line.code == "99458" else own
            findings.append(Finding("UNITS_CAPPED_MUE", line.component, Gravity.REVIEW, values, (), parameter))
    return kept, findings


def units_in_year(case: Case, lines: Sequence[ProposedLine]) -> Iterator[tuple[ProposedLine, int, Finding | None]]:
    """Each line, the earliest date of service first, with the units that the payer's cap of the year leaves (0 for
    none) and the finding if they are fewer. Units are counted per code, across the lines on file and those given.
    """
    used: Counter[tuple[str, int]] = Counter()
    for claim in case.claims:
        used[claim.code, claim.dos.year] += claim.units
    for line in sorted(lines, key=lambda line: line.dos):
        view, key = case.rules_on(line.dos), (line.code, line.dos.year)
        cap = view["annual_unit_caps"].get(line.code) if view is not None else None
        units = line.units if cap is None else min(line.units, max(0, cap - used[key]))
        finding = _capped_in_year(line, units, cap, used[key]) if units < line.units else None
        used[key] += units
        yield line, units, finding


def _capped_in_year(line: ProposedLine, units: int, cap: int | None, used: int) -> Finding:
    values = {"code": line.code, "cap": cap, "used": used, "year": line.dos.year}
    subject = line.subject if line.component == "device" else line.code
    reason, gravity = ("UNITS_CAPPED_YEAR", Gravity.REVIEW) if units else ("ANNUAL_CAP_REACHED", Gravity.BLOCKS)
    if line.component in OTHER_PROGRAMS and gravity is Gravity.BLOCKS:
        gravity = Gravity.SHORT
    return Finding(reason, line.component, gravity, values, (), "annual_unit_caps", subject)
