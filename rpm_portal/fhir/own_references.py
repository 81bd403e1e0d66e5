"""References of a sent Observation to our own resources: its device by our id, and its subject."""

import re
from collections.abc import Mapping
from datetime import datetime

from enrollment.models import DeviceAssignment, Enrollment, Patient
from monitoring.ingest import Entry, Measurement
from monitoring.ingest.fhir.devices import subject_of
from monitoring.readings.store import MatchedReading, match_measurements
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject

_PUBLIC_ID = re.compile(r"[2-9a-z]{12}")
_DEVICE = re.compile(r"(?:.*/)?Device/device-([a-z0-9]{1,12})-([0-9]{1,18})")


def with_serial(practice_id: int, resource: JsonObject) -> JsonObject:
    """The Observation with the serial number of its device, if it refers to a Device of ours by id.

    One statement for such a reference, else none.
    """
    device = resource.get("device")
    if not isinstance(device, dict) or device.get("identifier"):
        return resource
    match = _DEVICE.fullmatch(str(device.get("reference", "")))
    if match is None:
        return resource
    rows = DeviceAssignment.objects.filter(practice=practice_id, pk=int(match[2]), device__public_id=match[1])
    serial = rows.values_list("device__serial", flat=True).first()
    return resource if serial is None else resource | {"device": {"identifier": {"value": serial}}}


def names_patient_of_ours(resource: object) -> bool:
    """Whether the subject of an Observation has the form of an id here, so that it is compared with the device's."""
    return isinstance(resource, dict) and _PUBLIC_ID.fullmatch(subject_of(resource)) is not None


def wrong_subjects(practice_id: int, entries: Mapping[int, Entry], *, now: datetime) -> dict[int, FhirError]:
    """The errors of measurements whose subject is a patient of ours who did not have the device, by position.

    A subject that is not the id of a patient here is the sender's own, and is not compared. One statement if no
    subject is one, else three.
    """
    named = {n: entry for n, entry in entries.items() if isinstance(entry, Measurement) and entry.user}
    patients = Patient.objects.filter(practice=practice_id, public_id__in={entry.user for entry in named.values()})
    replaced = {public_id: into or pk for public_id, pk, into in patients.values_list("public_id", "pk", "merged_into")}
    ours = {n: entry for n, entry in named.items() if entry.user in replaced}
    if not ours:
        return {}
    results = match_measurements(practice_id, list(ours.values()), now=now, entries=list(ours))
    matched = {n: row for n, row in zip(ours, results, strict=True) if isinstance(row, MatchedReading)}
    holders = Enrollment.objects.filter(pk__in={row.holder.enrollment_id for row in matched.values()})
    patient_of = dict(holders.values_list("pk", "patient_id"))
    return {
        n: _wrong_subject()
        for n, row in matched.items()
        if patient_of[row.holder.enrollment_id] != replaced[ours[n].user]
    }


def _wrong_subject() -> FhirError:
    text = "Another patient had this device at that moment. Nothing of it was stored. Correct subject or device."
    return FhirError(422, Issue("business-rule", text, expression="Observation.subject", detail="wrong-subject"))
