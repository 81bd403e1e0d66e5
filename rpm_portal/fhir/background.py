"""The result of a batch that the worker processes."""

from monitoring.ingest import entries_of
from monitoring.models import Delivery, DeliveryState, Reading, Source
from monitoring.readings.sender_lines import EntryResult
from monitoring.readings.sender_queries import sources_of
from rpm_portal.fhir.bundles import headers_of
from rpm_portal.fhir.entry_answers import WriteAnswer, issue_of, status_of
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject, not_found
from rpm_portal.fhir.stored_readings import readings_of, states_of_rows


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
    new = Reading.objects.filter(practice=source.practice_id, delivery=delivery).values_list("entry", "pk")
    readings = readings_of(source, entries, dict(new))
    states = states_of_rows(source.practice_id, readings.values())
    created = {n for n, _ in new}
    results = _results(delivery)
    answers = []
    for n in range(len(entries)):
        row = results.get(n) or EntryResult("new" if n in created else "known" if n in readings else "heard")
        headers: dict[str, str] = {}
        if (reading := readings.get(n)) is not None and not row.reason:
            headers = headers_of(reading, states[reading.pk].number, base=base)
        answers.append(WriteAnswer(status_of(row), (issue_of(row, f"Bundle.entry[{n}].resource"),), headers=headers))
    return answers


def _results(delivery: Delivery) -> dict[int, EntryResult]:
    """The stored results that have a sentence or a reason, by position."""
    outcome: dict[str, list[dict[str, str]]] = delivery.outcome or {}
    found = {}
    for row in outcome.get("entries", []):
        result = "unmatched" if row.get("reason") else row["result"]
        found[int(row["entry"])] = EntryResult(result, row.get("message", ""), row.get("reason", ""))
    return found
