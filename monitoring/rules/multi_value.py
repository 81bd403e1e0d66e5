"""Rules over more than one value: an average, a change, a pair, or the absence of data. No database access.

A rule is stored as a small object, like {"kind": "change", "metric": "weight", "days": 3, "by": 2}; `rule_of` parses it
and refuses an invalid one. With "unit": "lb" or "[degF]" the rule is written and compared in that unit; its hit is in
the metric's own unit. A history maps a metric to its values, oldest first, as (moment, (first, second)).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from monitoring.ingest.units import UNITS
from monitoring.ingest.values import PART_NAMES
from monitoring.rules.display_units import (
    RULE_UNITS,
    change_in_rule_unit,
    in_rule_unit,
    stored_change,
    stored_value,
    unit_label,
)

Values = Sequence[tuple[datetime, tuple[Decimal, ...]]]
History = Mapping[str, Values]
MAX_DAYS = 30
MIN_VALUES_FOR_AVERAGE = 3


class RuleError(ValueError):
    """An invalid rule; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that a reading broke: the figure and the bound it passed."""

    value: Decimal
    limit: Decimal
    above: bool


def _number_text(value: Decimal) -> str:
    return f"{value.normalize():f}"


def part_words(metric: str, part: int) -> str:
    """The name of a value: systolic, weight, oxygen saturation."""
    return PART_NAMES[metric][part - 1]


@dataclass(frozen=True, slots=True)
class Single:
    """The latest value beyond a bound; only as one part of a pair, because alone it is a limit."""

    metric: str
    part: int
    bound: Decimal
    above: bool
    days: int = 1
    unit: str = ""

    def words(self) -> str:
        """The rule as text: oxygen saturation below 92 %."""
        side = "above" if self.above else "below"
        return (
            f"{part_words(self.metric, self.part)} {side} {_number_text(self.bound)} "
            f"{unit_label(self.metric, self.unit, self.part)}"
        )

    def metrics(self) -> set[str]:
        """The metrics it needs."""
        return {self.metric}

    def hit(self, history: History, now: datetime) -> Hit | None:
        """The hit if the latest value of the last day is beyond the bound."""
        values = _within(history, self.metric, now, self.days)
        if not values:
            return None
        value = in_rule_unit(values[-1][1][self.part - 1], self.unit)
        beyond = value > self.bound if self.above else value < self.bound
        stored, limit = values[-1][1][self.part - 1], stored_value(self.bound, self.unit)
        return Hit(stored, limit, self.above) if beyond else None


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of the last days beyond a bound; it needs at least three values."""

    metric: str
    part: int
    days: int
    bound: Decimal
    above: bool
    unit: str = ""

    def words(self) -> str:
        """The rule as text: average systolic of 7 days above 140 mmHg."""
        side = "above" if self.above else "below"
        name = part_words(self.metric, self.part)
        unit = unit_label(self.metric, self.unit, self.part)
        return f"average {name} of {self.days} days {side} {_number_text(self.bound)} {unit}"

    def metrics(self) -> set[str]:
        """The metrics it needs."""
        return {self.metric}

    def hit(self, history: History, now: datetime) -> Hit | None:
        """The hit if the mean is beyond the bound; on the bound it is not."""
        rows = _within(history, self.metric, now, self.days)
        values = [in_rule_unit(parts[self.part - 1], self.unit) for _, parts in rows]
        if len(values) < MIN_VALUES_FOR_AVERAGE:
            return None
        mean = (sum(values, Decimal()) / len(values)).quantize(Decimal("0.01"))
        beyond = mean > self.bound if self.above else mean < self.bound
        stored, limit = (stored_value(value, self.unit) for value in (mean, self.bound))
        return Hit(stored, limit, self.above) if beyond else None


