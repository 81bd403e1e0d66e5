"""New versions of readings: amended or taken back by the sender, struck through by a person. What was sent stays."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from monitoring.ingest import Retracted
from monitoring.storing import COLUMNS, Placed, hold, refresh_last


def amended(
    practice_id: int, delivery_id: int, not_new: Sequence[tuple[int, Placed]], *, now: datetime
) -> dict[int, int]:
    """New versions of what the vendor named by an id before: the old is struck through, its day recounted.

    An old version that comes once more stays struck through. Takes measurements with
    their place in the body, and returns the new versions' ids by it.
    """
    named = [(place, each) for place, each in not_new if each.measured.vendor_id]
    if not named:
        return {}
    made: dict[int, int] = {}
    touched: set[tuple[int, int, date]] = set()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.place, r.id, r.enrollment_id, r.local_day
            FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::numeric[],
                        %s::numeric[], %s::text[]) AS t(place, d, metric, vendor_id, at, v1, v2, kind)
            JOIN monitoring_reading r ON r.device_id = t.d AND r.metric = t.metric AND r.vendor_id = t.vendor_id
                 AND r.voided_at IS NULL AND r.vendor_id <> ''
            WHERE NOT EXISTS (SELECT 1 FROM monitoring_reading o WHERE o.device_id = t.d AND o.metric = t.metric
                  AND o.measured_at = t.at AND o.value = t.v1 AND o.value_2 = t.v2 AND o.source_kind = t.kind)
            """,
            [list(range(len(named))), *(list(column) for column in zip(*(
                (e.holder.device_id, e.measured.metric, e.measured.vendor_id, e.measured.measured_at, *e.values[:2],
                 e.measured.source_kind) for _, e in named), strict=True))],
        )  # fmt: skip
        # Where one body amends an id twice, the last word counts.
        older = list({row[1]: row for row in sorted(cursor.fetchall())}.values())
        if older:
            hold(practice_id, {row[2] for row in older})
        for at, old, enrollment_id, day in older:
            place, each = named[at]
            cursor.execute(
                "UPDATE monitoring_reading SET voided_at = %s, void_reason = %s WHERE id = %s",
                [now, "Amended by the sender", old],
            )
            cursor.execute(
                f"""
                INSERT INTO monitoring_reading (practice_id, delivery_id, received_at, corrects_id, {COLUMNS})
                VALUES (%s, %s, %s, %s, {", ".join(["%s"] * 12)}) RETURNING id
                """,  # noqa: S608 - our own column names
                [practice_id, delivery_id, now, old, *each.row()],
            )
            made[place] = cursor.fetchone()[0]
            touched |= {(enrollment_id, each.holder.device_id, day)}
            touched |= {(each.holder.enrollment_id, each.holder.device_id, each.local_day)}
    recount_days(practice_id, touched, now=now)
    # The old version may have been another patient's, where the device changed hands.
    refresh_last({key[0] for key in touched})
    return made


def take_back(practice_id: int, retracted: Sequence[Retracted], *, now: datetime) -> int:
    """Strike through what the sender entered in error; returns how many. Five statements for any number."""
    if not retracted:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.id, r.enrollment_id FROM unnest(%s::text[], %s::text[], %s::text[]) AS t(serial, metric, vendor_id)
            JOIN enrollment_device d ON d.practice_id = %s AND d.serial = t.serial
            JOIN monitoring_reading r ON r.device_id = d.id AND r.metric = t.metric AND r.vendor_id = t.vendor_id
                 AND r.vendor_id <> '' AND r.voided_at IS NULL
            """,
            [[r.serial for r in retracted], [r.metric for r in retracted], [r.vendor_id for r in retracted],
             practice_id],
        )  # fmt: skip
        found = cursor.fetchall()
    hold(practice_id, {row[1] for row in found})
    return strike(practice_id, [row[0] for row in found], reason="Entered in error, as the sender says", now=now)


def strike(practice_id: int, reading_ids: Sequence[int], *, reason: str, now: datetime, by: Any = None) -> int:
    """Strike readings through and let days and standings follow; returns how many. The standings are held already."""
    if not reading_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE monitoring_reading SET voided_at = %s, void_reason = %s, voided_by_id = %s
            WHERE practice_id = %s AND id = ANY(%s) AND voided_at IS NULL
            RETURNING enrollment_id, device_id, local_day
            """,
            [now, reason[:200], by.pk if by is not None else None, practice_id, list(reading_ids)],
        )
        touched = cursor.fetchall()
    recount_days(practice_id, set(touched), now=now)
    refresh_last({row[0] for row in touched})
    return len(touched)


def recount_days(practice_id: int, keys: Iterable[tuple[int, int, date]], *, now: datetime) -> None:
    """Count days (enrollment, device, local day) anew from the readings that stand. One statement."""
    wanted = sorted(keys)
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO monitoring_readingday (practice_id, enrollment_id, device_id, local_day, automatic, reported,
                typed, first_received_at, changed_at)
            SELECT %s, k.e, k.d, k.day, count(r.id) FILTER (WHERE r.source_kind = 'automatic'),
                   count(r.id) FILTER (WHERE r.source_kind = 'patient'),
                   count(r.id) FILTER (WHERE r.source_kind IN ('staff', 'file')),
                   coalesce(min(r.received_at), %s), clock_timestamp()
            FROM unnest(%s::bigint[], %s::bigint[], %s::date[]) AS k(e, d, day)
            LEFT JOIN monitoring_reading r ON r.enrollment_id = k.e AND r.device_id = k.d AND r.local_day = k.day
                 AND r.voided_at IS NULL
            GROUP BY k.e, k.d, k.day ORDER BY k.e, k.d, k.day
            ON CONFLICT (enrollment_id, local_day, device_id) DO UPDATE SET automatic = excluded.automatic,
                reported = excluded.reported, typed = excluded.typed, changed_at = excluded.changed_at
            """,
            [practice_id, now, [k[0] for k in wanted], [k[1] for k in wanted], [k[2] for k in wanted]],
        )
