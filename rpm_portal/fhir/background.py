"""The result of a batch that the worker processes."""

from monitoring.ingest import Measurement, Retraction, entries_of
from monitoring.intake.results import Taken
from monitoring.models import Delivery, DeliveryState, Reading, Source
from monitoring.readings.sender_lines import EntryResult
from monitoring.readings.sender_queries import sources_of
from rpm_portal.fhir.bundles import entry_headers
from rpm_portal.fhir.entry_answers import WriteAnswer, issue_of, status_of
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject, not_found
from rpm_portal.fhir.stored_readings import stored_versions

_READINGS = Measurement | Retraction


def delivery_of(source: Source, number: str) -> Delivery:
    """A delivery of this sender by its public id. Raises FhirError 404."""
    rows = Delivery.objects.filter(practice=source.practice_id, source__in=sources_of(source.sender_id))
    row: Delivery | None = rows.filter(public_id=number[:13]).select_related("source").first()
    if row is None:
        raise not_found("batch")
    return row


def batch_response(delivery: Delivery, *, base: str) -> JsonObject | None:
    """The batch-response of a processed batch; None while it waits. Raises FhirError for one that was given up."""
    if delivery.state == DeliveryState.WAITING:
        return None
    if delivery.state == DeliveryState.FAILED:
        text = "Processing failed five times. The practice sees it; do not send it again."
        raise FhirError(500, Issue("exception", text))
    body = delivery.body
    if delivery.state == DeliveryState.REFUSED or body is None:
        raise FhirError(422, Issue("invalid", delivery.message or "The body is no longer stored."))
    return {
        "resourceType": "Bundle",
        "type": "batch-response",
        "entry": [answer.as_entry() for answer in _answers(delivery, body, base=base)],
    }


def _answers(delivery: Delivery, body: bytes, *, base: str) -> list[WriteAnswer]:
    source = delivery.source
    entries = dict(enumerate(entries_of(source.shape, body, source.units)))
    new = dict(Reading.objects.filter(practice=source.practice_id, delivery=delivery).values_list("entry", "pk"))
    stored = _results(delivery)
    rows = tuple(
        stored.get(n) or EntryResult("new" if n in new else "known" if isinstance(entry, _READINGS) else "heard")
        for n, entry in entries.items()
    )
    taken = Taken(new=len(new), results=rows, new_readings=new)
    versions = stored_versions(source, taken, lambda: entries)
    return [
        WriteAnswer(
            status_of(row),
            (issue_of(row, f"Bundle.entry[{n}].resource"),),
            headers=entry_headers(versions.get(n), status_of(row), base=base),
        )
        for n, row in enumerate(rows)
    ]


def _results(delivery: Delivery) -> dict[int, EntryResult]:
    """The stored results that have a sentence or a reason, by position."""
    outcome: dict[str, list[dict[str, str]]] = delivery.outcome or {}
    found = {}
    for row in outcome.get("entries", []):
        result = "unmatched" if row.get("reason") else row["result"]
        found[int(row["entry"])] = EntryResult(result, row.get("message", ""), row.get("reason", ""))
    return found
