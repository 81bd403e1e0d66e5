"""Procedure codes as the engine uses them: what each counts, its dated thresholds, exclusions, and its days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from billing.rules.citations import Citation
from billing.rules.unit_edits import UnitEdit, unit_edits


@dataclass(frozen=True, slots=True)
class Code:
    """One procedure code. `mins` are (first day, last day, threshold) in days or seconds, as `counts` says."""

    code: str
    program: str
    component: str
    role: str
    about: str
    counts: str
    citation: Citation
    first: date
    last: date
    mins: tuple[tuple[date, date, int], ...]
    # The citation of each of `mins`, and the fields of the block that are not verified.
    min_citations: tuple[Citation, ...] = ()
    unverified_fields: tuple[str, ...] = ()
    family: str = ""
    system: str = ""
    excludes: tuple[str, ...] = ()
    add_on_of: str = ""
    live_contact: bool = False
    performer: str = ""
    therapy_modifier: bool = False
    assistant_modifier: bool = False

    def valid(self, on: date) -> bool:
        """Whether the code exists on a date of service."""
        return self.first <= on <= self.last

    def min(self, on: date) -> int:
        """The threshold in force on a day. Raises LookupError outside the code's days."""
        for first, last, value in self.mins:
            if first <= on <= last:
                return value
        raise LookupError(f"{self.code} has no threshold on {on}")

    def min_citation(self, on: date) -> Citation:
        """What the threshold in force on a day rests on. Raises LookupError outside the code's days."""
        for (first, last, _), citation in zip(self.mins, self.min_citations, strict=True):
            if first <= on <= last:
                return citation
        raise LookupError(f"{self.code} has no threshold on {on}")


class CodeSet:
    """All codes, found by name, program and component, with the unit edits in force; by default the shipped ones."""

    def __init__(self, codes: Iterable[Code], units: Mapping[str, UnitEdit] | None = None) -> None:
        self.units: Mapping[str, UnitEdit] = unit_edits() if units is None else units
        self.by_code: Mapping[str, Code] = {code.code: code for code in codes}
        self._find_cache: dict[tuple[str, ...], tuple[Code, ...]] = {}
        self._open_cache: dict[tuple[date, date, str, str], tuple[tuple[str, str], ...]] = {}

    def open_in(self, first: date, last: date, *, program: str, system: str) -> tuple[tuple[str, str], ...]:
        """(code, component) of a program's codes that exist on some day of a span. Cached."""
        key = (first, last, program, system)
        if key not in self._open_cache:
            if len(self._open_cache) > 4096:
                self._open_cache.clear()
            candidates = self.find(program=program, system=system)
            self._open_cache[key] = tuple(
                (code.code, code.component) for code in candidates if code.first <= last and first <= code.last
            )
        return self._open_cache[key]

    def find(self, *, program: str = "", component: str = "", family: str = "", system: str = "") -> tuple[Code, ...]:
        """Codes with these attributes, in the order of the files. Cached."""
        key = (program, component, family, system)
        if key not in self._find_cache:
            self._find_cache[key] = tuple(
                code
                for code in self.by_code.values()
                if (not program or code.program == program)
                and (not component or code.component == component)
                and (not family or code.family == family)
                and (not system or code.system in {"", system})
            )
        return self._find_cache[key]

    def program_of(self, code: str) -> str:
        """The program a code belongs to; empty for a code we do not know."""
        known = self.by_code.get(code)
        return known.program if known else ""
