"""The rules that a practice decides with: the shipped presets and codes, changed by the rule years it put in force."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from billing.rules.citations import Citation
from billing.rules.code_set import Code, CodeSet
from billing.rules.codes_loader import load_codes, reference_problems
from billing.rules.policy import Dated, Policy, PolicyError
from billing.rules.policy_loader import load_preset
from billing.rules.rule_year import RuleYear
from billing.rules.unit_edits import UnitEdit, unit_edits

MEDICARE, STRICTEST = "medicare_general_supervision", "strict_provider_only"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Presets by name, and the codes from each day on which they change; `years` are those put in force, in order."""

    presets: Mapping[str, Policy]
    code_sets: tuple[tuple[date, CodeSet], ...]
    years: tuple[RuleYear, ...]

    def preset(self, name: str) -> Policy:
        """A preset by name. Raises PolicyError for an unknown one."""
        return self.presets.get(name) or load_preset(name)

    def codes_on(self, on: date) -> CodeSet:
        """The codes in force on a day."""
        return self.presets[MEDICARE].codes_on(on) or load_codes()


@lru_cache(maxsize=1)
def shipped_rules() -> RuleSet:
    """The rules without a rule year of the practice's own."""
    return RuleSet({name: load_preset(name) for name in (MEDICARE, STRICTEST)}, (), ())


def rules_with(years: Iterable[RuleYear]) -> RuleSet:
    """The shipped rules with rule years, the latest first. Raises PolicyError if they do not fit together."""
    ordered = tuple(sorted(years, key=lambda year: year.year))
    if not ordered:
        return shipped_rules()
    code_sets = _code_sets(ordered)
    medicare = load_preset(MEDICARE)
    presets = {}
    for name in (MEDICARE, STRICTEST):
        preset = load_preset(name)
        # What makes the strictest preset strict stays as it is in every year.
        own = {key for key, rows in preset.values.items() if rows != medicare.values[key]}
        presets[name] = Policy(name, _values(preset, ordered, own), code_sets)
    return RuleSet(presets, code_sets, ordered)


def _values(preset: Policy, years: Sequence[RuleYear], own: set[str]) -> dict[str, tuple[Dated, ...]]:
    """The preset's values with those of the years before them, because the first that covers a day applies."""
    values = dict(preset.values)
    for year in years:
        loaded = Dated(year.first_day, year.last_day, "loaded", _title(year))
        for key, rows in (*year.values.items(), ("rule_year", (loaded,))):
            if key not in own:
                values[key] = (*reversed(rows), *values.get(key, ()))
    return values


def _title(year: RuleYear) -> Citation:
    """The file's citation, with its title as the note."""
    return year.citation._replace(note=year.title)


def _code_sets(years: Sequence[RuleYear]) -> tuple[tuple[date, CodeSet], ...]:
    """The codes from each day on which one of them changes."""
    versions = sorted((code for year in years for code in year.codes), key=lambda code: code.first)
    ended = {code: last_day for year in years for code, last_day in year.ended.items()}
    days = {year.first_day for year in years} | {version.first for version in versions}
    sets = []
    for day in sorted(days):
        by_code = dict(load_codes().by_code)
        for version in versions:
            if version.first <= day:
                _add_version(by_code, version)
        for code, last_day in ended.items():
            if code not in by_code:
                raise PolicyError(f"ended, {code}: this code is not known")
            if by_code[code].first <= last_day:
                by_code[code] = _until(by_code[code], last_day)
        codes = CodeSet(by_code.values(), _units(years, day))
        for problem in reference_problems(codes):
            raise PolicyError(f"codes, {problem}")
        sets.append((day, codes))
    return tuple(sets)


def _add_version(by_code: dict[str, Code], version: Code) -> None:
    """Put a new version of a code in force; the exclusions that it names hold for both codes of a pair."""
    for name, other in list(by_code.items()):
        excluded = version.code in other.excludes
        if excluded and name not in version.excludes:
            by_code[name] = replace(other, excludes=tuple(code for code in other.excludes if code != version.code))
        elif not excluded and name in version.excludes and name != version.code:
            by_code[name] = replace(other, excludes=(*other.excludes, version.code))
    before = by_code.get(version.code)
    by_code[version.code] = version if before is None else _followed_by(before, version)


def _followed_by(before: Code, version: Code) -> Code:
    """The new version with the days and thresholds of the code before it, for dates of service before it begins."""
    earlier = _until(before, version.first - _ONE_DAY)
    return replace(
        version,
        first=earlier.first,
        mins=(*earlier.mins, *version.mins),
        min_citations=(*earlier.min_citations, *version.min_citations),
    )


def _until(code: Code, last_day: date) -> Code:
    """The code up to a day."""
    kept = [
        ((first, min(last, last_day), value), citation)
        for (first, last, value), citation in zip(code.mins, code.min_citations, strict=True)
        if first <= last_day
    ]
    mins, citations = tuple(row for row, _ in kept), tuple(citation for _, citation in kept)
    return replace(code, last=min(code.last, last_day), mins=mins, min_citations=citations)


def _units(years: Sequence[RuleYear], day: date) -> dict[str, UnitEdit]:
    edits = dict(unit_edits())
    for year in years:
        if year.first_day <= day:
            edits |= year.units
    return edits


def brought_forward(year: RuleYear, first_day: date) -> RuleYear:
    """The rule year as if it began on an earlier day: to try it on a month before it begins."""
    days = (first_day - year.first_day).days
    if days >= 0:
        return year

    def moved(day: date) -> date:
        """The day, or the new first day for January 1."""
        return first_day if day == year.first_day else day

    values = {key: tuple(row._replace(first=moved(row.first)) for row in rows) for key, rows in year.values.items()}
    codes = tuple(
        replace(
            code, first=moved(code.first), mins=tuple((moved(first), last, value) for first, last, value in code.mins)
        )
        for code in year.codes
    )
    ended = {code: min(last_day, first_day - _ONE_DAY) for code, last_day in year.ended.items()}
    return replace(year, values=values, codes=codes, ended=ended)
