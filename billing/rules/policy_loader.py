"""Loader of the policy files that ship with the product."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from billing.rules.citations import Citation, CitationError, Table, read_citation
from billing.rules.policy import END, Dated, Policy, PolicyError, check_value, parse_day

_RULES_DIR = Path(__file__).parent
_CITATION_KEYS = frozenset({"sources", "unverified", "note"})


def _check_keys(where: str, table: Table, known: set[str]) -> None:
    if unknown := set(table) - known:
        raise PolicyError(f"{where}: {min(unknown)!r} is not known; write {', '.join(sorted(known))}")


def _citation(where: str, table: Table, inherited: Citation | None = None) -> Citation:
    try:
        return read_citation(table, inherited=inherited)
    except CitationError as error:
        raise PolicyError(f"{where}: {error}") from None


def load_policy(path: Path) -> Policy:
    """Read a policy file. Raises PolicyError with file, key and reason.

    `sources`, `unverified` and `note` belong to the table of a parameter and apply to each of its values; a value that
    other documents support has its own. Most parameters have one value, and a document that supports several is then
    written once. Inside each value it would have to be repeated on a line of hundreds of characters.
    """
    try:
        with path.open("rb") as file:
            raw = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path.name}: this is not TOML ({error})") from None
    except OSError as error:
        raise PolicyError(f"{path.name}: cannot be read ({error.strerror})") from None
    base: dict[str, tuple[Dated, ...]] = {}
    if "extends" in raw:
        base = dict(load_policy(path.parent / f"{raw.pop('extends')}.toml").values)
    name = raw.pop("name", path.stem)
    return Policy(name, base | parameter_values(path.name, raw))


def parameter_values(
    where: str, tables: Mapping[str, object], inherited: Citation | None = None
) -> dict[str, tuple[Dated, ...]]:
    """The dated values of parameters from their tables. Raises PolicyError, which begins with `where` and the key.

    `inherited` is the citation of a value that has none, and whose table has none.
    """
    return {key: _values_of(f"{where}, {key}", key, table, inherited) for key, table in tables.items()}


def _values_of(where: str, key: str, table: object, inherited: Citation | None) -> tuple[Dated, ...]:
    if not isinstance(table, Mapping):
        raise PolicyError(f"{where}: needs values and sources")
    _check_keys(where, table, {"values", *_CITATION_KEYS})
    shared = _citation(where, table) if _CITATION_KEYS & set(table) else inherited
    entries = table.get("values", [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise PolicyError(f"{where}: values takes a list like [{{ from = 2026-01-01, value = true }}]")
    rows = sorted(_dated(where, key, entry, shared) for entry in entries)
    for before, after in pairwise(rows):
        if after.first <= before.last:
            raise PolicyError(f"{where}: the values from {before.first} and {after.first} overlap")
    if not rows:
        raise PolicyError(f"{where}: has no values")
    return tuple(rows)


def _dated(where: str, key: str, entry: Table, inherited: Citation | None) -> Dated:
    value = check_value(where, key, entry.get("value"))
    first, last = parse_day(where, entry.get("from")), parse_day(where, entry.get("to", END))
    if last < first:
        raise PolicyError(f"{where}: the value ends on {last} before it begins on {first}")
    _check_keys(where, entry, {"from", "to", "value", *_CITATION_KEYS})
    return Dated(first, last, value, _citation(where, entry, inherited))


@lru_cache(maxsize=8)
def load_preset(name: str) -> Policy:
    """One of the shipped presets. Raises PolicyError for an unknown name."""
    path = _RULES_DIR / "policies" / f"{name}.toml"
    if not name.isidentifier() or not path.exists():
        known = sorted(file.stem for file in (_RULES_DIR / "policies").glob("*.toml"))
        raise PolicyError(f"there is no preset {name!r}; known are {', '.join(known)}")
    return load_policy(path)
