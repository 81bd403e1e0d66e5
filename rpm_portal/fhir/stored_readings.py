"""Which stored reading each entry of a body is, with its current version; and the Observation of a reading."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from monitoring.fhir import observations
from monitoring.ingest import Entry, Measurement, Retraction
from monitoring.intake.results import Taken
from monitoring.models import Reading, Source, VendorReading
from monitoring.readings.states import current_rows, first_row_id, states_of
from rpm_portal.core.identifiers import plain_serial
from rpm_portal.fhir.outcomes import JsonObject

# The entries of a body by position; parsed only if an entry was stored before.
Entries = Callable[[], Mapping[int, Entry]]
_STORED_BEFORE = {"known", "taken_back"}


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """The current version of a stored reading: the ids of its first row and of its row, its number and moment."""

    first: int
    row: int
    number: int
    at: datetime

    def headers(self, base: str) -> dict[str, str]:
        """Location and ETag of this version; `base` is the absolute address of the server, with its last slash."""
        address = f"{base}Observation/reading-{self.first}/_history/{self.number}"
        return {"Location": address, "ETag": f'W/"{self.number}"'}


def stored_versions(source: Source, taken: Taken, entries: Entries) -> dict[int, StoredVersion]:
    """The version of the reading of each entry that has one, by position.

    One statement if all are new readings; four more if some are new versions or were stored before.
    """
    new = Reading.objects.filter(practice=source.practice_id, pk__in=set(taken.new_readings.values()))
    rows = new.values_list("pk", "version_of", "stored_at") if taken.new_readings else ()
    by_pk = {pk: (root, at) for pk, root, at in rows}
    versions: dict[int, StoredVersion] = {}
    firsts: dict[int, int] = {}
    for n, pk in taken.new_readings.items():
        root, at = by_pk[pk]
        if root is None:
            versions[n] = StoredVersion(pk, pk, 1, at)
        else:
            firsts[n] = root
    before = [n for n, row in enumerate(taken.results) if row.answer in _STORED_BEFORE]
    if before:
        given = entries()
        firsts |= _first_rows(source, {n: given[n] for n in before if n in given})
    latest = latest_versions(source.practice_id, firsts.values())
    return versions | {n: latest[first] for n, first in firsts.items() if first in latest}


def latest_versions(practice_id: int, firsts: Iterable[int]) -> dict[int, StoredVersion]:
    """The current version of readings by the id of their first row. One statement, or none."""
    wanted = set(firsts)
    by_first: dict[int, list[Reading]] = {}
    if wanted:
        rows = Reading.objects.filter(Q(pk__in=wanted) | Q(version_of__in=wanted), practice=practice_id)
        for row in rows:
            by_first.setdefault(first_row_id(row), []).append(row)
    states = {first: states_of(rows) for first, rows in by_first.items()}
    return {
        first: StoredVersion(first, own[-1].row.pk, own[-1].number, own[-1].at) for first, own in states.items() if own
    }


def _first_rows(source: Source, entries: Mapping[int, Entry]) -> dict[int, int]:
    """The id of the first row of the reading of each entry: by its name, or by the same measurement."""
    found = _by_name(source, entries)
    return found | _by_content(source, {n: entry for n, entry in entries.items() if n not in found})


def _by_name(source: Source, entries: Mapping[int, Entry]) -> dict[int, int]:
    both = {n: entry for n, entry in entries.items() if isinstance(entry, Measurement | Retraction)}
    named = {n: entry for n, entry in both.items() if entry.vendor_id}
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


def reading_of(practice_id: int, version: StoredVersion) -> Reading:
    """The row of a version, with its device and patient."""
    rows = Reading.objects.select_related("enrollment__patient", "device")
    row: Reading = rows.get(practice=practice_id, pk=version.row)
    return row


def resource_of(row: Reading) -> JsonObject:
    """The Observation of the current row of a reading."""
    return observations(row.practice_id, [row])[0]
