"""Batch and transaction: the entries of a Bundle, through the intake of readings.

Source: https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction

from monitoring.ingest import BadBody, Entry, entries_of
from monitoring.intake import take_in
from monitoring.intake.results import Taken
from monitoring.models import Source
from monitoring.readings.sender_queries import lock_sender
from monitoring.readings.states import first_row_id
from rpm_portal.fhir.bodies import PLACEHOLDER, to_bytes
from rpm_portal.fhir.conditional import condition_of, matching_reading
from rpm_portal.fhir.entry_answers import WriteAnswer, answer_of_error, issue_of, status_of
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject
from rpm_portal.fhir.own_references import names_patient_of_ours, with_serial, wrong_subjects
from rpm_portal.fhir.resources.observations import first_row_of
from rpm_portal.fhir.stored_readings import StoredVersion, latest_versions, stored_versions
from rpm_portal.fhir.updates import prepare_update

# Answers a GET entry by its relative address.
Reader = Callable[[str], WriteAnswer]
_TRANSACTION_TOO_LARGE = "A transaction has at most {limit} entries. Send fewer, or send a batch."
_BATCH_TOO_LARGE = "A batch of more than {limit} entries may contain only new readings: {count} entries are not."


@dataclass(slots=True)
class BundlePlan:
    """A Bundle before the intake: its resources as the intake gets them, and the entries that are answered already."""

    resources: list[object]
    answers: dict[int, WriteAnswer] = field(default_factory=dict)
    updates: set[int] = field(default_factory=set)
    is_changed: bool = False

    def decide(self, at: int, answer: WriteAnswer) -> None:
        """Answer an entry without the intake."""
        self.answers[at], self.resources[at], self.is_changed = answer, PLACEHOLDER, True

    def replace(self, at: int, resource: JsonObject) -> None:
        """Give another form of a resource to the intake."""
        if resource is not self.resources[at]:
            self.resources[at], self.is_changed = resource, True


@dataclass(frozen=True, slots=True)
class BundleResult:
    """The answers in the order of the entries, and the delivery if the body waits for the worker."""

    answers: list[WriteAnswer]
    delivery: int | None = None


def process(source: Source, body: bytes, bundle: JsonObject, *, read: Reader, base: str, now: datetime) -> BundleResult:
    """Process a batch or transaction. Raises FhirError for a transaction with a bad entry, of which nothing is stored.

    `read` answers entries with the method GET.
    """
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise BadBody("entry of a Bundle must be a list.")
    is_transaction = bundle.get("type") == "transaction"
    limit = settings.INTAKE_AT_ONCE
    if is_transaction and len(entries) > limit:
        raise FhirError(413, Issue("too-costly", _TRANSACTION_TOO_LARGE.format(limit=limit)))
    try:
        with transaction.atomic():
            result = _process(source, body, bundle, entries, read=read, base=base, now=now)
            if is_transaction:
                _require_all(result)
            return result
    except FhirError as error:
        if is_transaction and error.status < 500:
            take_in.store_refused(source, body, f"Transaction refused: {error}", now=now)
        raise


def _process(
    source: Source, body: bytes, bundle: JsonObject, entries: list[object], *, read: Reader, base: str, now: datetime
) -> BundleResult:
    plan = _plan(source, entries, read=read, base=base)
    if any(names_patient_of_ours(resource) for resource in plan.resources):
        parsed = _parsed(source, _body_of(bundle, entries, plan))
        for at, error in wrong_subjects(source.practice_id, parsed, now=now).items():
            plan.decide(at, answer_of_error(error, f"Bundle.entry[{at}].resource"))
    sent = _body_of(bundle, entries, plan) if plan.is_changed else body
    if plan.answers and len(entries) > settings.INTAKE_AT_ONCE:
        raise _not_for_the_worker(plan)
    taken = take_in.take_in(source=source, body=sent, now=now)
    if taken.kept_as is not None:
        return BundleResult([], taken.kept_as)
    return _result(source, taken, sent, plan, base=base)


def _parsed(source: Source, sent: bytes) -> dict[int, Entry]:
    return dict(enumerate(entries_of(source.shape, sent, source.units)))


def _not_for_the_worker(plan: BundlePlan) -> FhirError:
    """The error of a large batch with entries that are answered at once: the worker only stores readings."""
    text = _BATCH_TOO_LARGE.format(limit=settings.INTAKE_AT_ONCE, count=len(plan.answers))
    issues = [issue for answer in plan.answers.values() for issue in answer.issues]
    return FhirError(400, Issue("too-costly", text), *issues)


def _result(source: Source, taken: Taken, sent: bytes, plan: BundlePlan, *, base: str) -> BundleResult:
    versions = stored_versions(source, taken, lambda: _parsed(source, sent))
    answers = []
    for n, row in enumerate(taken.results):
        if n in plan.answers:
            answers.append(plan.answers[n])
            continue
        issue, status = issue_of(row, f"Bundle.entry[{n}].resource"), status_of(row, is_update=n in plan.updates)
        answers.append(WriteAnswer(status, (issue,), headers=entry_headers(versions.get(n), status, base=base)))
    return BundleResult(answers)


def entry_headers(version: StoredVersion | None, status: int, *, base: str) -> dict[str, str]:
    """Location, ETag and moment of the version that an entry stored or found; empty for any other entry."""
    if version is None or status > 201:
        return {}
    return version.headers(base) | {"X-Last-Updated": version.at.isoformat()}


def _require_all(result: BundleResult) -> None:
    """Raises FhirError with the issues of all bad entries, so that the transaction is rolled back."""
    if result.delivery is not None:
        text = "The transaction could not be stored. Nothing of it was stored; send it again."
        raise FhirError(503, Issue("transient", text), headers={"Retry-After": "30"})
    bad = [answer for answer in result.answers if answer.is_error]
    if bad:
        raise FhirError(bad[0].status, *(issue for answer in bad for issue in answer.issues))


def _plan(source: Source, entries: list[object], *, read: Reader, base: str) -> BundlePlan:
    plan = BundlePlan([entry.get("resource") if isinstance(entry, dict) else entry for entry in entries])
    requests = [_request_of(entry) for entry in entries]
    if any(request.get("method") == "PUT" or request.get("ifNoneExist") for request in requests):
        lock_sender(source.sender_id, alone=True)
    for at, request in enumerate(requests):
        try:
            _plan_entry(source, plan, at, request, read=read, base=base)
        except FhirError as error:
            plan.decide(at, answer_of_error(error, f"Bundle.entry[{at}].resource"))
    return plan


def _request_of(entry: object) -> dict[str, object]:
    request = entry.get("request") if isinstance(entry, dict) else None
    return request if isinstance(request, dict) else {}


def _plan_entry(
    source: Source, plan: BundlePlan, at: int, request: dict[str, object], *, read: Reader, base: str
) -> None:
    method, resource, url = request.get("method"), plan.resources[at], str(request.get("url", ""))
    if method == "GET":
        plan.decide(at, read(url))
        return
    if not isinstance(resource, dict) or resource.get("resourceType") != "Observation":
        return
    plan.replace(at, with_serial(source.practice_id, resource))
    condition = condition_of(str(request.get("ifNoneExist", "")), []) if method == "POST" else ""
    found = matching_reading(source, condition) if condition else None
    if found is not None:
        version = latest_versions(source.practice_id, [first_row_id(found)])[first_row_id(found)]
        plan.decide(at, WriteAnswer(200, headers=entry_headers(version, 200, base=base)))
        return
    own = url.rpartition("Observation/")[2]
    if method == "PUT" and first_row_of(own) is not None:
        changed = plan.resources[at]
        if isinstance(changed, dict):
            plan.replace(at, prepare_update(source, own, changed, if_match=str(request.get("ifMatch", ""))))
            plan.updates.add(at)


def _body_of(bundle: JsonObject, entries: list[object], plan: BundlePlan) -> bytes:
    rows = [
        (entry | {"resource": resource}) if isinstance(entry, dict) else entry
        for entry, resource in zip(entries, plan.resources, strict=True)
    ]
    return to_bytes(bundle | {"entry": rows})
