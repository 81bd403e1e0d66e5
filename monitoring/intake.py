"""Taking readings in: body, readings, days, alerts and standings in one transaction."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from enrollment.queries import Holder, holders
from monitoring.ingest import Measurement, Refused, portal, telli
from monitoring.ingest.strict import parse_json
from monitoring.models import Alert, Delivery, Source, Standing, Threshold, UnmatchedReading
from monitoring.thresholds import Limit, breaches
from rpm_portal.days import local_day
from rpm_portal.history import create_in_bulk

PARSERS = {"portal": portal.parse, "telli": telli.parse}
FUTURE_SLACK = timedelta(minutes=5)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery: how many readings are new, were known already, or wait for a person."""

    new: int
    known: int
    unmatched: int


@transaction.atomic
def take_in(*, source: Source, body: bytes, now: datetime) -> Taken:
    """Keep a body, then its readings, days, standings and alerts, all in one transaction.

    Safe to run twice and at once with itself: the same measurement is one reading. Raises BadBody where the body is
    nothing of this source's shape (nothing is kept then, and the sender is told).
    """
    entries = PARSERS[source.shape](parse_json(body))
    delivery = Delivery.objects.create(
        practice_id=source.practice_id,
        source=source,
        received_at=now,
        body=body,
        body_digest=hashlib.sha256(body).hexdigest(),
    )
    measured = [entry for entry in entries if isinstance(entry, Measurement)]
    refused = [entry for entry in entries if isinstance(entry, Refused)]
    placed, unplaced = _place(source.practice_id, measured, now=now)
    new = _store(source.practice_id, delivery, placed, now=now)
    unmatched = _park(delivery, [*refused, *unplaced], now=now)
    taken = Taken(new=len(new), known=len(placed) - len(new), unmatched=unmatched)
    delivery.outcome = {"new": taken.new, "known": taken.known, "unmatched": taken.unmatched}
    delivery.save(update_fields=["outcome"])
    return taken


def _place(
    practice_id: int, measured: Sequence[Measurement], *, now: datetime
) -> tuple[list[tuple[Measurement, Holder]], list[Refused]]:
    """Find whose each measurement is: the patient who had the device when it was measured, never a guess."""
    custody = holders(practice_id, {m.serial for m in measured})
    placed, refused = [], []
    for m in measured:
        payload = {
            "device": m.serial,
            "metric": m.metric,
            "measured_at": m.measured_at.isoformat(),
            "values": [str(value) for value in m.values],
            "source": m.source_kind,
        }
        if m.measured_at > now + FUTURE_SLACK:
            refused.append(Refused(payload, "future", "", m.serial))
        elif m.serial not in custody:
            refused.append(Refused(payload, "unknown_device", "", m.serial))
        else:
            at = m.measured_at
            mine = [h for h in custody[m.serial] if h.starts_at <= at and (h.ends_at is None or at < h.ends_at)]
            if mine:
                placed.append((m, mine[0]))
            else:
                refused.append(Refused(payload, "not_assigned", "", m.serial))
    return placed, refused


def _store(
    practice_id: int, delivery: Delivery, placed: Sequence[tuple[Measurement, Holder]], *, now: datetime
) -> list[tuple[int, Measurement, Holder]]:
    """Insert what is new in one statement and let days, standings and alerts follow; returns the new ones."""
    if not placed:
        return []
    # Everybody who touches an enrollment's sums takes its standing first, in the same order: no lost counts.
    ids = sorted({holder.enrollment_id for _, holder in placed})
    Standing.objects.bulk_create(
        [Standing(practice_id=practice_id, enrollment_id=pk) for pk in ids], ignore_conflicts=True
    )
    list(Standing.objects.filter(enrollment__in=ids).order_by("enrollment_id").select_for_update())
    days = [local_day(m.measured_at, h.patient_zone) for m, h in placed]
    padded = [(*m.values, ZERO, ZERO)[:3] for m, _ in placed]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO monitoring_reading (practice_id, enrollment_id, device_id, delivery_id, metric, measured_at,
                received_at, local_day, value, value_2, value_3, source_kind)
            SELECT %s, e, d, %s, m, at, %s, day, v1, v2, v3, kind
            FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::date[],
                        %s::numeric[], %s::numeric[], %s::numeric[], %s::text[])
                 AS t(e, d, m, at, day, v1, v2, v3, kind)
            ON CONFLICT (device_id, metric, measured_at, value, value_2, source_kind) DO NOTHING
            RETURNING id, device_id, metric, measured_at, value, value_2, source_kind
            """,
            [
                practice_id,
                delivery.pk,
                now,
                [h.enrollment_id for _, h in placed],
                [h.device_id for _, h in placed],
                [m.metric for m, _ in placed],
                [m.measured_at for m, _ in placed],
                days,
                [v[0] for v in padded],
                [v[1] for v in padded],
                [v[2] for v in padded],
                [m.source_kind for m, _ in placed],
            ],
        )
        fresh = {tuple(row[1:]): row[0] for row in cursor.fetchall()}
    new, seen = [], set()
    for (m, h), three in zip(placed, padded, strict=True):
        key = (h.device_id, m.metric, m.measured_at, three[0], three[1], m.source_kind)
        if key in fresh and key not in seen:
            seen.add(key)
            new.append((fresh[key], m, h))
    _count_days(practice_id, new, now=now)
    _raise_alerts(practice_id, new, now=now)
    _move_standings(new)
    return new


def _count_days(practice_id: int, new: Sequence[tuple[int, Measurement, Holder]], *, now: datetime) -> None:
    counts: dict[tuple[int, int, Any], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for _, m, h in new:
        counts[h.enrollment_id, h.device_id, local_day(m.measured_at, h.patient_zone)][m.source_kind] += 1
    if not counts:
        return
    keys = sorted(counts)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO monitoring_readingday (practice_id, enrollment_id, device_id, local_day,
                automatic, reported, typed, first_received_at, changed_at)
            SELECT %s, e, d, day, a, r, t, %s, clock_timestamp()
            FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::int[], %s::int[], %s::int[])
                 AS x(e, d, day, a, r, t)
            ON CONFLICT (enrollment_id, local_day, device_id) DO UPDATE SET
                automatic = monitoring_readingday.automatic + excluded.automatic,
                reported = monitoring_readingday.reported + excluded.reported,
                typed = monitoring_readingday.typed + excluded.typed,
                changed_at = excluded.changed_at
            """,
            [
                practice_id,
                now,
                [k[0] for k in keys],
                [k[1] for k in keys],
                [k[2] for k in keys],
                [counts[k]["automatic"] for k in keys],
                [counts[k]["patient"] for k in keys],
                [counts[k]["staff"] for k in keys],
            ],
        )


