"""Procedure codes as data: what each counts, its dated thresholds, caps, exclusions, and the days it exists.

`sources` belong to the block of a code, because the same documents support most of its values and an address is long. A
threshold that other documents support has its own. `unverified` is `true` for the whole block, or the list of the
fields of the block that no text of the authority is known to support.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from billing.rules.citations import Citation, CitationError, read_citation
from billing.rules.policy import END, PolicyError

_CODES_DIR = Path(__file__).parent / "codes"
_KEYS = {"program", "component", "role", "family", "system", "about", "counts", "from", "to", "once", "excludes"}
_KEYS |= {"add_on_of", "live_contact", "performer", "therapy_modifier", "assistant_modifier", "min"}
_KEYS |= {"sources", "unverified", "note"}


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
    """All codes, found by name, program and component."""

    def __init__(self, codes: Iterable[Code]) -> None:
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


def _read(path: Path) -> Iterable[Code]:
    try:
        with path.open("rb") as file:
            raw: dict[str, dict[str, Any]] = tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path.name}: this is not TOML ({error})") from None
    for name, block in raw.items():
        where = f"{path.name}, {name}"
        if unknown := set(block) - _KEYS:
            raise PolicyError(f"{where}: {min(unknown)!r} is not known")
        for key in ("program", "component", "role", "about", "counts", "from", "min"):
            if not block.get(key):
                raise PolicyError(f"{where}: {key} is missing")
        citation, unverified_fields, min_citations = _citations(where, block)
        mins = tuple((row["from"], row.get("to", END), int(row["value"])) for row in block["min"])
        for before, after in pairwise(mins):
            if after[0] <= before[1]:
                raise PolicyError(f"{where}: the thresholds from {before[0]} and {after[0]} overlap")
        yield Code(
            code=name,
            program=block["program"],
            component=block["component"],
            role=block["role"],
            about=block["about"],
            counts=block["counts"],
            citation=citation,
            unverified_fields=unverified_fields,
            min_citations=min_citations,
            first=block["from"],
            last=block.get("to", END),
            mins=mins,
            family=block.get("family", ""),
            system=block.get("system", ""),
            excludes=tuple(block.get("excludes", ())),
            add_on_of=block.get("add_on_of", ""),
            live_contact=block.get("live_contact", False),
            performer=block.get("performer", ""),
            therapy_modifier=block.get("therapy_modifier", False),
            assistant_modifier=block.get("assistant_modifier", False),
        )


def _citations(where: str, block: Mapping[str, Any]) -> tuple[Citation, tuple[str, ...], tuple[Citation, ...]]:
    """The citation of a block, its fields that are not verified, and the citation of each threshold."""
    fields = block.get("unverified", False)
    try:
        if not isinstance(fields, list):
            citation = read_citation(block)
            return citation, (), tuple(read_citation(row, inherited=citation) for row in block["min"])
        if unknown := set(fields) - set(block):
            raise CitationError(f"unverified lists {min(unknown)!r}, which the block does not have")
        citation = read_citation({key: value for key, value in block.items() if key != "unverified"})
        shared = citation._replace(unverified="min" in fields)
        return citation, tuple(fields), tuple(read_citation(row, inherited=shared) for row in block["min"])
    except CitationError as error:
        raise PolicyError(f"{where}: {error}") from None


@lru_cache(maxsize=4)
def load_codes(folder: Path = _CODES_DIR) -> CodeSet:
    """All codes of a folder's files. Raises PolicyError with file, code and reason."""
    codes = [code for path in sorted(folder.glob("*.toml")) for code in _read(path)]
    known = CodeSet(codes)
    if len(known.by_code) != len(codes):
        raise PolicyError(f"{folder.name}: a code is defined twice")
    for code in codes:
        for other in (*code.excludes, *([code.add_on_of] if code.add_on_of else [])):
            if other not in known.by_code:
                raise PolicyError(f"{code.code}: {other} is not a code we have")
        for other in code.excludes:
            if code.code not in known.by_code[other].excludes:
                raise PolicyError(f"{code.code} excludes {other}, and {other} does not say so of {code.code}")
    return known
