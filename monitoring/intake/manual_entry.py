"""Readings that people bring: typed, corrected, struck through, from a file. None of them makes an RPM reading day."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import transaction

from enrollment.models import DeviceAssignment, Enrollment
from monitoring.ingest import Measurement, RefusedEntry, entries_of
from monitoring.ingest.vendors.files import Mapping, left_out, mapping_of, table_of
from monitoring.ingest.vendors.portal import FIELDS
from monitoring.intake import take_in
from monitoring.models import Reading, Shape
from monitoring.readings.store import MatchedReading, hold, place
from monitoring.readings.void import strike
from monitoring.readings.words import number_text
from monitoring.services import people_source
from rpm_portal.accounts.models import User
from rpm_portal.core.refusals import Refused


def assignments_of(enrollment: Enrollment) -> list[DeviceAssignment]:
    """The devices a patient has or had, the latest first. One statement."""
    rows = DeviceAssignment.objects.filter(enrollment=enrollment).select_related("device__model")
    return list(rows.order_by("-starts_at"))


def _typed(assignment: DeviceAssignment, metric: str, values: list[Any], measured_at: datetime, kind: str) -> bytes:
    entry: dict[str, Any] = {
        "device": assignment.device.serial,
        "metric": metric,
        "measured_at": measured_at.isoformat(),
        "source": kind,
    }
    entry |= {name: float(value) for name, value in zip(FIELDS[metric], values, strict=False) if value is not None}
    return json.dumps({"readings": [entry]}).encode()


@transaction.atomic
def enter(
    *, assignment: DeviceAssignment, metric: str, values: list[Any], measured_at: datetime, kind: str, by: User,
    now: datetime,
) -> None:  # fmt: skip
    """Keep a reading that staff measured or the patient told. Raises Refused where it cannot be, and keeps nothing.

    `kind` is staff or patient; `values` are in the metric's own unit, in its order.
    """
    body = _typed(assignment, metric, values, measured_at, kind)
    (entry,) = entries_of(Shape.HAND, body)
    if isinstance(entry, RefusedEntry):
        raise Refused(entry.said)
    (placed,) = place(assignment.practice_id, [cast(Measurement, entry)], now=now)
    if isinstance(placed, RefusedEntry) or placed.holder.enrollment_id != assignment.enrollment_id:
        raise Refused("The device was not with this patient at that time, or the time has not come yet.")
    source = people_source(assignment.practice_id, Shape.HAND, now=now)
    taken = take_in.take_in(source=source, body=body, now=now, by=by)
    if taken.known:
        raise Refused("This very reading is kept already.")


@transaction.atomic
def strike_reading(*, reading: Reading, reason: str, by: User, now: datetime) -> None:
    """Strike a reading through. Raises Refused without a reason, or where it was struck through before."""
    if not reason.strip():
        raise Refused("Say why it is struck through.")
    hold(reading.practice_id, [reading.enrollment_id])
    if not strike(reading.practice_id, [reading.pk], reason=reason.strip(), now=now, by=by):
        raise Refused("This reading was struck through already.")


@transaction.atomic
def correct(*, reading: Reading, values: list[Any], reason: str, by: User, now: datetime) -> None:
    """Strike a reading through and keep its corrected version, typed by staff. Raises Refused; both or neither."""
    strike_reading(reading=reading, reason=reason, by=by, now=now)
    rows = DeviceAssignment.objects.filter(enrollment=reading.enrollment_id, device=reading.device_id)
    at = reading.measured_at
    mine = [
        row for row in rows.select_related("device") if row.starts_at <= at and (not row.ends_at or at < row.ends_at)
    ]
    if not mine:
        raise Refused("The device is no longer known to have been with this patient then.")
    body = _typed(mine[0], reading.metric, values, reading.measured_at, "staff")
    (entry,) = entries_of(Shape.HAND, body)
    if isinstance(entry, RefusedEntry):
        raise Refused(entry.said)
    source = people_source(reading.practice_id, Shape.HAND, now=now)
    taken = take_in.take_in(source=source, body=body, now=now, by=by, corrects=(reading.pk, at))
    if taken.known:
        raise Refused("These very values were typed for this moment before. Strike the reading through alone.")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would bring: the first rows in words, and the counts."""

    rows: list[dict[str, Any]]
    readable: int
    elsewhere: int
    refused: int
    left_out: int


def file_body(*, text: str, mapping: Mapping, assignment: DeviceAssignment) -> bytes:
    """A file as it is kept: its text, mapping, device, and the patient's zone as the zone of its clock."""
    kept = {
        "text": text, "mapping": mapping.as_dict(), "device": assignment.device.serial,
        "zone": assignment.enrollment.patient.zone,
    }  # fmt: skip
    return json.dumps(kept).encode()


def _written(payload: Any) -> str:
    """What stood in the row, as a person reads it."""
    return ", ".join(str(part) for part in payload.values() if part)


def rows_left_out(body: bytes) -> int:
    """How many rows of a kept file hold no reading."""
    kept = json.loads(body)
    return left_out(table_of(kept["text"]), mapping_of(kept["mapping"]))


def preview(*, body: bytes, assignment: DeviceAssignment, now: datetime, shown: int = 10) -> Preview:
    """What a file would bring, with nothing kept. Raises BadBody."""
    entries = entries_of(Shape.FILE, body)
    measured = [entry for entry in entries if isinstance(entry, Measurement)]
    places = place(assignment.practice_id, measured, now=now)
    mine = [p for p in places if isinstance(p, MatchedReading) and p.holder.enrollment_id == assignment.enrollment_id]
    rows: list[dict[str, Any]] = []
    for entry in entries[:shown]:
        if isinstance(entry, Measurement):
            bounds = (*entry.bounds, "", "", "")
            values = [number_text(value, bound) for value, bound in zip(entry.values, bounds, strict=False) if value]
            rows.append({"at": entry.measured_at, "metric": entry.metric, "values": values, "said": ""})
        elif isinstance(entry, RefusedEntry):
            rows.append({"at": None, "metric": "", "values": (), "said": f"{_written(entry.payload)}: {entry.said}"})
    refused = len(entries) - len(measured)
    return Preview(rows, len(mine), len(places) - len(mine), refused, rows_left_out(body))


def bring_file(*, body: bytes, practice_id: int, by: User, now: datetime) -> take_in.Taken:
    """Take a file in; the same file again doubles nothing. Raises BadBody."""
    source = people_source(practice_id, Shape.FILE, now=now)
    return take_in.take_in(source=source, body=body, now=now, by=by)
