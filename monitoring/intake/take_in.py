"""Intake of deliveries: body, readings, days, alerts and standings are stored in one transaction."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from monitoring.alerts.evaluate import evaluate
from monitoring.alerts.silence import end_silence
from monitoring.ingest import (
    BadBody,
    ContactEntry,
    Entry,
    Measurement,
    NoReading,
    PullNotice,
    RefusedEntry,
    Retraction,
    UnlinkNotice,
    entries_of,
)
from monitoring.intake.corrections import corrected_matches, fast_clocks
from monitoring.intake.device_sent import SENT_ALREADY, sent_by_device
from monitoring.intake.keep_readings import keep_readings
from monitoring.intake.results import Taken
from monitoring.intake.separate_pulses import join_pulses
from monitoring.intake.unmatched_rows import store_unmatched
from monitoring.intake.vendor_accounts import unlink_accounts
from monitoring.models import Delivery, DeliveryBody, DeliveryState, Source, UnmatchedReading
from monitoring.models.reading_keys import ReadingKey
from monitoring.readings.device_contacts import note_contact
from monitoring.readings.lifecycle import ReadingVersions
from monitoring.readings.sender_lines import EntryResult
from monitoring.readings.sender_queries import has_identifiers, lock_sender, names_of, taken_back_since
from monitoring.readings.store import MatchedReading, lock_standings, match_measurements
from rpm_portal.accounts.models import User
from rpm_portal.core.db.prepared_statements import prepared_rows
from rpm_portal.core.db.tenancy import new_public_id

log = logging.getLogger(__name__)
# A body with at least so many entries is looked up by its digest first: the same body may have been answered before.
MIN_ENTRIES_FOR_DIGEST_LOOKUP = 100
MAX_TRIES = 5
# Results with a sentence that are stored with a delivery, for its sender to read later.
MAX_STORED_RESULTS = 500
FIRST_RETRY_AFTER = timedelta(seconds=30)
NO_BODY = "The body is no longer kept; it cannot be tried again."


def take_in(
    *, source: Source, body: bytes, now: datetime, by: User | None = None, corrects: ReadingKey | None = None
) -> Taken:
    """Store a body, then its readings, days, standings and alerts, all in one transaction.

    Safe to run twice and concurrently: the same measurement is one reading. A large body, and one whose processing
    failed, is stored for the worker (`later`). Raises BadBody if the body does not have this source's format; it is
    then stored as refused, so that it can be replayed once the format is supported.
    """
    digest = hashlib.sha256(body).hexdigest()
    try:
        entries = entries_of(source.shape, body, source.units)
    except BadBody as error:
        store_refused(source, body, str(error), now=now)
        raise
    except Exception as error:  # a defect in a parser must not lose the body
        log.error("a parser failed on a body of source %s: %s", source.pk, type(error).__name__)
        return _store_failed(source, body, digest, by, error, now=now)
    later = len(entries) > settings.INTAKE_AT_ONCE or any(isinstance(entry, PullNotice) for entry in entries)
    try:
        with transaction.atomic():
            if len(entries) >= MIN_ENTRIES_FOR_DIGEST_LOOKUP and not has_identifiers(entries):
                answered = _earlier_answer(source, digest, entries)
                if answered is not None:
                    return answered
            expected = None if later else _expected_result(entries).counts()
            delivery_pk = _store_delivery(source, body, digest, by, waits=later, now=now, outcome=expected)
            if later:
                return Taken(later=True, kept_as=delivery_pk)
            delivery = Delivery(pk=delivery_pk, practice_id=source.practice_id, source=source, received_at=now)
            taken = _process(delivery, entries, now=now, corrects=corrects)
            if taken.counts() != expected:
                Delivery.objects.filter(pk=delivery_pk).update(outcome=taken.counts())
            return taken
    except Exception as error:  # any failure: the body is stored and tried again
        log.error("a delivery of source %s failed in the request: %s", source.pk, type(error).__name__)
        return _store_failed(source, body, digest, by, error, now=now)


@transaction.atomic
def queue(*, source: Source, body: bytes, now: datetime) -> Taken:
    """Store a body for the worker without reading it: its sender is above its rate, and nothing may be lost."""
    digest = hashlib.sha256(body).hexdigest()
    return Taken(later=True, kept_as=_store_delivery(source, body, digest, None, waits=True, now=now))


def _expected_result(entries: Sequence[Entry]) -> Taken:
    """The result if every measurement is new and matched, as in nearly all bodies."""
    kinds = Counter(type(entry) for entry in entries)
    heard = kinds[ContactEntry] + kinds[NoReading] + kinds[UnlinkNotice]
    return Taken(new=kinds[Measurement], unmatched=kinds[RefusedEntry], heard=heard)


_STORE_DELIVERY = """
WITH kept AS (
  INSERT INTO monitoring_delivery (practice_id, public_id, source_id, sent_by_id, received_at, body_digest,
      state, message, tries, due_at, times, outcome)
  VALUES (%s::bigint, %s, %s::bigint, %s::bigint, %s::timestamptz, %s, %s, '', 0, %s::timestamptz, 1, %s::jsonb)
  RETURNING id, practice_id, received_at)
