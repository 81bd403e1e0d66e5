"""Placing and storing measurements: whose each is, what is new, the days they make. Set-based at any size."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.db import connection

from enrollment.queries import Holder, holders
from monitoring.ingest import Heard, Measurement, RefusedEntry
from monitoring.models import Standing
from monitoring.models.reading_keys import ReadingKey
from rpm_portal.core.days import local_day
from rpm_portal.core.db.prepared_statements import hot_cursor

FUTURE_SLACK = timedelta(minutes=5)
ZERO = Decimal(0)
NULL = "\\N"  # as COPY reads it
# Below it an INSERT of arrays is quicker than a COPY into a stage.
FEW = 200
COLUMNS = (
    "enrollment_id, device_id, metric, measured_at, local_day, zone, time_source, value, value_2, value_3, "
    "source_kind, bounds, amended, issued_at, entry"
)
# What comes in: the columns of a reading, and the sender's name of it, which is a row of its own.
_STAGED = f"{COLUMNS}, vendor_system, vendor_id"
_TYPES = (
    "bigint, bigint, text, timestamptz, date, text, text, numeric, numeric, numeric, text, text, boolean, timestamptz, "
    "int, text, text"
)


@dataclass(frozen=True, slots=True)
class MatchedReading:
    """A measurement with the patient who had the device when it was measured, and its day there.

    `entry` is its place in the body.
    """

    measured: Measurement
    holder: Holder
    local_day: date
    entry: int = 0

    @property
    def values(self) -> tuple[Decimal, Decimal, Decimal]:
        """Always three; what was not measured is 0."""
        return (*self.measured.values, ZERO, ZERO)[:3]  # type: ignore[return-value]

    @property
    def bounds(self) -> str:
        """As it is kept: the comparators of the values, by comma; empty where all are numbers."""
        return ",".join(self.measured.bounds).rstrip(",")

    def row(self) -> tuple[Any, ...]:
        """As `COLUMNS` names it."""
        m, h = self.measured, self.holder
        return (
            h.enrollment_id, h.device_id, m.metric, m.measured_at, self.local_day, h.patient_zone, m.time_source,
            *self.values, m.source_kind, self.bounds, m.amended, m.issued, self.entry,
        )  # fmt: skip


def payload_of(m: Measurement) -> dict[str, Any]:
    """A measurement as the list of unplaced readings shows it."""
    return {
        "device": m.serial,
        "metric": m.metric,
        "measured_at": m.measured_at.isoformat(),
        "values": [f"{bound}{value}" for value, bound in zip_longest(m.values, m.bounds, fillvalue="")],
        "source": m.source_kind,
        **({"identifier": "|".join(part for part in m.name if part)} if m.vendor_id else {}),
    }


def place(
    practice_id: int, measured: Sequence[Measurement], *, now: datetime, entries: Sequence[int] = ()
) -> list[MatchedReading | RefusedEntry]:
    """Find whose each measurement is: the patient who had the device when it was measured, never a guess.

    In the order given; `entries` are their places in the body. One statement for any number.
    """
    custody = holders(practice_id, {m.serial for m in measured})
    found: list[MatchedReading | RefusedEntry] = []
    for number, m in enumerate(measured):
        if m.measured_at > now + FUTURE_SLACK:
            found.append(_refuse(m, "future"))
        elif m.serial not in custody:
            found.append(_refuse(m, "unknown_device"))
        else:
            at = m.measured_at
            for h in custody[m.serial]:
                if h.starts_at <= at and (h.ends_at is None or at < h.ends_at):
                    found.append(
                        MatchedReading(m, h, local_day(at, h.patient_zone), entries[number] if entries else number)
                    )
                    break
            else:
                found.append(_refuse(m, "not_assigned"))
    return found


def _refuse(m: Measurement, reason: str) -> RefusedEntry:
    return RefusedEntry(payload_of(m), reason, "", m.serial, m.name, m.issued, m.measured_at)


def hold(practice_id: int, enrollment_ids: Iterable[int]) -> set[int]:
    """Take the standings of enrollments, in one order, until the transaction ends: no lost counts.

    Everybody who touches an enrollment's sums or alerts takes its standing first. Returns those whose silence was told.
    """
    ids = sorted(set(enrollment_ids))
    with hot_cursor() as cursor:

        def _take() -> dict[int, int]:
            cursor.execute(
                "SELECT enrollment_id, open_adherence FROM monitoring_standing WHERE enrollment_id = ANY(%s::bigint[]) "
                "ORDER BY enrollment_id FOR UPDATE",
                [ids],
            )
            return dict(cursor.fetchall())

        held = _take()
        if len(held) < len(ids):
            rows = [Standing(practice_id=practice_id, enrollment_id=pk) for pk in ids if pk not in held]
            Standing.objects.bulk_create(rows, ignore_conflicts=True)
            held = _take()
    return {pk for pk, told in held.items() if told}


def insert_new(
    practice_id: int,
    delivery_id: int,
    placed: Sequence[MatchedReading],
    *,
    now: datetime,
    sender_id: int | None = None,
    corrects: ReadingKey | None = None,
) -> dict[int, int]:
    """Insert what is new with its names, count its days and set the last reading, in one statement.

    Returns the new readings' ids by their place in `placed`. The same measurement twice among them is new once.
    `corrects` is the reading whose new version this is, by id and moment of measuring, where a person typed one.
    """
    if not placed:
        return {}
    with hot_cursor() if len(placed) < FEW else connection.cursor() as cursor:
        if len(placed) < FEW:
            columns = list(zip(*((*each.row(), *each.measured.name) for each in placed), strict=True))
            kinds = ", ".join(f"%s::{kind.strip()}[]" for kind in _TYPES.split(","))
            origin, given = f"unnest({kinds}) WITH ORDINALITY AS t({_STAGED}, place)", [list(c) for c in columns]
        else:
            _stage(cursor, placed)
            origin, given = "reading_stage", []
        cursor.execute(
            # Our own column names; every value is a parameter or comes from the stage.
            f"""
            WITH stage AS MATERIALIZED (SELECT nextval('monitoring_reading_id_seq') AS id, * FROM {origin}),
            fresh AS (
              INSERT INTO monitoring_reading (id, practice_id, delivery_id, received_at, corrects_id,
                  corrects_measured_at, {COLUMNS})
              SELECT id, %s::bigint, %s::bigint, %s::timestamptz, %s::bigint, %s::timestamptz, {COLUMNS} FROM stage
              ON CONFLICT DO NOTHING
              RETURNING id, enrollment_id, device_id, local_day, metric, measured_at, value, value_2, source_kind,
                        bounds),
            named AS (
              INSERT INTO monitoring_vendorreading (practice_id, sender_id, vendor_system, vendor_id, reading_id,
                  reading_measured_at)
              SELECT %s::bigint, %s::bigint, s.vendor_system, s.vendor_id, f.id, f.measured_at
              FROM fresh f JOIN stage s ON s.id = f.id WHERE s.vendor_id <> ''),
            latest AS (
              UPDATE monitoring_standing s SET last_reading_at = l.measured_at, last_metric = l.metric,
                     last_value = l.value, last_value_2 = nullif(l.value_2, 0), last_bounds = l.bounds
              FROM (SELECT DISTINCT ON (enrollment_id) * FROM fresh ORDER BY enrollment_id, measured_at DESC, id) l
              WHERE s.enrollment_id = l.enrollment_id AND coalesce(l.measured_at > s.last_reading_at, true)),
            counted AS (
              INSERT INTO monitoring_readingday (practice_id, enrollment_id, device_id, local_day,
                  automatic, reported, typed, first_received_at, changed_at)
              SELECT %s::bigint, enrollment_id, device_id, local_day,
                     count(*) FILTER (WHERE source_kind = 'automatic'),
                     count(*) FILTER (WHERE source_kind = 'patient'),
                     count(*) FILTER (WHERE source_kind IN ('staff', 'file')), %s::timestamptz, clock_timestamp()
              FROM fresh GROUP BY enrollment_id, device_id, local_day ORDER BY 2, 3, 4
              ON CONFLICT (enrollment_id, local_day, device_id) DO UPDATE SET
                automatic = monitoring_readingday.automatic + excluded.automatic,
                reported = monitoring_readingday.reported + excluded.reported,
                typed = monitoring_readingday.typed + excluded.typed,
                changed_at = excluded.changed_at)
            SELECT s.place - 1, f.id FROM fresh f JOIN stage s ON s.id = f.id
            """,  # noqa: S608 - our own column names
            [
                *given,
                practice_id,
                delivery_id,
                now,
                *(corrects or (None, None)),
                practice_id,
                sender_id,
                practice_id,
                now,
            ],
        )
        return dict(cursor.fetchall())


def _stage(cursor: Any, placed: Sequence[MatchedReading]) -> None:
    named = ", ".join(
        f"{name.strip()} {kind.strip()}" for name, kind in zip(_STAGED.split(","), _TYPES.split(","), strict=True)
    )
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS reading_stage ({named}, place bigint) ON COMMIT DELETE ROWS")
    cursor.execute("TRUNCATE reading_stage")
    lines = []
    for place, each in enumerate(placed, start=1):
        m, h, (first, second, third) = each.measured, each.holder, each.values
        name = f"{_escaped(m.vendor_system)}\t{_escaped(m.vendor_id)}" if m.vendor_id else "\t"
        bounds = each.bounds if m.bounds else ""
        lines.append(
            f"{h.enrollment_id}\t{h.device_id}\t{m.metric}\t{m.measured_at}\t{each.local_day}\t{h.patient_zone}\t"
            f"{m.time_source}\t{first}\t{second}\t{third}\t{m.source_kind}\t{bounds}\t"
            f"{'t' if m.amended else 'f'}\t{m.issued or NULL}\t{each.entry}\t{name}\t{place}"
        )
    with cursor.copy(f"COPY reading_stage ({_STAGED}, place) FROM STDIN") as copy:
        copy.write("\n".join(lines) + "\n")


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def refresh_last(enrollment_ids: Iterable[int]) -> None:
    """Set the last reading of enrollments from the readings that stand. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE monitoring_standing s SET last_reading_at = l.measured_at, last_metric = coalesce(l.metric, ''),
                   last_value = l.value, last_value_2 = nullif(l.value_2, 0), last_bounds = coalesce(l.bounds, '')
            FROM unnest(%s::bigint[]) AS k(e) LEFT JOIN LATERAL (
              SELECT measured_at, metric, value, value_2, bounds FROM monitoring_reading r
              WHERE r.enrollment_id = k.e AND r.voided_at IS NULL ORDER BY measured_at DESC LIMIT 1) l ON true
            WHERE s.enrollment_id = k.e
            """,
            [sorted(enrollment_ids)],
        )


def note_contact(practice_id: int, heard: Sequence[Heard], *, now: datetime) -> None:
    """Note when devices were last heard, with battery and signal where they were told. One statement."""
    latest: dict[str, Heard] = {}
    for each in heard:
        kept = latest.get(each.serial)
        if kept is None or (each.at or now) >= (kept.at or now):
            latest[each.serial] = each
    if not latest:
        return
    shown = list(latest.values())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO monitoring_devicecontact (practice_id, device_id, heard_at, battery, signal)
            SELECT d.practice_id, d.id, least(t.at, %s), t.battery, t.signal
            FROM unnest(%s::text[], %s::timestamptz[], %s::int[], %s::int[]) AS t(serial, at, battery, signal)
            JOIN enrollment_device d ON d.practice_id = %s AND d.serial = t.serial
            ORDER BY d.id
            ON CONFLICT (device_id) DO UPDATE SET
              heard_at = greatest(monitoring_devicecontact.heard_at, excluded.heard_at),
              battery = coalesce(excluded.battery, monitoring_devicecontact.battery),
              signal = coalesce(excluded.signal, monitoring_devicecontact.signal)
            """,
            [now, [h.serial for h in shown], [h.at or now for h in shown], [h.battery for h in shown],
             [h.signal for h in shown], practice_id],
        )  # fmt: skip
