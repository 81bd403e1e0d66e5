"""Reader of a rule year: a file (TOML or JSON) with the codes, thresholds, caps and rates of a calendar year.

`docs/rule_years.md` describes the format. Blocks of codes and tables of parameters have the form of the files that ship
with the product and are read by the same loaders.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from billing.rules.canonical import digest_of
from billing.rules.citations import Citation, CitationError, Table, read_citation
from billing.rules.code_set import Code
from billing.rules.codes_loader import code_of
from billing.rules.policy import Dated, PolicyError, parse_day
from billing.rules.policy_loader import parameter_values
from billing.rules.rule_rates import YearRate, read_rates
from billing.rules.unit_edits import UnitEdit, read_unit_edits

MAX_BYTES = 1024 * 1024
_KEYS = ("codes", "ended", "note", "parameters", "rates", "sources", "title", "units", "unverified", "year")
_YEARS = range(2027, 2101)


@dataclass(frozen=True, slots=True)
class RuleYear:
    """The rules of a calendar year as a file says them. `codes` are new versions of codes, from their first day on."""

    year: int
    title: str
    citation: Citation
    digest: str
    codes: tuple[Code, ...] = ()
    ended: Mapping[str, date] = field(default_factory=dict)
    values: Mapping[str, tuple[Dated, ...]] = field(default_factory=dict)
    units: Mapping[str, UnitEdit] = field(default_factory=dict)
    rates: tuple[YearRate, ...] = ()

    @property
    def first_day(self) -> date:
        """January 1."""
        return date(self.year, 1, 1)

    @property
    def last_day(self) -> date:
        """December 31."""
        return date(self.year, 12, 31)


def read_rule_year(text: str) -> RuleYear:
    """The rule year of a file's text. Raises PolicyError naming the key and the reason."""
    raw = _parse(text)
    if unknown := set(raw) - set(_KEYS):
        raise PolicyError(f"{min(unknown)!r} is not known; write {', '.join(_KEYS)}")
    year, title = raw.get("year"), raw.get("title")
    if type(year) is not int or year not in _YEARS:
        raise PolicyError(f"year is a number like 2027, not {year!r}")
    if not isinstance(title, str) or not 3 <= len(title.strip()) <= 200:
        raise PolicyError("title is a text of 3 to 200 characters, like the name of the final rule")
    citation = _citation("the file", raw)
    tables = {key: _table(key, raw.get(key, {})) for key in ("codes", "ended", "parameters", "units")}
    read = RuleYear(
        year=year,
        title=title.strip(),
        citation=citation,
        digest=digest_of(text),
        codes=tuple(_codes(tables["codes"], year)),
        ended={code: _last_day(code, row, year) for code, row in tables["ended"].items()},
        values=parameter_values("parameters", tables["parameters"], citation),
        units=_units(tables["units"]),
        rates=read_rates(raw.get("rates", []), citation),
    )
    _check(read)
    return read


def _parse(text: str) -> Table:
    """The file as a dictionary: JSON if it begins with a brace, else TOML. Raises PolicyError."""
    try:
        if text.lstrip().startswith("{"):
            return dict(json.loads(text, object_pairs_hook=_without_repeats))
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise PolicyError(f"this is neither TOML nor JSON ({error})") from None


def _without_repeats(pairs: list[tuple[str, object]]) -> Table:
    for key, count in {key: sum(key == other for other, _ in pairs) for key, _ in pairs}.items():
        if count > 1:
            raise PolicyError(f"{key!r} is written twice")
    return dict(pairs)


def _table(key: str, value: object) -> Table:
    if not isinstance(value, Mapping):
        raise PolicyError(f"{key} is a table")
    return value


def _citation(where: str, table: Table) -> Citation:
    try:
        return read_citation(table)
    except CitationError as error:
        raise PolicyError(f"{where}: {error}") from None


def _codes(table: Table, year: int) -> Iterator[Code]:
    """The versions of codes; a code whose values change within the year is a list of blocks."""
    for name, value in table.items():
        if not (name.isascii() and name.isalnum() and len(name) == 5 and name == name.upper()):
            raise PolicyError(f"codes, {name!r}: a code has five digits or capital letters")
        blocks = value if isinstance(value, list) else [value]
        versions = sorted((code_of(f"codes, {name}", name, block) for block in blocks), key=lambda code: code.first)
        for before, after in pairwise(versions):
            if after.first <= before.last:
                raise PolicyError(f"codes, {name}: the blocks from {before.first} and {after.first} overlap")
        for version in versions:
            if version.first.year != year:
                raise PolicyError(f"codes, {name}: from is a day of {year}, not {version.first}")
            if version.last < version.first:
                raise PolicyError(f"codes, {name}: it ends on {version.last} before it begins on {version.first}")
            if version.mins[0][0] != version.first:
                raise PolicyError(f"codes, {name}: min begins on {version.first}, like the code")
        yield from versions


def _last_day(code: str, row: object, year: int) -> date:
    where = f"ended, {code}"
    if not isinstance(row, Mapping) or set(row) - {"last_day", "sources", "unverified", "note"}:
        raise PolicyError(f"{where}: write last_day and sources")
    _citation(where, row)
    last_day = parse_day(where, row.get("last_day"))
    if not date(year - 1, 12, 31) <= last_day <= date(year, 12, 31):
        raise PolicyError(f"{where}: last_day is from {year - 1}-12-31 to {year}-12-31, not {last_day}")
    return last_day


def _units(table: Table) -> dict[str, UnitEdit]:
    if not table:
        return {}
    if unknown := set(table) - {"codes", "sources", "unverified", "note"}:
        raise PolicyError(f"units: {min(unknown)!r} is not known; write codes and sources")
    _citation("units", table)
    return read_unit_edits("the file", _table("units, codes", table.get("codes", {})))


def _check(read: RuleYear) -> None:
    """Raise PolicyError for values of another year, and for a code that both ends and has a new version."""
    if "rule_year" in read.values:
        raise PolicyError("parameters, rule_year: leave it out; the file is the rule year")
    for key, rows in read.values.items():
        for row in rows:
            if row.first.year != read.year:
                raise PolicyError(f"parameters, {key}: from is a day of {read.year}, not {row.first}")
    for code in read.codes:
        if code.code in read.ended and code.first <= read.ended[code.code]:
            raise PolicyError(f"ended, {code.code}: the codes have a version of it from {code.first}")