INSERT INTO monitoring_deliverybody (delivery_id, practice_id, received_at, body)
SELECT id, practice_id, received_at, %s::bytea FROM kept RETURNING delivery_id
"""


def _store_delivery(
    source: Source,
    body: bytes,
    digest: str,
    by: User | None,
    *,
    waits: bool,
    now: datetime,
    outcome: dict[str, int] | None = None,
) -> int:
    """Store a body; returns the delivery's id. The most frequent statement of the API, so it does not use the ORM."""
    by_key = by.pk if by is not None else None
    values = [
        *(source.practice_id, new_public_id(), source.pk, by_key, now, digest),
        DeliveryState.WAITING if waits else DeliveryState.DONE,
        now if waits else None,
        json.dumps(outcome) if outcome else None,
        body,
    ]
    return int(prepared_rows(_STORE_DELIVERY, values)[0][0])


@transaction.atomic
def _store_failed(
    source: Source, body: bytes, digest: str, by: User | None, error: Exception, *, now: datetime
) -> Taken:
    """Store a body whose processing failed, to be tried again."""
    delivery = Delivery.objects.get(pk=_store_delivery(source, body, digest, by, waits=True, now=now))
    note_failure(delivery, error, now=now)
    return Taken(later=True, kept_as=delivery.pk)


@transaction.atomic
def work(delivery_pk: int, *, now: datetime) -> Taken | None:
    """Process a stored delivery, for the first time or again. Safe to run twice; None if it is being processed already.

    Entries that were unmatched before and match now are stored. If processing fails again, the next try waits longer,
    and the fifth try is the last.
    """
    rows = Delivery.objects.select_for_update(of=("self",), skip_locked=True).select_related("source")
    delivery = rows.filter(pk=delivery_pk).first()
    if delivery is None:
        return None
    body = delivery.body
    if body is None and delivery.state != DeliveryState.WAITING:
        return None  # its result stays as it is
    try:
        with transaction.atomic():
            if body is None:
                raise BadBody(NO_BODY)
            entries = entries_of(delivery.source.shape, body, delivery.source.units)
            if any(isinstance(entry, PullNotice) for entry in entries):
                return None
            taken = _process(delivery, entries, now=now)
    except BadBody as error:
        delivery.state, delivery.message, delivery.due_at = DeliveryState.REFUSED, str(error)[:300], None
        delivery.save(update_fields=["state", "message", "due_at"])
        return None
    except Exception as error:  # noted on the delivery, so that others are not blocked
        log.error("delivery %s failed: %s", delivery.public_id, type(error).__name__)
        note_failure(delivery, error, now=now)
        return None
    delivery.state, delivery.message, delivery.due_at = DeliveryState.DONE, "", None
    details = [row for row in taken.rows() if len(row) > 2]
    delivery.outcome = taken.counts() | ({"entries": details[:MAX_STORED_RESULTS]} if details else {})
    delivery.save(update_fields=["state", "message", "due_at", "outcome"])
    return taken


def _earlier_answer(source: Source, digest: str, entries: Sequence[Entry]) -> Taken | None:
    """The answer to the same body, if all of it was matched and the sender retracted nothing since.

    The delivery's count goes up by one.
    """
    same = Delivery.objects.filter(source=source, body_digest=digest, state=DeliveryState.DONE, outcome__unmatched=0)
    delivery = same.first()
    if delivery is None or taken_back_since(source.sender_id, delivery.pk):
        return None
    Delivery.objects.filter(pk=delivery.pk).update(times=F("times") + 1)
    outcome: dict[str, int] = delivery.outcome or {}
    readings = outcome["new"] + outcome["known"] + outcome.get("taken_back", 0)
    noted = ContactEntry | NoReading | UnlinkNotice
    results = tuple(EntryResult("heard" if isinstance(entry, noted) else "known") for entry in entries)
    return Taken(known=readings, heard=outcome.get("heard", 0), results=results)


@transaction.atomic
def store_refused(source: Source, body: bytes, message: str, *, now: datetime) -> None:
    """Store a body of which nothing was taken, once, with the count of how often it was received."""
    digest = hashlib.sha256(body).hexdigest()
    same = Delivery.objects.filter(source=source, body_digest=digest, state=DeliveryState.REFUSED)
    if not same.update(times=F("times") + 1):
        delivery = Delivery.objects.create(
            practice_id=source.practice_id,
            source=source,
            received_at=now,
            body_digest=digest,
            state=DeliveryState.REFUSED,
            message=message[:300],
        )
        DeliveryBody.objects.create(practice_id=source.practice_id, delivery=delivery, received_at=now, body=body)


