"""Matching and storing of measurements: the patient of each, the new readings, and the day counts. Set-based."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from enrollment.queries import Custody, custody_by_serial
from monitoring.ingest import Measurement, RefusedEntry
from monitoring.models import Reading, Standing
from monitoring.models.reading_keys import ReadingKey
from rpm_portal.core.days import local_day
from rpm_portal.core.db.compiled_querysets import Prepared
from rpm_portal.core.db.prepared_statements import prepared_rows
from rpm_portal.core.identifiers import plain_serial

FUTURE_SLACK = timedelta(minutes=5)
ZERO = Decimal(0)
NULL = "\\N"  # NULL in the format of COPY
# For fewer rows an INSERT of arrays is faster than a COPY into a staging table.
COPY_FROM_ROWS = 200
COLUMNS = (
    "enrollment_id, device_id, metric, measured_at, local_day, zone, time_source, value, value_2, value_3, "
    "source_kind, bounds, amended, issued_at, irregular, entry, sent_at, vendor_at"
)
# The columns of a reading and the sender's identifier of it, which is a separate row.
_STAGED = f"{COLUMNS}, vendor_system, vendor_id"
_TYPES = (
    "bigint, bigint, text, timestamptz, date, text, text, numeric, numeric, numeric, text, text, boolean, timestamptz, "
    "boolean, int, timestamptz, timestamptz, text, text"
)
_ARRAYS = f"""unnest({", ".join(f"%s::{kind.strip()}[]" for kind in _TYPES.split(","))})
  WITH ORDINALITY AS t({_STAGED}, place)"""
# Only our own column names are formatted in; every value is a parameter or is in the staging table.
_INSERT = f"""
WITH stage AS MATERIALIZED (SELECT nextval('monitoring_reading_id_seq') AS id, * FROM {{source}}),
fresh AS (
  INSERT INTO monitoring_reading (id, practice_id, delivery_id, received_at, corrects_id,
      corrects_measured_at, {COLUMNS})
  SELECT id, %s::bigint, %s::bigint, %s::timestamptz, %s::bigint, %s::timestamptz, {COLUMNS} FROM stage
  ON CONFLICT DO NOTHING
  RETURNING id, enrollment_id, device_id, local_day, metric, measured_at, value, value_2, source_kind,
            bounds),