@dataclass(frozen=True, slots=True)
class ValueChange:
    """The latest value compared with the lowest (or, for a fall, the highest) of the days before it."""

    metric: str
    part: int
    days: int
    by: Decimal
    unit: str = ""

    def words(self) -> str:
        """The rule as text: weight up 2 kg or more in 3 days."""
        direction = "up" if self.by > 0 else "down"
        name = part_words(self.metric, self.part)
        unit = unit_label(self.metric, self.unit, self.part)
        return f"{name} {direction} {_number_text(abs(self.by))} {unit} or more in {self.days} days"

    def metrics(self) -> set[str]:
        """The metrics it needs."""
        return {self.metric}

    def hit(self, history: History, now: datetime) -> Hit | None:
        """The hit if the change reaches the bound; the bound itself counts ("2 kg or more")."""
        rows = _within(history, self.metric, now, self.days)
        values = [parts[self.part - 1] for _, parts in rows]
        if len(values) < 2:
            return None
        before = min(values[:-1]) if self.by > 0 else max(values[:-1])
        change = change_in_rule_unit(before, values[-1], self.unit)
        reached = change >= self.by if self.by > 0 else change <= self.by
        stored, limit = (stored_change(value, self.unit) for value in (change, self.by))
        return Hit(stored, limit, self.by > 0) if reached else None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rules that are broken together."""

    both: "tuple[Single | Average | ValueChange, Single | Average | ValueChange]"

    def words(self) -> str:
        """The rule as text: weight up 2 kg or more in 3 days and oxygen saturation below 92 %."""
        return f"{self.both[0].words()} and {self.both[1].words()}"

    def metrics(self) -> set[str]:
        """The metrics it needs."""
        return self.both[0].metrics() | self.both[1].metrics()

    @property
    def days(self) -> int:
        """The longer period of the two."""
        return max(rule.days for rule in self.both)

    def hit(self, history: History, now: datetime) -> Hit | None:
        """The first rule's hit if both are broken."""
        first, second = (rule.hit(history, now) for rule in self.both)
        return first if first is not None and second is not None else None


@dataclass(frozen=True, slots=True)
class Absence:
    """No data for so many days; checked by a scheduled task, not by a reading."""

    days: int

    def words(self) -> str:
        """The rule as text: no data for 3 days."""
        return f"no data for {self.days} day{'' if self.days == 1 else 's'}"

    def metrics(self) -> set[str]:
        """No metric: any reading ends the absence."""
        return set()

    def hit(self, history: History, now: datetime) -> Hit | None:
        """None: a reading has just arrived."""
        return None


Rule = Single | Average | ValueChange | Pair | Absence


def _within(history: History, metric: str, now: datetime, days: int) -> Values:
    values = history.get(metric, ())
    first = bisect_left(values, now - timedelta(days=days), key=_moment)
    return values[first : bisect_right(values, now, key=_moment)]


def _moment(value: tuple[datetime, tuple[Decimal, ...]]) -> datetime:
    return value[0]


def rule_of(spec: object, *, inner: bool = False) -> Rule:
    """The rule in a spec. Raises RuleError with what to write instead."""
    if not isinstance(spec, dict):
        raise RuleError("A rule is an object with a kind.")
    kind = spec.get("kind")
    keys = {
        "average": {"kind", "metric", "part", "days", "above", "below", "unit"},
        "change": {"kind", "metric", "part", "days", "by", "unit"},
        "pair": {"kind", "both"},
        "absence": {"kind", "days"},
    } | ({"value": {"kind", "metric", "part", "above", "below", "unit"}} if inner else {})
    if not isinstance(kind, str) or kind not in keys or (inner and kind in {"pair", "absence"}):
        raise RuleError(f"kind is one of {', '.join(keys)}.")
    if unknown := set(spec) - keys[kind]:
        raise RuleError(f"{min(unknown)} is not known for {kind}.")
    if kind == "pair":
        both = spec.get("both")
        if not isinstance(both, list) or len(both) != 2:
            raise RuleError("A pair has two rules in `both`.")
        return Pair((rule_of(both[0], inner=True), rule_of(both[1], inner=True)))  # type: ignore[arg-type]
    days = spec.get("days", 1)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MAX_DAYS:
        raise RuleError(f"days is a whole number from 1 to {MAX_DAYS}.")
    if kind == "absence":
        return Absence(days)
    metric, part = spec.get("metric"), spec.get("part", 1)
    if not isinstance(metric, str) or metric not in UNITS:
        raise RuleError(f"metric is one of {', '.join(UNITS)}.")
    if isinstance(part, bool) or not isinstance(part, int) or not 1 <= part <= len(PART_NAMES[metric]):
        raise RuleError(f"{metric} has {len(PART_NAMES[metric])} part(s).")
    unit = spec.get("unit", "")
    if unit and (not isinstance(unit, str) or unit not in RULE_UNITS.get(metric, {})):
        raise RuleError(f"unit is absent, or for {' and '.join(RULE_UNITS)} lb or [degF].")
    if kind == "change":
        by = _number(spec.get("by"), "by")
        if by == 0:
            raise RuleError("by is above zero for a rise, below it for a fall.")
        return ValueChange(metric, part, days, by, unit)
    if ("above" in spec) == ("below" in spec):
        raise RuleError("Write either above or below.")
    bound = _number(spec.get("above", spec.get("below")), "the bound")
    if kind == "average":
        return Average(metric, part, days, bound, "above" in spec, unit)
    return Single(metric, part, bound, "above" in spec, unit=unit)


def _number(raw: object, name: str) -> Decimal:
    try:
        value = Decimal(str(raw)) if not isinstance(raw, bool) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= 10_000:
        raise RuleError(f"{name} must be a number.")
    return value
