"""Loader of procedure codes from the files that ship with the product, and from a rule year that a practice loads.

`sources` belong to the block of a code, because the same documents support most of its values and an address is long. A
threshold that other documents support has its own. `unverified` is `true` for the whole block, or the list of the
fields of the block that no text of the authority is known to support.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from billing.rules.citations import Citation, CitationError, Table, read_citation
from billing.rules.code_set import Code, CodeSet
from billing.rules.policy import END, PolicyError, parse_day

_CODES_DIR = Path(__file__).parent / "codes"
_TEXTS = ("program", "component", "role", "about", "counts", "once", "family", "system", "add_on_of", "performer")
_FLAGS = ("live_contact", "therapy_modifier", "assistant_modifier")
_REQUIRED = ("program", "component", "role", "about", "counts", "from", "min")
_KEYS = {*_TEXTS, *_FLAGS, *_REQUIRED, "to", "excludes", "sources", "unverified", "note"}
_Mins = tuple[tuple[date, date, int], ...]


def _read(path: Path) -> Iterable[Code]:
    try:
        with path.open("rb") as file:
            raw: dict[str, Table] = tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path.name}: this is not TOML ({error})") from None
    for name, block in raw.items():
        yield code_of(f"{path.name}, {name}", name, block)


def code_of(where: str, name: str, raw: object) -> Code:
    """A code from its block. Raises PolicyError, which begins with `where`, naming the key and the reason."""
    block = _check_block(where, raw)
    citation, unverified_fields, min_citations = _citations(where, block)
    return Code(
        code=name,
        **{key: block[key] for key in (*_TEXTS, *_FLAGS) if key in block and key != "once"},
        citation=citation,
        unverified_fields=unverified_fields,
        min_citations=min_citations,
        first=parse_day(where, block["from"]),
        last=parse_day(where, block.get("to", END)),
        mins=_mins(where, block["min"]),
        excludes=tuple(block.get("excludes", ())),
    )


def _check_block(where: str, block: object) -> Table:
    """The block, after a check. Raise PolicyError for an unknown key, a missing one, or a value of the wrong type."""
    if not isinstance(block, Mapping):
        raise PolicyError(f"{where}: needs program, component, role, about, counts, from, min and sources")
    if unknown := set(block) - _KEYS:
        raise PolicyError(f"{where}: {min(unknown)!r} is not known")
    for key in _REQUIRED:
        if not block.get(key):
            raise PolicyError(f"{where}: {key} is missing")
    for key in _TEXTS:
        if not isinstance(block.get(key, ""), str):
            raise PolicyError(f"{where}: {key} takes a text")
    for key in _FLAGS:
        if not isinstance(block.get(key, False), bool):
            raise PolicyError(f"{where}: {key} takes true or false")
    excludes = block.get("excludes", [])
    if not isinstance(excludes, list) or not all(isinstance(code, str) for code in excludes):
        raise PolicyError(f"{where}: excludes takes a list of codes")
    return block


def _mins(where: str, rows: object) -> _Mins:
    """The thresholds as (first day, last day, value), in order. Raises PolicyError."""
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "from" in row for row in rows):
        raise PolicyError(f"{where}: min takes a list like [{{ from = 2026-01-01, value = 16 }}]")
    for row in rows:
        if type(row.get("value")) is not int or row["value"] < 0:
            raise PolicyError(f"{where}: the value of min is a whole number, not {row.get('value')!r}")
    mins = tuple((parse_day(where, row["from"]), parse_day(where, row.get("to", END)), row["value"]) for row in rows)
    for before, after in pairwise(mins):
        if after[0] <= before[1]:
            raise PolicyError(f"{where}: the thresholds from {before[0]} and {after[0]} overlap")
    return mins


def _citations(where: str, block: Table) -> tuple[Citation, tuple[str, ...], tuple[Citation, ...]]:
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
    if len({code.code for code in codes}) != len(codes):
        raise PolicyError(f"{folder.name}: a code is defined twice")
    known = CodeSet(codes)
    for problem in reference_problems(known):
        raise PolicyError(problem)
    return known


def reference_problems(codes: CodeSet) -> Iterator[str]:
    """References between codes that are wrong: to a code that is not there, or an exclusion that only one side has."""
    for code in codes.by_code.values():
        for other in (*code.excludes, *([code.add_on_of] if code.add_on_of else [])):
            if other not in codes.by_code:
                yield f"{code.code}: {other} is not a code we have"
            elif other in code.excludes and code.code not in codes.by_code[other].excludes:
                yield f"{code.code} excludes {other}, and {other} does not say so of {code.code}"