contacted AS (
  INSERT INTO monitoring_devicecontact (practice_id, device_id, heard_at, clock_lag_seconds)
  SELECT %s::bigint, device_id, %s::timestamptz,
         min(least(extract(epoch FROM %s::timestamptz - measured_at), 2147483647))::int
  FROM fresh WHERE source_kind = 'automatic' GROUP BY device_id ORDER BY device_id
  ON CONFLICT (device_id) DO UPDATE SET
    heard_at = greatest(monitoring_devicecontact.heard_at, excluded.heard_at),
    clock_lag_seconds = excluded.clock_lag_seconds),
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
"""  # noqa: S608 - our own column names


@dataclass(frozen=True, slots=True)
class MatchedReading:
    """A measurement with the patient who had the device when it was measured, and the patient's local day.

    `entry` is its position in the body.
    """

    measured: Measurement
    holder: Custody
    local_day: date
    entry: int = 0

    @property
    def values(self) -> tuple[Decimal, Decimal, Decimal]:
        """Always three values; a value that was not measured is 0."""
        return (*self.measured.values, ZERO, ZERO)[:3]  # type: ignore[return-value]

    @property
    def bounds(self) -> str:
        """The comparators of the values as stored, separated by commas; empty if all are numbers."""
        return ",".join(self.measured.bounds).rstrip(",")

    def row(self) -> tuple[Any, ...]:
        """The values in the order of `COLUMNS`."""
        m, h = self.measured, self.holder
        return (
            h.enrollment_id,
            h.device_id,
            m.metric,
            m.measured_at,
            self.local_day,
            h.patient_zone,
            m.time_source,
            *self.values,
            m.source_kind,
            self.bounds,
            m.amended,
            m.issued,
            m.irregular,
            self.entry,
            m.sent_at,
            m.vendor_at,
        )


def payload_of(m: Measurement) -> dict[str, object]:
    """A measurement as the list of unmatched readings shows it."""
    return {
        "device": m.serial,
        "metric": m.metric,
        "measured_at": m.measured_at.isoformat(),
        "values": [f"{bound}{value}" for value, bound in zip_longest(m.values, m.bounds, fillvalue="")],
        "source": m.source_kind,
        **({"user": m.user} if m.user else {}),
        **({"identifier": "|".join(part for part in m.name if part)} if m.vendor_id else {}),
    }


def match_measurements(
    practice_id: int, measured: Sequence[Measurement], *, now: datetime, entries: Sequence[int] = ()
) -> list[MatchedReading | RefusedEntry]:
    """Find the patient of each measurement: the one who had the device when it was measured, never a guess.

    In the order given; `entries` are their positions in the body. One statement for any number.
    """
    # As a device's serial number is stored: the case of a UUID has no meaning.
    serials = {serial: plain_serial(serial) for m in measured for serial in (m.serial, *m.other_serials)}
    custody = custody_by_serial(practice_id, set(serials.values()))
    results: list[MatchedReading | RefusedEntry] = []
    for number, m in enumerate(measured):
        serial = next((serials[s] for s in (m.serial, *m.other_serials) if serials[s] in custody), None)
        if m.measured_at > now + FUTURE_SLACK:
            results.append(_refuse(m, "future"))
        elif serial is None:
            results.append(_refuse(m, "unknown_device"))
        else:
            holder, place = holder_of(m, custody[serial]), entries[number] if entries else number
            if isinstance(holder, str):
                results.append(_refuse(m, holder))
            else:
                results.append(MatchedReading(m, holder, local_day(m.measured_at, holder.patient_zone), place))
    return results


def holder_of(m: Measurement, custody: Sequence[Custody]) -> Custody | str:
    """Who was measured: the one person who had the device at that moment, else the reason for which it waits.

    Of several people who share a device, the one with the user number that the sender sent, or with the enrollment
    that a person of the practice chose.
    """
    holders = [h for h in custody if h.had_at(m.measured_at)]
    if not holders:
        return "not_assigned"
    if len(holders) > 1 and len({h.enrollment_id for h in holders}) > 1:
        holders = [h for h in holders if m.user and m.user in (h.user, h.public_id)]
    return holders[0] if len({h.enrollment_id for h in holders}) == 1 else "whose"


def _refuse(m: Measurement, reason: str) -> RefusedEntry:
    return RefusedEntry(payload_of(m), reason, "", m.serial, m.name, m.issued, m.measured_at)


def lock_standings(practice_id: int, enrollment_ids: Iterable[int]) -> set[int]:
    """Lock the standings of enrollments, in one order, until the transaction ends, so that no count is lost.

    Every change of an enrollment's counts or alerts locks its standing first. Returns the enrollments with an open
    adherence alert.
    """
    ids = sorted(set(enrollment_ids))
    locked = dict(_LOCKED_STANDINGS(ids=ids))
    if len(locked) < len(ids):
        rows = [Standing(practice_id=practice_id, enrollment_id=pk) for pk in ids if pk not in locked]
        Standing.objects.bulk_create(rows, ignore_conflicts=True)
        locked = dict(_LOCKED_STANDINGS(ids=ids))
    return {pk for pk, open_adherence in locked.items() if open_adherence}


def _locked_standings(ids: list[int]) -> QuerySet[Standing, tuple[int, int]]:
    rows = Standing.objects.select_for_update().filter(enrollment__any_of=ids).order_by("enrollment_id")
    return rows.values_list("enrollment_id", "open_adherence")


_LOCKED_STANDINGS = Prepared(_locked_standings, ids=list)


def insert_new(
    practice_id: int,
    delivery_id: int,
    matched: Sequence[MatchedReading],
    *,
    now: datetime,
    sender_id: int | None = None,
    corrects: ReadingKey | None = None,
) -> dict[int, int]:
    """Insert new readings with their identifiers, count their days and set the last reading, in one statement.

    Returns the new readings' ids by their position in `matched`. The same measurement twice among them is new once.
    `corrects` is the reading that a person corrected with this one, by id and moment of measuring.
    """
    if not matched:
        return {}
    values = [practice_id, delivery_id, now, *(corrects or (None, None)), practice_id, now, now]
    values += [practice_id, sender_id, practice_id, now]
    if len(matched) < COPY_FROM_ROWS:
        columns = zip(*((*row.row(), *row.measured.name) for row in matched), strict=True)
        return dict(prepared_rows(_INSERT.format(source=_ARRAYS), [*map(list, columns), *values]))
    with connection.cursor() as cursor:
        _stage(cursor, matched)
        cursor.execute(_INSERT.format(source="reading_stage"), values)
        return dict(cursor.fetchall())


def _stage(cursor: Any, matched: Sequence[MatchedReading]) -> None:
    columns = ", ".join(
        f"{name.strip()} {kind.strip()}" for name, kind in zip(_STAGED.split(","), _TYPES.split(","), strict=True)
    )
    create = f"CREATE TEMP TABLE IF NOT EXISTS reading_stage ({columns}, place bigint) ON COMMIT DELETE ROWS"
    cursor.execute(f"{create}; TRUNCATE reading_stage")
    lines = []
    for place, row in enumerate(matched, start=1):
        m, h, (first, second, third) = row.measured, row.holder, row.values
        name = f"{_escaped(m.vendor_system)}\t{_escaped(m.vendor_id)}" if m.vendor_id else "\t"
        bounds = row.bounds if m.bounds else ""
        lines.append(
            f"{h.enrollment_id}\t{h.device_id}\t{m.metric}\t{m.measured_at}\t{row.local_day}\t{h.patient_zone}\t"
            f"{m.time_source}\t{first}\t{second}\t{third}\t{m.source_kind}\t{bounds}\t"
            f"{'t' if m.amended else 'f'}\t{m.issued or NULL}\t{'t' if m.irregular else 'f'}\t{row.entry}\t"
            f"{m.sent_at or NULL}\t{m.vendor_at or NULL}\t{name}\t{place}"
        )
    with cursor.copy(f"COPY reading_stage ({_STAGED}, place) FROM STDIN") as copy:
        copy.write("\n".join(lines) + "\n")


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def refresh_last(enrollment_ids: Iterable[int]) -> None:
    """Set the last reading of enrollments from the readings that are not voided. One statement."""
    readings = Reading.objects.filter(enrollment=OuterRef("enrollment"), voided_at__isnull=True)
    last = readings.order_by("-measured_at", "pk")
    Standing.objects.filter(enrollment__any_of=sorted(enrollment_ids)).update(
        last_reading_at=Subquery(last.values("measured_at")[:1]),
        last_metric=Coalesce(Subquery(last.values("metric")[:1]), Value("")),
        last_value=Subquery(last.values("value")[:1]),
        last_value_2=Subquery(last.values(second=NullIf("value_2", Value(ZERO)))[:1]),
        last_bounds=Coalesce(Subquery(last.values("bounds")[:1]), Value("")),
    )
