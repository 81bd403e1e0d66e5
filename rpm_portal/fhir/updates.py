"""Updates of Observations: what a sender may change of a reading that it sent."""

import re

from monitoring.ingest import BadBody, Entry, Measurement, RefusedEntry, Retraction, entries_of
from monitoring.models import Reading, Source, VendorReading
from monitoring.readings.sender_queries import sources_of
from monitoring.readings.states import ReadingState, states_of
from rpm_portal.core.identifiers import plain_serial
from rpm_portal.fhir.bodies import body_of_update
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject
from rpm_portal.fhir.resources.observations import first_row_of, of_reading

# The system of the identifier that names a reading by its address here, if its sender gave it none.
BY_ADDRESS = "Observation"
_MATCH = re.compile(r'\s*(?:W/)?"([0-9]{1,9})"\s*')
_STATUSES = {"amended", "corrected", "entered-in-error"}


def sent_states(source: Source, own: str) -> list[ReadingState]:
    """The states of a reading, if this sender sent it; else empty."""
    first = first_row_of(own)
    if first is None:
        return []
    rows = Reading.objects.filter(of_reading(first), practice=source.practice_id).select_related(
        "enrollment__patient", "device", "delivery"
    )
    given = list(rows)
    senders = set(sources_of(source.sender_id))
    if not any(row.delivery is not None and row.delivery.source_id in senders for row in given):
        return []
    return states_of(given)


def prepare_update(source: Source, own: str, resource: JsonObject, *, if_match: str = "") -> JsonObject:
    """The resource of an update with the identifier under which its reading is stored. Raises FhirError.

    A reading without an identifier gets the one of its address here.
    """
    states = sent_states(source, own)
    if not states:
        text = "This sender has sent no reading with this id. Create a reading with POST; the server assigns its id."
        raise FhirError(405, Issue("not-supported", text), headers={"Allow": "GET, HEAD"})
    latest = states[-1]
    _check_version(if_match, latest)
    if resource.get("id") != own:
        raise FhirError(400, Issue("invalid", f"id must be {own}, as in the address.", expression="Observation.id"))
    if resource.get("status") not in _STATUSES:
        text = "Send status amended or corrected with new values, or entered-in-error."
        raise FhirError(422, Issue("value", text, expression="Observation.status", detail="update-status"))
    name = _name_of(source, latest.row)
    system, value = name or (BY_ADDRESS, own)
    changed = resource | {"identifier": [{"system": system, "value": value} if system else {"value": value}]}
    _check_unchanged(source, changed, latest.row)
    if name is None:
        _store_name(source, latest.row, own)
    return changed


def _check_version(if_match: str, latest: ReadingState) -> None:
    if not if_match:
        return
    match = _MATCH.fullmatch(if_match)
    if match is None or int(match[1]) != latest.number:
        text = f'The reading is at version {latest.number}. Read it again, and send If-Match: W/"{latest.number}".'
        raise FhirError(412, Issue("conflict", text))


def _name_of(source: Source, row: Reading) -> tuple[str, str] | None:
    """The first identifier that the sender gave the reading."""
    names = VendorReading.objects.filter(practice=source.practice_id, reading=row.pk, sender=source.sender_id)
    return names.order_by("pk").values_list("vendor_system", "vendor_id").first()


def _store_name(source: Source, row: Reading, own: str) -> None:
    """Name a reading, which its sender sent without an identifier, by its address here."""
    VendorReading.objects.create(
        practice_id=source.practice_id,
        sender_id=source.sender_id,
        vendor_system=BY_ADDRESS,
        vendor_id=own,
        reading=row,
        reading_measured_at=row.measured_at,
    )


def _check_unchanged(source: Source, resource: JsonObject, row: Reading) -> None:
    """Raises FhirError if subject, device, code or moment are not those of the reading."""
    entry = _parsed(source, resource)
    if isinstance(entry, RefusedEntry):
        raise FhirError(422, Issue("value", entry.message, expression="Observation", detail=entry.reason))
    if not isinstance(entry, Measurement | Retraction):
        raise FhirError(422, Issue("value", "This is not a reading that is stored here.", expression="Observation"))
    is_measured = isinstance(entry, Measurement)
    serials = {entry.serial, plain_serial(entry.serial)}
    changed = {
        "device": entry.serial != "" and row.device.serial not in serials,
        "code": (is_measured or entry.metric != "") and entry.metric != row.metric,
        "effective": entry.measured_at is not None and entry.measured_at != row.measured_at,
        "subject": _names_another(resource, row.enrollment.patient.public_id),
    }
    for element, is_changed in changed.items():
        if is_changed:
            text = f"An update cannot change {element}. Send entered-in-error for this reading and create another."
            raise FhirError(
                422, Issue("business-rule", text, expression=f"Observation.{element}", detail="fixed-element")
            )


def _parsed(source: Source, resource: JsonObject) -> Entry:
    try:
        return entries_of(source.shape, body_of_update("x", resource), source.units)[0]
    except BadBody as error:
        raise FhirError(400, Issue("structure", str(error))) from None


def _names_another(resource: JsonObject, public_id: str) -> bool:
    """Whether the subject refers to a Patient with another id."""
    subject = resource.get("subject")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    return isinstance(reference, str) and reference.rpartition("Patient/")[2] != public_id
