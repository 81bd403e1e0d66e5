"""Which stored reading an entry of a body is, and the Observation of a reading for its sender."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from monitoring.fhir import latest_state, observations
from monitoring.ingest import Entry, Measurement, Retraction
from monitoring.models import Reading, Source, VendorReading
from monitoring.readings.states import ReadingState, current_rows, first_row_id, states_by_reading
from rpm_portal.core.identifiers import plain_serial
from rpm_portal.fhir.outcomes import JsonObject


def readings_of(source: Source, entries: Mapping[int, Entry], new_readings: Mapping[int, int]) -> dict[int, Reading]:
    """The current row of the reading of each entry that has one, by position. Five statements at most."""
    first = _first_rows(source, entries, new_readings)
    rows = current_rows(Reading.objects.select_related("enrollment__patient", "device")).filter(
        Q(pk__in=set(first.values())) | Q(version_of__in=set(first.values())), practice=source.practice_id
    )
    by_first = {first_row_id(row): row for row in rows}
    return {n: by_first[pk] for n, pk in first.items() if pk in by_first}


def _first_rows(source: Source, entries: Mapping[int, Entry], new_readings: Mapping[int, int]) -> dict[int, int]:
    """The id of the reading of each entry: of a new one, of its name, or of the same measurement."""
    new = Reading.objects.filter(practice=source.practice_id, pk__in=set(new_readings.values()))
    first_of_new = {pk: root or pk for pk, root in new.values_list("pk", "version_of")}
    found = {n: first_of_new[pk] for n, pk in new_readings.items() if pk in first_of_new}
    others = {n: entry for n, entry in entries.items() if n not in found}
    found |= _by_name(source, others)
    found |= _by_content(source, {n: entry for n, entry in others.items() if n not in found})
    return found


def _by_name(source: Source, entries: Mapping[int, Entry]) -> dict[int, int]:
    named = {
        n: entry for n, entry in entries.items() if isinstance(entry, Measurement | Retraction) and entry.vendor_id
    }
    if not named:
        return {}
    rows = VendorReading.objects.filter(
        practice=source.practice_id,
        sender=source.sender_id,
        vendor_id__in={entry.vendor_id for entry in named.values()},
    ).select_related("reading")
    by_name: dict[tuple[str, str], list[Reading]] = {}
    for row in rows.order_by("pk"):
        by_name.setdefault((row.vendor_system, row.vendor_id), []).append(row.reading)
    return {
        n: first_row_id(_nearest(readings, entry))
        for n, entry in named.items()
        if (readings := by_name.get((entry.vendor_system, entry.vendor_id)))
    }


def _nearest(readings: list[Reading], entry: Measurement | Retraction) -> Reading:
    """Of several readings with one name the one of the same moment and metric, else the latest."""
    same = [row for row in readings if row.measured_at == entry.measured_at and row.metric == entry.metric]
    return (same or readings)[-1]


def _by_content(source: Source, entries: Mapping[int, Entry]) -> dict[int, int]:
    measured = {n: measured for n, entry in entries.items() if (measured := _measurement(entry)) is not None}
    if not measured:
        return {}
    rows = Reading.objects.filter(
        practice=source.practice_id, measured_at__in={m.measured_at for m in measured.values()}
    ).select_related("device")
    by_key: dict[tuple[str, str, datetime], Reading] = {}
    for row in current_rows(rows).order_by("pk"):
        by_key[row.device.serial, row.metric, row.measured_at] = row
    found = {}
    for n, m in measured.items():
        for serial in (m.serial, plain_serial(m.serial), *m.other_serials):
            same = by_key.get((serial, m.metric, m.measured_at))
            if same is not None and same.value == m.values[0]:
                found[n] = first_row_id(same)
    return found


def _measurement(entry: Entry) -> Measurement | None:
    if isinstance(entry, Measurement):
        return entry
    return entry.measured if isinstance(entry, Retraction) else None


def states_of_rows(practice_id: int, rows: Iterable[Reading]) -> dict[int, ReadingState]:
    """The latest state of the reading of each row, by the row's id."""
    given = list(rows)
    by_reading = states_by_reading(practice_id, given)
    return {row.pk: latest_state(row, by_reading) for row in given}


def resource_of(row: Reading) -> JsonObject:
    """The Observation of the current row of a reading."""
    return observations(row.practice_id, [row])[0]
