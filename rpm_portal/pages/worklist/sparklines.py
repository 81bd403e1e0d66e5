"""Fourteen days of a patient's last measure, as a line small enough for a table row."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

DAYS = 14
WIDTH, HEIGHT = 104, 26
# Below it a change of the last day against the day before it is called steady.
STEADY = 0.02


@dataclass(slots=True)
class Spark:
    """Day means of one metric, oldest first, and the limits they are held against."""

    metric: str
    low: float | None
    high: float | None
    means: list[tuple[date, float]] = field(default_factory=list)


def sparks(enrollment_ids: Iterable[int], *, today: date) -> dict[int, Spark]:
    """The day means of the metric each patient measured last, with its limits. One statement for any number.

    Raw: the ORM cannot join the limits of the metric measured last.
    """
    found: dict[int, Spark] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.enrollment_id, s.last_metric, t.low, t.high, r.local_day, avg(r.value)
            FROM monitoring_standing s
            LEFT JOIN monitoring_threshold t ON t.enrollment_id = s.enrollment_id AND t.metric = s.last_metric
                 AND t.part = 1
            JOIN monitoring_reading r ON r.enrollment_id = s.enrollment_id AND r.metric = s.last_metric
                 AND r.measured_at >= %(first)s::date - 2 AND r.local_day BETWEEN %(first)s AND %(today)s
                 AND r.voided_at IS NULL
            WHERE s.enrollment_id = ANY(%(ids)s)
            GROUP BY s.enrollment_id, s.last_metric, t.low, t.high, r.local_day
            ORDER BY s.enrollment_id, r.local_day
            """,
            {"ids": list(enrollment_ids), "first": today - timedelta(days=DAYS - 1), "today": today},
        )
        for pk, metric, low, high, day, mean in cursor:
            spark = found.setdefault(pk, Spark(metric, _number(low), _number(high)))
            spark.means.append((day, float(mean)))
    return found


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def spark_data(spark: Spark | None, *, today: date) -> dict[str, object]:
    """`path`, `dots`, `band` (y and height of the limits), `arrow` and `words` of a spark; empty without values."""
    if spark is None or not spark.means:
        return {}
    values = [mean for _, mean in spark.means]
    edges = [edge for edge in (spark.low, spark.high) if edge is not None]
    low, high = min(*values, *edges, values[0]), max(*values, *edges, values[0])
    spread = (high - low) or 1

    def y(value: float) -> float:
        return round(HEIGHT - 3 - (value - low) / spread * (HEIGHT - 6), 1)

    def x(day: date) -> float:
        return round(3 + (DAYS - 1 - (today - day).days) / (DAYS - 1) * (WIDTH - 6), 1)

    shown = [(day, mean) for day, mean in spark.means if 0 <= (today - day).days < DAYS]
    steps: dict[int, list[str]] = defaultdict(list)
    part, before = 0, None
    for day, mean in shown:
        # A day without a value is a gap, never a line through it.
        if before is not None and (day - before).days > 1:
            part += 1
        steps[part].append(f"{x(day)} {y(mean)}")
        before = day
    arrow, turn = _turn(values)
    answer: dict[str, object] = {
        "path": "".join(f"M{'L'.join(points)}" for points in steps.values() if len(points) > 1),
        "dots": [points[0].split() for points in steps.values() if len(points) == 1],
        "arrow": arrow,
        "words": f"{len(shown)} day{'' if len(shown) == 1 else 's'} with values of {DAYS}, {turn}",
    }
    if edges:
        top = y(spark.high) if spark.high is not None else 0
        bottom = y(spark.low) if spark.low is not None else HEIGHT
        answer["band"] = [top, round(bottom - top, 1)]
    return answer


def _turn(values: list[float]) -> tuple[str, str]:
    """The last day against the one before it."""
    if len(values) < 2 or abs(values[-1] - values[-2]) <= STEADY * abs(values[-2]):
        return "\u2192", "steady"
    return ("\u2197", "rising") if values[-1] > values[-2] else ("\u2198", "falling")
