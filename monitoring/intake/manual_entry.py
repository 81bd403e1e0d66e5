"""Readings that people enter, correct, void, or import from a file. None of them counts as an RPM reading day."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import transaction

from monitoring.ingest import Measurement, RefusedEntry, entries_of
from monitoring.ingest.file_mapping import Mapping, mapping_of
from monitoring.ingest.vendors import files, typed_readings
from monitoring.ingest.vendors.files import table_of
from monitoring.ingest.vendors.portal import FIELDS
from monitoring.intake import take_in
from monitoring.intake.device_sent import sent_by_device
from monitoring.intake.patient_devices import PatientDevice, assignments_of
from monitoring.intake.results import Taken
from monitoring.models import Reading
from monitoring.readings.store import MatchedReading, lock_standings, match_measurements
from monitoring.readings.void import void_readings
from monitoring.readings.words import number_text
from monitoring.rules.display_units import display_unit, in_rule_unit, unit_label
from monitoring.services import people_source
from rpm_portal.accounts.models import User
from rpm_portal.core.refusals import Refused


def _typed_body(assignment: PatientDevice, metric: str, values: list[Any], measured_at: datetime, kind: str) -> bytes:
    entry: dict[str, object] = {
        "device": assignment.device.serial,
        "metric": metric,
        "measured_at": measured_at.isoformat(),
        "source": kind,
        # A device can be shared: the person is known here.
        "user": assignment.enrollment.public_id,
    }
    entry |= {name: float(value) for name, value in zip(FIELDS[metric], values, strict=False) if value is not None}
    return json.dumps({"readings": [entry]}).encode()


@transaction.atomic
def enter(
    *,
    assignment: PatientDevice,
    metric: str,
    values: list[object],
    measured_at: datetime,
    kind: str,
    by: User,
    now: datetime,
) -> None:
    """Store a reading that staff measured or the patient reported. Raises Refused if it cannot be stored.

    `kind` is staff or patient; `values` are in the metric's own unit, in its order.
    """
    body = _typed_body(assignment, metric, values, measured_at, kind)
    (entry,) = entries_of(typed_readings.VENDOR.shape, body)
    if isinstance(entry, RefusedEntry):
        raise Refused(entry.message)
    (matched,) = match_measurements(assignment.practice_id, [cast(Measurement, entry)], now=now)
    if isinstance(matched, RefusedEntry) or matched.holder.enrollment_id != assignment.enrollment.pk:
        raise Refused("The device was not with this patient at that time, or the time has not come yet.")
    source = people_source(assignment.practice_id, typed_readings.VENDOR.shape, now=now)
    taken = take_in.take_in(source=source, body=body, now=now, by=by)
    if taken.known:
        raise Refused("This very reading is kept already.")


@transaction.atomic
def void_reading(*, reading: Reading, reason: str, by: User, now: datetime) -> None:
    """Void a reading. Raises Refused without a reason, or if it is voided already."""
    if not reason.strip():
        raise Refused("Enter a reason to void this reading.")
    lock_standings(reading.practice_id, [reading.enrollment_id])
    if not void_readings(reading.practice_id, [reading.pk], reason=reason.strip(), now=now, by=by):
        raise Refused("This reading was voided already.")


@transaction.atomic
def correct(*, reading: Reading, values: list[object], reason: str, by: User, now: datetime) -> None:
    """Void a reading and store its corrected version, typed by staff, in one transaction. Raises Refused."""
    void_reading(reading=reading, reason=reason, by=by, now=now)
    at = reading.measured_at
    rows = assignments_of(reading.enrollment)
    matches = [row for row in rows if row.device.pk == reading.device_id and row.had_at(at)]
    if not matches:
        raise Refused("The device is no longer known to have been with this patient then.")
    body = _typed_body(matches[0], reading.metric, values, reading.measured_at, "staff")
    (entry,) = entries_of(typed_readings.VENDOR.shape, body)
    if isinstance(entry, RefusedEntry):
        raise Refused(entry.message)
    source = people_source(reading.practice_id, typed_readings.VENDOR.shape, now=now)
    taken = take_in.take_in(source=source, body=body, now=now, by=by, corrects=(reading.pk, at))
    if taken.known:
        raise Refused("These very values were typed for this moment before. Strike the reading through alone.")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would import: the first rows as text, and the counts."""

    rows: list[dict[str, object]]
    readable: int
    elsewhere: int
    refused: int
    left_out: int
    sent: int


def file_body(*, text: str, mapping: Mapping, assignment: PatientDevice, zone: str = "") -> bytes:
    """A file as it is stored: its text, mapping, device, and the zone of its clock (else that of the patient)."""
    stored = {
        "text": text,
        "mapping": mapping.as_dict(),
        "device": assignment.device.serial,
        "zone": zone or assignment.enrollment.patient.zone,
        "user": assignment.enrollment.public_id,
    }
    return json.dumps(stored).encode()


def _row_text(payload: Any) -> str:
    """The content of a file's row as text."""
    return ", ".join(str(part) for part in payload.values() if part)


def _value_texts(entry: Measurement, units: str) -> list[str]:
    """The values of a measurement in the practice's units, and the unit: 182.4 lb, or 128 79 66 mmHg."""
    unit, bounds = display_unit(entry.metric, units), (*entry.bounds, "", "", "")
    pairs = [(value, bound) for value, bound in zip(entry.values, bounds, strict=False) if value]
    return [*(number_text(in_rule_unit(value, unit), bound) for value, bound in pairs), unit_label(entry.metric, unit)]


def rows_left_out(body: bytes) -> int:
    """How many rows of a stored file contain no reading."""
    stored = json.loads(body)
    return files.left_out(table_of(stored["text"]), mapping_of(stored["mapping"]))


def preview(
    *,
    body: bytes,
    assignment: PatientDevice,
    now: datetime,
    units: str,
    shown: int = 10,
    shape: str = files.VENDOR.shape,
) -> Preview:
    """What a file would import, with values in the practice's `units`; nothing is stored. Raises BadBody."""
    entries = entries_of(shape, body)
    measured = [entry for entry in entries if isinstance(entry, Measurement)]
    results = match_measurements(assignment.practice_id, measured, now=now)
    matched = [
        match
        for match in results
        if isinstance(match, MatchedReading) and match.holder.enrollment_id == assignment.enrollment.pk
    ]
    rows: list[dict[str, object]] = []
    for entry in entries[:shown]:
        if isinstance(entry, Measurement):
            values = _value_texts(entry, units)
            rows.append({"at": entry.measured_at, "metric": entry.metric, "values": values, "message": ""})
        elif isinstance(entry, RefusedEntry):
            rows.append(
                {"at": None, "metric": "", "values": (), "message": f"{_row_text(entry.payload)}: {entry.message}"}
            )
    refused = len(entries) - len(measured)
    left_out = rows_left_out(body) if shape == files.VENDOR.shape else 0
    sent = len(sent_by_device(dict(enumerate(matched))))
    return Preview(rows, len(matched) - sent, len(results) - len(matched), refused, left_out, sent)


def bring_file(*, body: bytes, practice_id: int, by: User, now: datetime) -> Taken:
    """Import a file; importing the same file again adds nothing. Raises BadBody."""
    source = people_source(practice_id, files.VENDOR.shape, now=now)
    return take_in.take_in(source=source, body=body, now=now, by=by)
