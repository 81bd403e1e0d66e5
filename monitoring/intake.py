"""Taking readings in: body, readings, days, alerts and standings in one transaction; nothing acknowledged is lost."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from monitoring.alerting import evaluate
from monitoring.ingest import BadBody, Entry, Heard, Measurement, Refused, Retracted, ToPull, entries_of
from monitoring.models import Delivery, DeliveryState, Shape, Source, UnmatchedReading
from monitoring.silence import end_silence
from monitoring.storing import Placed, hold, insert_new, note_contact, place
from monitoring.versions import amended, take_back
from rpm_portal.hot import hot_cursor
from rpm_portal.tenancy import new_public_id

log = logging.getLogger(__name__)
# A body with at least so many entries is looked up first: the very same one was answered before.
LOOK_UP = 100
MOST_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery.

    `results` says it of each entry of a FHIR body in order: new, known, unmatched, heard, taken_back. `later` is set
    where the body is kept and waits for the worker, as the delivery `kept_as`; the counts are then 0.
    """

    new: int = 0
    known: int = 0
    unmatched: int = 0
    heard: int = 0
    taken_back: int = 0
    later: bool = False
    kept_as: int | None = field(default=None, compare=False)
    results: tuple[str, ...] = field(default=(), compare=False)

    def counts(self) -> dict[str, int]:
        """As it is kept with the delivery."""
        told = {"new": self.new, "known": self.known, "unmatched": self.unmatched, "heard": self.heard}
        return told | {"taken_back": self.taken_back}


def take_in(*, source: Source, body: bytes, now: datetime, by: Any = None, corrects: int | None = None) -> Taken:
    """Keep a body, then its readings, days, standings and alerts, all in one transaction.

    Safe to run twice and at once with itself: the same measurement is one reading. A large body, and one whose working
    failed, is kept for the worker (`later`). Raises BadBody where it is nothing of this source's shape; it is kept
    among the refused then, so that it can be played again once the shape is understood.
    """
    digest = hashlib.sha256(body).hexdigest()
    try:
        entries = entries_of(source.shape, body, source.weight_unit)
    except BadBody as error:
        _keep_refused(source, body, digest, str(error), now=now)
        raise
    except Exception as error:  # a parser's own fault must lose nothing either
        log.error("a parser failed on a body of source %s: %s", source.pk, type(error).__name__)
        return _keep_failed(source, body, digest, by, error, now=now)
    later = len(entries) > settings.INTAKE_AT_ONCE or any(isinstance(entry, ToPull) for entry in entries)
    try:
        with transaction.atomic():
            if len(entries) >= LOOK_UP and (answered := _answered_before(source, digest)) is not None:
                return answered
            expected = None if later else _as_expected(entries).counts()
            delivery_pk = _keep(source, body, digest, by, waits=later, now=now, outcome=expected)
            if later:
                return Taken(later=True, kept_as=delivery_pk)
            delivery = Delivery(pk=delivery_pk, practice_id=source.practice_id, source=source, received_at=now)
            taken = _work_through(delivery, entries, now=now, corrects=corrects)
            if taken.counts() != expected:
                Delivery.objects.filter(pk=delivery_pk).update(outcome=taken.counts())
            return taken
    except Exception as error:  # the edge: whatever failed, the body is kept and tried again
        log.error("a delivery of source %s failed in the request: %s", source.pk, type(error).__name__)
        return _keep_failed(source, body, digest, by, error, now=now)


def _as_expected(entries: Sequence[Entry]) -> Taken:
    """What becomes of a body where every measurement is new and finds its place, as nearly all do."""
    kinds = Counter(type(entry) for entry in entries)
    return Taken(new=kinds[Measurement], unmatched=kinds[Refused], heard=kinds[Heard])