def _raise_alerts(practice_id: int, new: Sequence[tuple[int, Measurement, Holder]], *, now: datetime) -> None:
    ids = {h.enrollment_id for _, _, h in new}
    limits: dict[int, list[Limit]] = defaultdict(list)
    rows = Threshold.objects.filter(enrollment__in=ids).order_by("metric", "part")
    for row in rows.values_list("enrollment_id", "metric", "part", "low", "high", "critical_low", "critical_high"):
        limits[row[0]].append(Limit(*row[1:]))
    found = [
        Alert(
            practice_id=practice_id,
            enrollment_id=h.enrollment_id,
            reading_id=pk,
            part=breach.part,
            severity=breach.severity,
            value=breach.value,
            limit=breach.limit,
            above=breach.above,
            opened_at=now,
        )
        for pk, m, h in new
        for breach in breaches(m.metric, m.values, limits[h.enrollment_id])
    ]
    create_in_bulk(Alert, found, reason="Limit broken", by=None)


def _move_standings(new: Sequence[tuple[int, Measurement, Holder]]) -> None:
    """Set the last reading and recount the open alerts of the enrollments that were touched. One statement."""
    latest: dict[int, Measurement] = {}
    for _, m, h in new:
        if h.enrollment_id not in latest or m.measured_at > latest[h.enrollment_id].measured_at:
            latest[h.enrollment_id] = m
    ids = sorted(latest)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH told AS (
              SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::numeric[], %s::numeric[])
                       AS x(e, at, metric, value, value_2)),
            waiting AS (
              SELECT enrollment_id, count(*) FILTER (WHERE severity = 'critical') AS critical,
                     count(*) FILTER (WHERE severity <> 'critical') AS high
              FROM monitoring_alert WHERE enrollment_id = ANY(%s) AND state <> 'closed' GROUP BY enrollment_id)
            UPDATE monitoring_standing s SET
              last_reading_at = CASE WHEN newer THEN at ELSE s.last_reading_at END,
              last_metric = CASE WHEN newer THEN metric ELSE s.last_metric END,
              last_value = CASE WHEN newer THEN value ELSE s.last_value END,
              last_value_2 = CASE WHEN newer THEN nullif(value_2, 0) ELSE s.last_value_2 END,
              open_critical = coalesce(critical, 0), open_high = coalesce(high, 0)
            FROM (SELECT told.*, waiting.critical, waiting.high,
                         coalesce(at > kept.last_reading_at, true) AS newer
                  FROM told JOIN monitoring_standing kept ON kept.enrollment_id = e
                  LEFT JOIN waiting ON waiting.enrollment_id = e) t
            WHERE s.enrollment_id = t.e
            """,
            [
                ids,
                [latest[pk].measured_at for pk in ids],
                [latest[pk].metric for pk in ids],
                [latest[pk].values[0] for pk in ids],
                [latest[pk].values[1] if latest[pk].metric == "blood_pressure" else ZERO for pk in ids],
                ids,
            ],
        )


def _park(delivery: Delivery, refused: Sequence[Refused], *, now: datetime) -> int:
    rows = [
        UnmatchedReading(
            practice_id=delivery.practice_id,
            delivery=delivery,
            serial=entry.serial[:60],
            # A bare null would be no value at all to the database.
            payload=entry.payload if isinstance(entry.payload, dict) else {"entry": entry.payload},
            reason=entry.reason,
            said=entry.said[:200],
            received_at=now,
            digest=hashlib.sha256(
                json.dumps([entry.payload, entry.reason], sort_keys=True, default=str).encode()
            ).hexdigest(),
        )
        for entry in refused
    ]
    UnmatchedReading.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