def note_failure(delivery: Delivery, error: Exception, *, now: datetime, message: str = "") -> None:
    """Schedule the next try, each four times later than the one before; after the fifth it waits for a person."""
    delivery.tries += 1
    delivery.message = (message or f"Processing failed ({type(error).__name__})")[:300]
    given_up = delivery.tries >= MAX_TRIES
    delivery.state = DeliveryState.FAILED if given_up else DeliveryState.WAITING
    delivery.due_at = None if given_up else now + FIRST_RETRY_AFTER * 4 ** (delivery.tries - 1)
    delivery.save(update_fields=["tries", "message", "state", "due_at"])


def _process(
    delivery: Delivery, entries: Sequence[Entry], *, now: datetime, corrects: ReadingKey | None = None
) -> Taken:
    """Match, store, count and evaluate, in the caller's transaction.

    A measurement that was in the future when the body was received stays refused, however late it is processed; the
    `received_at` of a reading is that of its body.
    """
    practice_id, received_at = delivery.practice_id, delivery.received_at
    numbered = [(n, entry) for n, entry in enumerate(entries) if isinstance(entry, Measurement)]
    retracted = [(n, entry) for n, entry in enumerate(entries) if isinstance(entry, Retraction)]
    matches: dict[int, MatchedReading | RefusedEntry] = {}
    if numbered:
        numbers = [n for n, _ in numbered]
        results = match_measurements(practice_id, [m for _, m in numbered], now=received_at, entries=numbers)
        matches = dict(zip(numbers, results, strict=True))
        matches = corrected_matches(practice_id, matches, dict(numbered), now=received_at)
    matched = {n: match for n, match in matches.items() if isinstance(match, MatchedReading)}
    sent = sent_by_device(matched)
    matched = {n: match for n, match in matched.items() if n not in sent} if sent else matched
    sender_id = delivery.source.sender_id
    versions = ReadingVersions(practice_id, sender_id, delivery.pk, now=now, received_at=received_at)
    names = names_of([entry for _, entry in numbered]) | names_of([entry for _, entry in retracted])
    if names:
        lock_sender(sender_id, alone=bool(retracted) or any(entry.amended for _, entry in numbered))
    silent = (
        lock_standings(practice_id, {match.holder.enrollment_id for match in matched.values()}) if matched else set()
    )
    if delivery.source.vendor.sends_pulse_apart:
        matched = join_pulses(practice_id, matched, now=now)
    if names:
        versions.load(names)
    outcomes = keep_readings(delivery, versions, matched, retracted, now=received_at, corrects=corrects)
    outcomes |= dict.fromkeys(sent, EntryResult("known", SENT_ALREADY))
    versions.finish()
    new = [(versions.fresh[n], matched[n]) for n in sorted(versions.fresh)]
    if silent:
        end_silence({match.holder.enrollment_id for _, match in new} & silent, now=now)
    evaluate(practice_id, new, now=now)
    refused = {n: entry for n, entry in enumerate(entries) if isinstance(entry, RefusedEntry)}
    refused |= {n: match for n, match in matches.items() if isinstance(match, RefusedEntry)}
    for n, entry in list(refused.items()):
        if entry.name[1] and versions.is_taken_back(n, entry):
            outcomes[n] = EntryResult("taken_back")
            del refused[n]
        else:
            message = entry.message or UnmatchedReading.Reason(entry.reason).label
            outcomes[n] = EntryResult("unmatched", message, entry.reason)
    store_unmatched(delivery, [*refused.values(), *versions.to_review], now=now)
    heard = [entry for entry in entries if isinstance(entry, ContactEntry)]
    note_contact(practice_id, [*heard, *fast_clocks(refused.values(), now=received_at)], now=now)
    unlink_accounts(delivery.source, [entry.account for entry in entries if isinstance(entry, UnlinkNotice)], now=now)
    for n, noted in enumerate(entries):
        if isinstance(noted, ContactEntry | NoReading | UnlinkNotice):
            outcomes[n] = EntryResult("heard", noted.message if isinstance(noted, NoReading) else "")
    counts = Counter(outcome.result for outcome in outcomes.values())
    return Taken(
        new=counts["new"],
        known=counts["known"],
        unmatched=counts["unmatched"],
        heard=counts["heard"],
        taken_back=counts["taken_back"],
        results=tuple(outcomes[n] for n in range(len(entries))),
        new_readings=versions.fresh,
    )