def _keep(
    source: Source,
    body: bytes,
    digest: str,
    by: Any,
    *,
    waits: bool,
    now: datetime,
    outcome: dict[str, int] | None = None,
) -> int:
    """Keep a body; returns its number. The hottest statement of the door, so the ORM is left out."""
    told = json.dumps(outcome) if outcome else None
    with hot_cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO monitoring_delivery (practice_id, public_id, source_id, sent_by_id, received_at, body,
                body_digest, state, said, tries, due_at, times, outcome)
            VALUES (%s::bigint, %s, %s::bigint, %s::bigint, %s::timestamptz, %s::bytea, %s, %s, '', 0,
                    %s::timestamptz, 1, %s::jsonb) RETURNING id
            """,
            [source.practice_id, new_public_id(), source.pk, by.pk if by is not None else None, now, body, digest,
             DeliveryState.WAITING if waits else DeliveryState.DONE,
             now if waits else None, told],
        )  # fmt: skip
        return int(cursor.fetchall()[0][0])


@transaction.atomic
def _keep_failed(source: Source, body: bytes, digest: str, by: Any, error: Exception, *, now: datetime) -> Taken:
    """Keep a body whose working failed, to be tried again."""
    delivery = Delivery.objects.get(pk=_keep(source, body, digest, by, waits=True, now=now))
    note_failure(delivery, error, now=now)
    return Taken(later=True, kept_as=delivery.pk)


@transaction.atomic
def work(delivery_pk: int, *, now: datetime) -> Taken | None:
    """Work a kept delivery through, or once more. Safe to run twice; None where somebody else is at it.

    What could not be placed before and can be now is placed; where it still fails, the next try waits longer, and the
    fifth is the last.
    """
    rows = Delivery.objects.select_for_update(of=("self",), skip_locked=True).select_related("source")
    delivery = rows.filter(pk=delivery_pk).first()
    if delivery is None:
        return None
    try:
        with transaction.atomic():
            entries = entries_of(delivery.source.shape, bytes(delivery.body), delivery.source.weight_unit)
            if any(isinstance(entry, ToPull) for entry in entries):
                return None
            taken = _work_through(delivery, entries, now=now)
    except BadBody as error:
        delivery.state, delivery.said, delivery.due_at = DeliveryState.REFUSED, str(error)[:300], None
        delivery.save(update_fields=["state", "said", "due_at"])
        return None
    except Exception as error:  # parked with its name, and others flow
        log.error("delivery %s failed: %s", delivery.public_id, type(error).__name__)
        note_failure(delivery, error, now=now)
        return None
    delivery.state, delivery.said, delivery.due_at = DeliveryState.DONE, "", None
    delivery.outcome = taken.counts()
    delivery.save(update_fields=["state", "said", "due_at", "outcome"])
    return taken


def _answered_before(source: Source, digest: str) -> Taken | None:
    """The answer to the very same body, where all of it found its place; its count goes up by one."""
    same = Delivery.objects.filter(source=source, body_digest=digest, state=DeliveryState.DONE, outcome__unmatched=0)
    found = same.defer("body").first()
    if found is None:
        return None
    Delivery.objects.filter(pk=found.pk).update(times=F("times") + 1)
    told: dict[str, int] = found.outcome or {}
    readings = told["new"] + told["known"] + told.get("taken_back", 0)
    return Taken(known=readings, heard=told.get("heard", 0), results=("known",) * readings)


def _keep_refused(source: Source, body: bytes, digest: str, said: str, *, now: datetime) -> None:
    """Keep what was not understood, once, with the count of how often it came."""
    same = Delivery.objects.filter(source=source, body_digest=digest, state=DeliveryState.REFUSED)
    if not same.update(times=F("times") + 1):
        Delivery.objects.create(
            practice_id=source.practice_id, source=source, received_at=now, body=body, body_digest=digest,
            state=DeliveryState.REFUSED, said=said[:300],
        )  # fmt: skip


def note_failure(delivery: Delivery, error: Exception, *, now: datetime, said: str = "") -> None:
    """Try again later, each time four times later; after the fifth it waits for a person."""
    delivery.tries += 1
    delivery.said = (said or f"Working it through failed ({type(error).__name__})")[:300]
    given_up = delivery.tries >= MOST_TRIES
    delivery.state = DeliveryState.FAILED if given_up else DeliveryState.WAITING
    delivery.due_at = None if given_up else now + FIRST_WAIT * 4 ** (delivery.tries - 1)
    delivery.save(update_fields=["tries", "said", "state", "due_at"])


def _work_through(delivery: Delivery, entries: Sequence[Entry], *, now: datetime, corrects: int | None = None) -> Taken:
    """Place, store, count and evaluate. The caller's transaction holds it together.

    What lay in the future when the body came stays so, however late it is worked through; a reading was received when
    its body was.
    """
    practice_id, received_at = delivery.practice_id, delivery.received_at
    measured = [entry for entry in entries if isinstance(entry, Measurement)]
    found = place(practice_id, measured, now=received_at) if measured else []
    placed = [each for each in found if isinstance(each, Placed)]
    silent = hold(practice_id, {each.holder.enrollment_id for each in placed}) if placed else set()
    fresh = insert_new(practice_id, delivery.pk, placed, now=received_at, corrects=corrects)
    if len(fresh) < len(placed):
        not_new = [(n, each) for n, each in enumerate(placed) if n not in fresh]
        fresh |= amended(practice_id, delivery.pk, not_new, now=now)
    new = [(fresh[n], placed[n]) for n in sorted(fresh)]
    if silent:
        end_silence({each.holder.enrollment_id for _, each in new} & silent, now=now)
    evaluate(practice_id, new, now=now)
    back = take_back(practice_id, [entry for entry in entries if isinstance(entry, Retracted)], now=now)
    refused = [entry for entry in entries if isinstance(entry, Refused)]
    refused += [each for each in found if isinstance(each, Refused)]
    unmatched = park(delivery, refused, now=now)
    heard = [entry for entry in entries if isinstance(entry, Heard)]
    note_contact(practice_id, heard, now=now)
    return Taken(
        new=len(new),
        known=len(placed) - len(new),
        unmatched=unmatched,
        heard=len(heard),
        taken_back=back,
        results=_results(entries, found, fresh) if delivery.source.shape == Shape.FHIR else (),
    )


def _results(entries: Sequence[Entry], found: Sequence[Placed | Refused], fresh: dict[int, int]) -> tuple[str, ...]:
    """What became of each entry, in order."""
    told, places, at = [], iter(found), 0
    for entry in entries:
        if isinstance(entry, Measurement):
            if isinstance(next(places), Refused):
                told.append("unmatched")
            else:
                told.append("new" if at in fresh else "known")
                at += 1
        elif isinstance(entry, Refused):
            told.append("unmatched")
        else:
            told.append("taken_back" if isinstance(entry, Retracted) else "heard")
    return tuple(told)


def unmatched_digest(entry: Refused) -> str:
    """The same part refused for the same reason waits once."""
    return hashlib.sha256(json.dumps([entry.payload, entry.reason], sort_keys=True, default=str).encode()).hexdigest()


def park(delivery: Delivery, refused: Sequence[Refused], *, now: datetime) -> int:
    """Keep what could not be placed, and resolve what this delivery could not place before and has now."""
    digests = [unmatched_digest(entry) for entry in refused]
    if delivery.outcome is not None or delivery.tries or delivery.state != DeliveryState.DONE:
        waiting = UnmatchedReading.objects.filter(delivery=delivery, resolved_at__isnull=True)
        waiting.exclude(digest__in=digests).update(resolved_at=now, resolution=UnmatchedReading.Resolution.PLACED)
    rows = [
        UnmatchedReading(
            practice_id=delivery.practice_id,
            delivery=delivery,
            serial=entry.serial[:60],
            # A bare null would be no value at all to the database.
            payload=entry.payload if isinstance(entry.payload, dict) else {"entry": entry.payload},
            reason=entry.reason,
            said=entry.said[:200],
            received_at=now,
            digest=digest,
        )
        for entry, digest in zip(refused, digests, strict=True)
    ]
    if rows:
        UnmatchedReading.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
