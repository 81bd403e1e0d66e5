"""Views: create, update, batch, transaction, and the result of a batch that the worker processes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from monitoring.ingest import BadBody
from monitoring.intake import take_in
from monitoring.intake.transport import has_valid_signature, read_body
from monitoring.models import Delivery, Reading
from monitoring.tasks import enqueue_delivery
from monitoring.views.api_keys import count_wrong_key, is_above_rate
from rpm_portal.audit.services import record
from rpm_portal.fhir.background import batch_response, delivery_of
from rpm_portal.fhir.bodies import parse_resource
from rpm_portal.fhir.bundles import process
from rpm_portal.fhir.conditional import condition_of
from rpm_portal.fhir.entry_reads import entry_reader
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject, outcome
from rpm_portal.fhir.resources.observations import OBSERVATION
from rpm_portal.fhir.search import require
from rpm_portal.fhir.stored_readings import reading_of, resource_of
from rpm_portal.fhir.views.answers import fhir_answer, fhir_view
from rpm_portal.fhir.views.credentials import WritingSender, required_sender
from rpm_portal.fhir.views.read import base_url, query_pairs, read_answer, search_answer, type_named
from rpm_portal.fhir.writes import Written, create, update

_MEDIA = {"", "application/json", "application/fhir+json", "text/json"}
_READ_ONLY = "{} is only read here. Readings are written as Observation."


@fhir_view("GET", "HEAD", "POST")
def resource_type(request: HttpRequest, kind: str) -> HttpResponse:
    """Search with GET, create with POST."""
    if request.method != "POST":
        return search_answer(request, type_named(kind), query_pairs(request))
    sender = required_sender(request)
    _require_writable(kind, sender, "c")
    return _create(request, sender, _body_of(request, sender))


@fhir_view("GET", "HEAD", "PUT")
def instance(request: HttpRequest, kind: str, own: str) -> HttpResponse:
    """Read with GET, update with PUT."""
    if request.method != "PUT":
        return read_answer(request, type_named(kind), own)
    sender = required_sender(request)
    _require_writable(kind, sender, "u")
    body, if_match = _body_of(request, sender), request.headers.get("If-Match", "")
    now = timezone.now()
    written = update(sender.source, own, body, if_match=if_match, base=base_url(request), now=now)
    return _written_answer(request, sender, written, "fhir_update")


@fhir_view("POST")
def root(request: HttpRequest) -> HttpResponse:
    """Process a batch or a transaction. A single Observation is created."""
    sender = required_sender(request)
    body = _body_of(request, sender)
    if sender.caller is None and is_above_rate(sender.source):
        return _queue(request, sender, body)
    with _refused_body_stored(sender, body):
        bundle = parse_resource(body)
    if bundle["resourceType"] == "Observation":
        _require_writable("Observation", sender, "c")
        return _create(request, sender, body, is_counted=True)
    if bundle["resourceType"] != "Bundle":
        text = "Send a Bundle with type batch or transaction, or an Observation."
        raise FhirError(400, Issue("invalid", text, expression="resourceType"))
    _require_scopes(sender, bundle)
    now, base = timezone.now(), base_url(request)
    read = entry_reader(sender.caller, base=base, now=now)
    with _refused_body_stored(sender, body):
        result = process(sender.source, body, bundle, read=read, base=base, now=now)
    if result.delivery is not None:
        return _accepted(request, sender, result.delivery)
    _record(sender, "fhir_batch", "", count=len(result.answers), refused=sum(row.is_error for row in result.answers))
    form = "transaction-response" if bundle.get("type") == "transaction" else "batch-response"
    entries = [answer.as_entry() for answer in result.answers]
    return fhir_answer({"resourceType": "Bundle", "type": form, "entry": entries})


@fhir_view("GET", "HEAD")
def background(request: HttpRequest, number: str) -> HttpResponse:
    """The result of a batch that the worker processes: 202 until it is done."""
    sender = required_sender(request)
    content = batch_response(delivery_of(sender.source, number), base=base_url(request))
    if content is None:
        return fhir_answer(None, status=202, headers={"Retry-After": "5", "X-Progress": "waits for the worker"})
    return fhir_answer(content)


def _require_writable(kind: str, sender: WritingSender, letter: str) -> None:
    """Raises FhirError unless the type is written and the token has the scope."""
    if not type_named(kind).is_created:
        allowed = {"Allow": "GET, HEAD"}
        raise FhirError(405, Issue("not-supported", _READ_ONLY.format(kind)), headers=allowed)
    if sender.caller is not None:
        require(sender.caller, OBSERVATION, letter)


def _require_scopes(sender: WritingSender, bundle: JsonObject) -> None:
    """Raises FhirError unless the token has the scopes that the entries of a Bundle need."""
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) and sender.caller is not None else []:
        request = entry.get("request") if isinstance(entry, dict) else None
        method = request.get("method", "POST") if isinstance(request, dict) else "POST"
        if sender.caller is not None and method != "GET":
            require(sender.caller, OBSERVATION, "c" if method == "POST" else "u")


def _body_of(request: HttpRequest, sender: WritingSender) -> bytes:
    """The decompressed body. Raises FhirError for another type or a wrong signature, or TransportError."""
    if (request.content_type or "").lower() not in _MEDIA:
        text = "Send the body as JSON, with the type application/fhir+json or application/json."
        headers = {"Accept-Post": "application/fhir+json, application/json"}
        raise FhirError(415, Issue("not-supported", text), headers=headers)
    raw, body = read_body(request)
    source = sender.source
    if source.signature_algorithm and sender.caller is None:
        header = source.signature_header
        if not has_valid_signature(source, request.headers.get(header, ""), raw):
            count_wrong_key(request)
            how = f"{source.get_signature_algorithm_display()} of the body as sent"
            text = f"Wrong signature: the header {header} must contain the {how}."
            raise FhirError(401, Issue("login", text))
    return body


@contextmanager
def _refused_body_stored(sender: WritingSender, body: bytes) -> Iterator[None]:
    """Store a body that is not understood with the refused deliveries, where the practice sees it."""
    try:
        yield
    except BadBody as error:
        take_in.store_refused(sender.source, body, str(error), now=timezone.now())
        raise


def _create(request: HttpRequest, sender: WritingSender, body: bytes, *, is_counted: bool = False) -> HttpResponse:
    condition = condition_of(request.headers.get("If-None-Exist", ""), query_pairs(request))
    if sender.caller is None and not is_counted and is_above_rate(sender.source):
        return _queue(request, sender, body)
    with _refused_body_stored(sender, body):
        written = create(sender.source, body, condition=condition, base=base_url(request), now=timezone.now())
    return _written_answer(request, sender, written, "fhir_create")


def _written_answer(request: HttpRequest, sender: WritingSender, written: Written, action: str) -> HttpResponse:
    """The answer with what the client prefers: the resource, an outcome, or no body.

    Without a preference a client gets the resource, and a device's sender an outcome: it needs no id of a patient.
    """
    if written.delivery is not None:
        return _accepted(request, sender, written.delivery)
    answer = written.answer
    reading = _reading_of(request, sender, written)
    subject = f"patient:{reading.enrollment.patient.public_id}" if reading is not None else ""
    _record(sender, action, subject, status=answer.status)
    content: JsonObject | None = outcome(*answer.issues) if written.issue is None else outcome(written.issue)
    if written.version is not None and _prefers(request, "minimal"):
        content = None
    elif reading is not None and not answer.issues and not _prefers(request, "OperationOutcome"):
        content = resource_of(reading) if _sees(sender, reading) else content
    return fhir_answer(content, status=answer.status, headers=answer.headers)


def _prefers(request: HttpRequest, kind: str) -> bool:
    """Whether the header Prefer asks for this kind of answer."""
    return f"return={kind}" in request.headers.get("Prefer", "").replace(" ", "")


def _reading_of(request: HttpRequest, sender: WritingSender, written: Written) -> Reading | None:
    """The reading that was written, if a client wrote it or the sender asks for it."""
    is_asked = sender.caller is not None or _prefers(request, "representation")
    return reading_of(sender.source.practice_id, written.version) if written.version and is_asked else None


def _sees(sender: WritingSender, reading: Reading) -> bool:
    """Whether the sender may read what it wrote: a client of some clinics not that of another clinic."""
    if sender.caller is None or not sender.caller.client.clinics:
        return True
    return bool(OBSERVATION.rows(sender.caller).filter(pk=reading.pk).exists())


def _record(sender: WritingSender, action: str, subject: str, **detail: object) -> None:
    """An audit event of a client. What a device's sender wrote is recorded as a delivery."""
    if sender.caller is None:
        return
    client = sender.caller.client
    record(
        practice=client.practice,
        by=None,
        action=action,
        subject=subject or f"fhirclient:{client.public_id}",
        detail={"client": client.public_id, **detail},
        now=timezone.now(),
    )


def _queue(request: HttpRequest, sender: WritingSender, body: bytes) -> HttpResponse:
    """Store a body of a source that is above its rate for the worker."""
    taken = take_in.queue(source=sender.source, body=body, now=timezone.now())
    if taken.kept_as is None:
        raise RuntimeError("a queued body has a delivery")
    return _accepted(request, sender, taken.kept_as)


def _accepted(request: HttpRequest, sender: WritingSender, delivery: int) -> HttpResponse:
    """The answer to a body that waits for the worker, with the address of its result."""
    enqueue_delivery(delivery)
    rows = Delivery.objects.for_practice(sender.source.practice_id)
    number = rows.values_list("public_id", flat=True).get(pk=delivery)
    address = request.build_absolute_uri(reverse("fhir:background", args=[number]))
    issue = Issue("informational", f"Stored; the result will be at {address}.", severity="information")
    return fhir_answer(outcome(issue), status=202, headers={"Content-Location": address})
