"""Create and update of one Observation, through the intake of readings."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from monitoring.ingest import entries_of
from monitoring.intake import take_in
from monitoring.intake.results import Taken
from monitoring.models import Reading, Source, UnmatchedReading
from monitoring.readings.sender_lines import EntryResult
from monitoring.readings.sender_queries import lock_sender
from monitoring.readings.states import IN_ERROR, first_row_id
from rpm_portal.fhir.bodies import body_of_update, parse_observation, to_bytes
from rpm_portal.fhir.conditional import matching_reading
from rpm_portal.fhir.entry_answers import WriteAnswer, issue_of, status_of
from rpm_portal.fhir.outcomes import FhirError, Issue
from rpm_portal.fhir.own_references import names_patient_of_ours, with_serial, wrong_subjects
from rpm_portal.fhir.stored_readings import StoredVersion, latest_versions, stored_versions
from rpm_portal.fhir.updates import prepare_update, sent_states
from rpm_portal.fhir.versions import last_modified


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write, with its issue also where the resource says enough, and the version that it is about.

    `delivery` is set if the body waits for the worker.
    """

    answer: WriteAnswer
    issue: Issue | None = None
    version: StoredVersion | None = None
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
                return _found(source, found, base=base)
        if names_patient_of_ours(known):
            entries = dict(enumerate(entries_of(source.shape, sent, source.units)))
            for error in wrong_subjects(source.practice_id, entries, now=now).values():
                raise error
        return _taken(source, sent, base=base, now=now)


def update(source: Source, own: str, body: bytes, *, if_match: str, base: str, now: datetime) -> Written:
    """Amend or retract an Observation that this sender sent. Raises FhirError or BadBody."""
    resource = parse_observation(body)
    with transaction.atomic():
        lock_sender(source.sender_id, alone=True)
        changed = prepare_update(source, own, with_serial(source.practice_id, resource), if_match=if_match)
        written = _taken(source, body_of_update(own, changed), base=base, now=now, is_update=True)
        if resource["status"] == IN_ERROR and not written.answer.is_error:
            _require_retracted(source, own)
        return written


def _require_retracted(source: Source, own: str) -> None:
    """Raises FhirError, and so undoes the update, if the reading still counts."""
    states = sent_states(source, own)
    if states and states[-1].status != IN_ERROR:
        text = "The reading stays, because it was sent under another identifier too. Retract that one as well."
        raise FhirError(409, Issue("conflict", text))


def _found(source: Source, reading: Reading, *, base: str) -> Written:
    """The answer to a conditional create that found a reading."""
    first = first_row_id(reading)
    version = latest_versions(source.practice_id, [first])[first]
    return Written(WriteAnswer(200, headers=_headers(version, base)), issue_of(EntryResult("known"), ""), version)


def _headers(version: StoredVersion, base: str) -> dict[str, str]:
    return version.headers(base) | {"Last-Modified": last_modified(version.at)}


def _taken(source: Source, sent: bytes, *, base: str, now: datetime, is_update: bool = False) -> Written:
    taken = take_in.take_in(source=source, body=sent, now=now)
    if taken.kept_as is not None:
        return Written(WriteAnswer(202), delivery=taken.kept_as)
    (row,) = taken.results
    status = status_of(row, is_update=is_update)
    versions = stored_versions(source, taken, lambda: dict(enumerate(entries_of(source.shape, sent, source.units))))
    version = versions.get(0)
    issue = issue_of(row, "Observation", kept_as=_kept_as(source, taken, now=now))
    if status < 300 and version is not None:
        # A sentence, for example that another version is kept, is not lost behind the resource.
        said = (issue,) if row.message else ()
        return Written(WriteAnswer(status, said, headers=_headers(version, base)), issue, version)
    return Written(WriteAnswer(status, (issue,)), issue)


def _kept_as(source: Source, taken: Taken, *, now: datetime) -> str:
    """The public id of the entry that waits for the practice; empty if none does."""
    if taken.results[0].answer != "waiting":
        return ""
    rows = UnmatchedReading.objects.filter(practice=source.practice_id, delivery__source=source, received_at=now)
    return rows.order_by("-pk").values_list("public_id", flat=True).first() or ""
