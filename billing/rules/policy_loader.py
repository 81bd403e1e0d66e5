"""Loader of the policy files that ship with the product."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from billing.rules.citations import Citation, CitationError, read_citation
from billing.rules.policy import END, Dated, Policy, PolicyError, check_value, parse_day

_RULES_DIR = Path(__file__).parent
_CITATION_KEYS = frozenset({"sources", "unverified", "note"})


def _check_keys(where: str, table: Mapping[str, object], known: set[str]) -> None:
    if unknown := set(table) - known:
        raise PolicyError(f"{where}: {min(unknown)!r} is not known; write {', '.join(sorted(known))}")


def _citation(where: str, table: Mapping[str, object], inherited: Citation | None = None) -> Citation:
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
    for key, block in raw.items():
        where = f"{path.name}, {key}"
        if not isinstance(block, dict):
            raise PolicyError(f"{where}: needs values and sources")
        _check_keys(where, block, {"values", *_CITATION_KEYS})
        inherited = _citation(where, block) if _CITATION_KEYS & set(block) else None
        rows = []
        for entry in block.get("values", []):
            value = check_value(where, key, entry.get("value"))
            first, last = parse_day(where, entry.get("from")), parse_day(where, entry.get("to", END))
            _check_keys(where, entry, {"from", "to", "value", *_CITATION_KEYS})
            rows.append(Dated(first, last, value, _citation(where, entry, inherited)))
        rows.sort()
        for before, after in pairwise(rows):
            if after.first <= before.last:
                raise PolicyError(f"{where}: the values from {before.first} and {after.first} overlap")
        if not rows:
            raise PolicyError(f"{where}: has no values")
        base[key] = tuple(rows)
    return Policy(name, base)


@lru_cache(maxsize=8)
def load_preset(name: str) -> Policy:
    """One of the shipped presets. Raises PolicyError for an unknown name."""
    path = _RULES_DIR / "policies" / f"{name}.toml"
    if not name.isidentifier() or not path.exists():
        known = sorted(file.stem for file in (_RULES_DIR / "policies").glob("*.toml"))
        raise PolicyError(f"there is no preset {name!r}; known are {', '.join(known)}")
    return load_policy(path)
