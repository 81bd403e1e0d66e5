"""Breaches: new readings that break a limit or a rule of their enrollment."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitoring.models import Reading
from monitoring.readings.store import MatchedReading
from monitoring.readings.words import bound_of
from monitoring.rules.multi_value import Hit, Rule, rule_of
from monitoring.rules.thresholds import Limit, breaches, nearest
from rpm_portal.core.db.prepared_statements import prepared_rows

# In a body with more readings than this, rules over several values are checked once for each hour of measuring.
MAX_READINGS_FOR_EACH_RULE_CHECK = 100


@dataclass(frozen=True, slots=True)
class CauseBreach:
    """One reading that broke one cause."""

    enrollment_id: int
    cause: str
    severity: str
    reading_id: int
    measured_at: datetime
    hit: Hit
    part: int = 1
    rule_id: int | None = None
    description: str = ""


Limits = dict[tuple[int, str], list[Limit]]
Rules = dict[int, list[tuple[int, str, Rule]]]


_LIMITS_AND_RULES = """
SELECT enrollment_id, metric, part, low, high, critical_low, critical_high, unit, NULL::jsonb, NULL, id
FROM monitoring_threshold WHERE enrollment_id = ANY(%s::bigint[])
UNION ALL
SELECT enrollment_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, spec, severity, id
FROM monitoring_alertrule
WHERE enrollment_id = ANY(%s::bigint[]) AND ended_at IS NULL AND spec ->> 'kind' <> 'absence'
ORDER BY 2, 3, 11
"""


def limits_and_rules(ids: Iterable[int]) -> tuple[Limits, Rules]:
    """The limits of enrollments, and the rules that a reading can break. One statement."""
    limits: Limits = defaultdict(list)
    rules: Rules = defaultdict(list)
    for pk, metric, part, *bounds, spec, severity, rule_id in prepared_rows(_LIMITS_AND_RULES, [list(ids), list(ids)]):
        if spec is None:
            limits[pk, metric].append(Limit(metric, part, *bounds))
        else:
            rules[pk].append((rule_id, severity, rule_of(json.loads(spec) if isinstance(spec, str) else spec)))
    return limits, rules


def broken_limits(new: Sequence[tuple[int, MatchedReading]], limits: Limits) -> list[CauseBreach]:
    """The readings beyond a limit."""
    broken = []
    for pk, matched in new:
        m, enrollment_id = matched.measured, matched.holder.enrollment_id
        for breach in breaches(m.metric, m.values, limits.get((enrollment_id, m.metric), ()), m.bounds):
            cause = f"{m.metric}:{breach.part}:{'above' if breach.above else 'below'}"
            hit = Hit(breach.value, breach.limit, breach.above)
            broken.append(CauseBreach(enrollment_id, cause, breach.severity, pk, m.measured_at, hit, breach.part))
    return broken


def broken_rules(new: Sequence[tuple[int, MatchedReading]], rules: Rules) -> list[CauseBreach]:
    """The readings that break a rule over several values. At most one statement."""
    watched = [
        (pk, matched)
        for pk, matched in new
        if any(matched.measured.metric in rule.metrics() for _, _, rule in rules.get(matched.holder.enrollment_id, ()))
    ]
    if not watched:
        return []
    histories = _histories(watched, max(rule.days for entries in rules.values() for _, _, rule in entries))
    broken = []
    for pk, matched in _readings_to_check(watched):
        enrollment_id, m = matched.holder.enrollment_id, matched.measured
        for rule_id, severity, rule in rules[enrollment_id]:
            if m.metric not in rule.metrics():
                continue
            hit = rule.hit(histories[enrollment_id], m.measured_at)
            if hit is not None:
                cause = f"rule:{rule_id}"
                broken.append(
                    CauseBreach(enrollment_id, cause, severity, pk, m.measured_at, hit, 1, rule_id, rule.words())
                )
    return broken


def _readings_to_check(watched: Sequence[tuple[int, MatchedReading]]) -> list[tuple[int, MatchedReading]]:
    """The readings for which rules are checked, oldest first: each, or in a large body the last of every hour."""
    ordered = sorted(watched, key=lambda item: item[1].measured.measured_at)
    if len(ordered) <= MAX_READINGS_FOR_EACH_RULE_CHECK:
        return ordered
    hours = {
        (
            p.holder.enrollment_id,
            p.measured.metric,
            p.measured.measured_at.replace(minute=0, second=0, microsecond=0),
        ): (pk, p)
        for pk, p in ordered
    }
    return list(hours.values())


def _histories(watched: Sequence[tuple[int, MatchedReading]], days: int) -> dict[int, dict[str, list[Any]]]:
    """The values of the days that any rule covers, oldest first; for a bound the nearest value. One statement."""
    moments = [matched.measured.measured_at for _, matched in watched]
    rows = Reading.objects.filter(
        enrollment__in={matched.holder.enrollment_id for _, matched in watched},
        measured_at__range=(min(moments) - timedelta(days=days), max(moments)),
        voided_at__isnull=True,
    ).order_by("measured_at", "pk")
    histories: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    columns = ("enrollment_id", "metric", "measured_at", "value", "value_2", "bounds")
    for pk, metric, at, first, second, bounds in rows.values_list(*columns):
        if bounds:
            first, second = nearest(first, bound_of(bounds)), nearest(second, bound_of(bounds, 2))
        histories[pk][metric].append((at, (first, second)))
    return histories
