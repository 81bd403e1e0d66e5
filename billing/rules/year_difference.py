"""The difference between the rules of a year and those of the year before: codes, caps, parameters."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from billing.rules.citations import Table
from billing.rules.code_set import Code, CodeSet
from billing.rules.describe import threshold_words, value_words
from billing.rules.policy import PolicyGap, parameters
from billing.rules.rule_set import MEDICARE, RuleSet

_TEXTS = ("program", "component", "role", "family", "system", "performer", "add_on_of", "counts")
_FLAGS = ("live_contact", "therapy_modifier", "assistant_modifier")
_NONE = "none"


class Change(NamedTuple):
    """A value that differs: the code or parameter, what of it, before and after in words, and what it rests on."""

    subject: str
    what: str
    before: str
    after: str
    citation: Table


def changes(before: RuleSet, after: RuleSet, year: int) -> list[Change]:
    """What differs between December 31 of the year before and the days of the year."""
    old_day, new_day = date(year - 1, 12, 31), date(year, 12, 31)
    codes = _changed_codes(before.codes_on(old_day), after.codes_on(new_day), old_day, new_day)
    return [*codes, *_changed_values(before, after, old_day)]


def _changed_codes(old: CodeSet, new: CodeSet, old_day: date, new_day: date) -> Iterator[Change]:
    for name in sorted(old.by_code.keys() | new.by_code.keys()):
        was, now = old.by_code.get(name), new.by_code.get(name)
        existed, exists = was is not None and was.valid(old_day), now is not None and now.valid(new_day)
        if now is not None and exists and not existed:
            yield Change(name, "new code", _NONE, now.about, now.citation.as_json())
        elif was is not None and existed and not exists:
            last = f"ends on {now.last}" if now is not None else "ends"
            yield Change(name, "ends", was.about, last, was.citation.as_json())
        elif was is not None and now is not None and existed:
            yield from _changed_code(was, now, old_day, new_day)
        yield from _changed_units(name, old, new)


def _changed_code(was: Code, now: Code, old_day: date, new_day: date) -> Iterator[Change]:
    citation = now.citation.as_json()
    if was.min(old_day) != now.min(new_day):
        words = threshold_words(was, was.min(old_day)), threshold_words(now, now.min(new_day))
        yield Change(now.code, "threshold", *words, now.min_citation(new_day).as_json())
    if set(was.excludes) != set(now.excludes):
        yield Change(now.code, "exclusions", _joined(was.excludes), _joined(now.excludes), citation)
    for key in (*_TEXTS, *_FLAGS):
        then, since = getattr(was, key), getattr(now, key)
        if then != since:
            yield Change(
                now.code, key.replace("_", " "), value_words(then) or _NONE, value_words(since) or _NONE, citation
            )


def _joined(codes: tuple[str, ...]) -> str:
    return ", ".join(sorted(codes)) or _NONE


def _changed_units(name: str, old: CodeSet, new: CodeSet) -> Iterator[Change]:
    was, now = old.units.get(name), new.units.get(name)
    if was != now:
        words = [f"{edit.most} (indicator {edit.indicator})" if edit else _NONE for edit in (was, now)]
        yield Change(name, "units on a date of service", words[0], words[1], {})


def _changed_values(before: RuleSet, after: RuleSet, old_day: date) -> Iterator[Change]:
    """Parameters of the Medicare preset, on each day of the year on which one changes."""
    was, now = before.preset(MEDICARE), after.preset(MEDICARE)
    for key in parameters():
        if key == "rule_year":
            continue
        then = was.at(key, old_day)
        for first in sorted({row.first for row in now.values[key] if row.first > old_day}):
            try:
                item = now.dated(key, first)
            except PolicyGap:
                continue
            if item.value != then:
                since = value_words(item.value) + (f" (from {first})" if first != old_day + timedelta(days=1) else "")
                yield Change(key, "parameter", value_words(then), since, item.citation.as_json())
