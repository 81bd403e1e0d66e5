"""Create and update of one Observation, through the intake of readings."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from monitoring.ingest import Entry, entries_of
from monitoring.intake import take_in
from monitoring.intake.results import Taken
from monitoring.models import Reading, Source, UnmatchedReading
from monitoring.readings.sender_queries import lock_sender
from monitoring.readings.states import IN_ERROR
from rpm_portal.fhir.bodies import body_of_update, parse_observation, to_bytes
from rpm_portal.fhir.conditional import matching_reading
from rpm_portal.fhir.entry_answers import WriteAnswer, issue_of, status_of
from rpm_portal.fhir.outcomes import FhirError, Issue
from rpm_portal.fhir.own_references import with_serial, wrong_subjects
from rpm_portal.fhir.stored_readings import readings_of, resource_of
from rpm_portal.fhir.updates import prepare_update
from rpm_portal.fhir.versions import version_headers


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write, and the reading that it is about; `delivery` is set if the body waits for the worker."""

    answer: WriteAnswer
    reading: Reading | None = None
    delivery: int | None = None


def create(source: Source, body: bytes, *, condition: str, base: str, now: datetime) -> Written:
    """Store an Observation; with a `condition` only if no reading has that identifier. Raises FhirError or BadBody.

    `base` is the absolute address of the server, with its last slash.
    """
    resource = parse_observation(body)
    known = with_serial(source.practice_id, resource)
    sent = body if known is resource else to_bytes(known)
    with transaction.atomic():
        if condition:
            lock_sender(source.sender_id, alone=True)
            found = matching_reading(source, condition)
            if found is not None:
                return Written(answer_with(found, 200, base=base), found)
        entries = entries_of(source.shape, sent, source.units)
        for error in wrong_subjects(source.practice_id, dict(enumerate(entries)), now=now).values():
            raise error
        return _taken(source, sent, entries, base=base, now=now)


def update(source: Source, own: str, body: bytes, *, if_match: str, base: str, now: datetime) -> Written:
    """Amend or retract an Observation that this sender sent. Raises FhirError or BadBody."""
    resource = parse_observation(body)
    with transaction.atomic():
        lock_sender(source.sender_id, alone=True)
        changed = prepare_update(source, own, with_serial(source.practice_id, resource), if_match=if_match)
        sent = body_of_update(own, changed)
        entries = entries_of(source.shape, sent, source.units)
        written = _taken(source, sent, entries, base=base, now=now, is_update=True)
        has_error_status = written.answer.resource is not None and written.answer.resource["status"] == IN_ERROR
        if resource["status"] == IN_ERROR and not written.answer.is_error and not has_error_status:
            text = "The reading stays, because it was sent under another identifier too. Retract that one as well."
            raise FhirError(409, Issue("conflict", text))
        return written


def _taken(
    source: Source, sent: bytes, entries: list[Entry], *, base: str, now: datetime, is_update: bool = False
) -> Written:
    taken = take_in.take_in(source=source, body=sent, now=now)
    if taken.kept_as is not None:
        return Written(WriteAnswer(202), delivery=taken.kept_as)
    (row,) = taken.results
    status = status_of(row, is_update=is_update)
    reading = readings_of(source, dict(enumerate(entries)), taken.new_readings).get(0)
    if status < 300 and row.answer not in {"waiting", "heard"} and reading is not None:
        return Written(answer_with(reading, status, base=base), reading)
    issue = issue_of(row, "Observation", kept_as=_kept_as(source, taken, now=now))
    return Written(WriteAnswer(status, (issue,)), None)


def answer_with(reading: Reading, status: int, *, base: str) -> WriteAnswer:
    """The answer with a stored reading: its resource, address and version."""
    resource = resource_of(reading)
    headers = version_headers(resource)
    number = headers["ETag"].removeprefix('W/"').removesuffix('"')
    headers["Location"] = f"{base}Observation/{resource['id']}/_history/{number}"
    return WriteAnswer(status, resource=resource, headers=headers)


def _kept_as(source: Source, taken: Taken, *, now: datetime) -> str:
    """The public id of the entry that waits for the practice; empty if none does."""
    if taken.results[0].answer != "waiting":
        return ""
    rows = UnmatchedReading.objects.filter(practice=source.practice_id, delivery__source=source, received_at=now)
    return rows.order_by("-pk").values_list("public_id", flat=True).first() or ""
