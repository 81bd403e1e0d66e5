"""Daily profile of continuous glucose: the share of values in each range, and percentiles over the day.

Ranges of the international consensus on time in range (Battelino and others, Diabetes Care 2019;42:1593): 70-180 mg/dL
is in range, below 54 and above 250 are the outer ones.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from monitoring.readings.words import mean_bound, number_text
from rpm_portal.core.days import hour_words

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
MIN_DRAWN, MAX_DRAWN = 40, 350
BIN_MINUTES = 30
RANGES = [
    ("very high", "above 250"),
    ("high", "181-250"),
    ("in range", "70-180"),
    ("low", "54-69"),
    ("very low", "below 54"),
]
# A half hour of the day with fewer values gets no percentiles.
MIN_VALUES_PER_SLOT = 5


@dataclass(slots=True)
class GlucoseProfile:
    """Data for the template: shares by range, and the percentile bands of the day as SVG paths."""

    count: int
    mean: str
    shares: list[dict[str, object]] = field(default_factory=list)
    outer: str = ""
    inner: str = ""
    median: str = ""
    y_ticks: list[dict[str, Any]] = field(default_factory=list)
    x_ticks: list[dict[str, Any]] = field(default_factory=list)
    band: dict[str, float] = field(default_factory=dict)
    label: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right_edge: int = WIDTH - RIGHT


# Raw: the ORM has no grouping sets and no list of percentiles.
_PROFILE = """
SELECT GROUPING(slot), slot, count(*), avg(value), count(*) FILTER (WHERE value > 250),
       count(*) FILTER (WHERE value > 180 AND value <= 250),
       count(*) FILTER (WHERE value >= 70 AND value <= 180),
       count(*) FILTER (WHERE value >= 54 AND value < 70), count(*) FILTER (WHERE value < 54),
       percentile_cont(ARRAY[0.05, 0.25, 0.5, 0.75, 0.95]) WITHIN GROUP (ORDER BY value),
       bool_or(bounds LIKE '>%%'), bool_or(bounds LIKE '<%%')
FROM (SELECT value, bounds, (extract(hour FROM local) * 60 + extract(minute FROM local))::int / %s AS slot
      FROM (SELECT value + CASE bounds WHEN '' THEN 0 WHEN '>' THEN 0.01 WHEN '<' THEN -0.01 ELSE 0 END
              AS value, bounds, measured_at AT TIME ZONE %s AS local FROM monitoring_reading
            WHERE enrollment_id = %s AND metric = 'glucose' AND measured_at >= %s AND measured_at < %s
              AND received_at <= %s AND (voided_at IS NULL OR voided_at > %s)) l) s
GROUP BY GROUPING SETS ((slot), ()) ORDER BY 1 DESC, 2
"""


def day_profile(enrollment_id: int, *, start: datetime, end: datetime, known: datetime, zone: str) -> GlucoseProfile:
    """The profile of glucose between two moments, in the patient's zone, as known at a moment. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_PROFILE, [BIN_MINUTES, zone, enrollment_id, start, end, known, known])
        total, *slots = cursor.fetchall()
    return _draw_profile(total, [row for row in slots if row[2] >= MIN_VALUES_PER_SLOT])


def _draw_profile(total: tuple[Any, ...], slots: list[tuple[Any, ...]]) -> GlucoseProfile:
    count = int(total[2])
    # A value outside the sensor's range counts with its bound: it is in the outer range, and the mean is then a bound
    # too, "at least" or "at most".
    mark = mean_bound((">" if total[10] else "", "<" if total[11] else ""))
    profile = GlucoseProfile(count=count, mean=number_text(Decimal(total[3] or 0).quantize(Decimal(1)), mark))
    for (name, span), part in zip(RANGES, total[4:9], strict=True):
        share = 100 * part / count if count else 0
        profile.shares.append({"name": name, "span": span, "share": f"{share:.0f}", "width": round(share, 1)})

    def x(slot: int) -> float:
        return round(LEFT + (slot + 0.5) * BIN_MINUTES / 1440 * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        limited = min(max(value, MIN_DRAWN), MAX_DRAWN)
        return round(TOP + (MAX_DRAWN - limited) / (MAX_DRAWN - MIN_DRAWN) * (HEIGHT - TOP - BOTTOM), 1)

    def _ring(low: int, high: int) -> str:
        up = [f"{x(row[1])} {y(row[9][high])}" for row in slots]
        down = [f"{x(row[1])} {y(row[9][low])}" for row in reversed(slots)]
        return f"M{'L'.join(up + down)}Z" if slots else ""

    profile.outer, profile.inner = _ring(0, 4), _ring(1, 3)
    profile.median = "M" + "L".join(f"{x(row[1])} {y(row[9][2])}" for row in slots) if slots else ""
    profile.y_ticks = [{"y": y(value), "text": str(value)} for value in (54, 70, 180, 250)]
    profile.x_ticks = [{"x": x(hour * 2) - 0.0, "text": hour_words(hour)} for hour in range(0, 24, 3)]
    profile.band = {"y": y(180), "height": round(y(70) - y(180), 1)}
    in_range = profile.shares[2]["share"]
    profile.label = (
        f"Glucose over the day, {count} values, mean {profile.mean} mg/dL, {in_range} percent in range 70 to 180"
    )
    return profile
