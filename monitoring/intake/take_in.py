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

from monitoring.alerts.evaluate import evaluate
from monitoring.alerts.silence import end_silence
from monitoring.ingest import BadBody, Entry, Heard, Measurement, RefusedEntry, Retracted, ToPull, entries_of
from monitoring.intake.keep_readings import keep_readings
from monitoring.intake.unmatched_rows import park
from monitoring.models import Delivery, DeliveryBody, DeliveryState, Source, UnmatchedReading
from monitoring.models.reading_keys import ReadingKey
from monitoring.readings.lifecycle import Keeper
from monitoring.readings.sender_lines import EntryResult
from monitoring.readings.sender_queries import lock_sender, named, taken_back_since
from monitoring.readings.store import MatchedReading, hold, note_contact, place
from rpm_portal.core.db.prepared_statements import hot_cursor
from rpm_portal.core.db.tenancy import new_public_id

log = logging.getLogger(__name__)
# A body with at least so many entries is looked up first: the very same one was answered before.
LOOK_UP = 100
MOST_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
NO_BODY = "The body is no longer kept; it cannot be tried again."


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery.

    `results` says it of each entry of the body in order: new, known, unmatched, heard or taken_back, with a sentence
    where there is more to say; it is empty where the very same body was answered before. `later` is set where the body
    is kept and waits for the worker, as the delivery `kept_as`; the counts are then 0.
    """

    new: int = 0
    known: int = 0
    unmatched: int = 0
    heard: int = 0
    taken_back: int = 0
    later: bool = False
    kept_as: int | None = field(default=None, compare=False)
    results: tuple[EntryResult, ...] = field(default=(), compare=False)

    def counts(self) -> dict[str, int]:
        """As it is kept with the delivery."""
        told = {"new": self.new, "known": self.known, "unmatched": self.unmatched, "heard": self.heard}
        return told | {"taken_back": self.taken_back}


def take_in(*, source: Source, body: bytes, now: datetime, by: Any = None, corrects: ReadingKey | None = None) -> Taken:
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
            if len(entries) >= LOOK_UP and not _names_any(entries):
                answered = _answered_before(source, digest)
                if answered is not None:
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
    return Taken(new=kinds[Measurement], unmatched=kinds[RefusedEntry], heard=kinds[Heard])


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
            WITH kept AS (
              INSERT INTO monitoring_delivery (practice_id, public_id, source_id, sent_by_id, received_at, body_digest,
                  state, said, tries, due_at, times, outcome)
              VALUES (%s::bigint, %s, %s::bigint, %s::bigint, %s::timestamptz, %s, %s, '', 0, %s::timestamptz, 1,
                      %s::jsonb)
              RETURNING id, practice_id, received_at)
            INSERT INTO monitoring_deliverybody (delivery_id, practice_id, received_at, body)
            SELECT id, practice_id, received_at, %s::bytea FROM kept RETURNING delivery_id
            """,
            [source.practice_id, new_public_id(), source.pk, by.pk if by is not None else None, now, digest,
             DeliveryState.WAITING if waits else DeliveryState.DONE, now if waits else None, told, body],
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
    body = delivery.body
    if body is None and delivery.state != DeliveryState.WAITING:
        return None  # what became of it stays as it is
    try:
        with transaction.atomic():
            if body is None:
                raise BadBody(NO_BODY)
            entries = entries_of(delivery.source.shape, body, delivery.source.weight_unit)
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


def _names_any(entries: Sequence[Entry]) -> bool:
    """Whether a body says more than plain measurements: said again, it may count anew."""
    return any(isinstance(each, Retracted) or (isinstance(each, Measurement) and each.vendor_id) for each in entries)


def _answered_before(source: Source, digest: str) -> Taken | None:
    """The answer to the very same body, where all of it found its place and nothing of the sender's was taken back.

    Its count goes up by one.
    """
    same = Delivery.objects.filter(source=source, body_digest=digest, state=DeliveryState.DONE, outcome__unmatched=0)
    found = same.first()
    if found is None or taken_back_since(source.sender_id, found.pk):
        return None
    Delivery.objects.filter(pk=found.pk).update(times=F("times") + 1)
    told: dict[str, int] = found.outcome or {}
    readings = told["new"] + told["known"] + told.get("taken_back", 0)
    return Taken(known=readings, heard=told.get("heard", 0))


@transaction.atomic
def _keep_refused(source: Source, body: bytes, digest: str, said: str, *, now: datetime) -> None:
    """Keep what was not understood, once, with the count of how often it came."""
    same = Delivery.objects.filter(source=source, body_digest=digest, state=DeliveryState.REFUSED)
    if not same.update(times=F("times") + 1):
        delivery = Delivery.objects.create(
            practice_id=source.practice_id, source=source, received_at=now, body_digest=digest,
            state=DeliveryState.REFUSED, said=said[:300],
        )  # fmt: skip
        DeliveryBody.objects.create(practice_id=source.practice_id, delivery=delivery, received_at=now, body=body)


def note_failure(delivery: Delivery, error: Exception, *, now: datetime, said: str = "") -> None:
    """Try again later, each time four times later; after the fifth it waits for a person."""
    delivery.tries += 1
    delivery.said = (said or f"Working it through failed ({type(error).__name__})")[:300]
    given_up = delivery.tries >= MOST_TRIES
    delivery.state = DeliveryState.FAILED if given_up else DeliveryState.WAITING
    delivery.due_at = None if given_up else now + FIRST_WAIT * 4 ** (delivery.tries - 1)
    delivery.save(update_fields=["tries", "said", "state", "due_at"])


def _work_through(
    delivery: Delivery, entries: Sequence[Entry], *, now: datetime, corrects: ReadingKey | None = None
) -> Taken:
    """Place, store, count and evaluate. The caller's transaction holds it together.

    What lay in the future when the body came stays so, however late it is worked through; a reading was received when
    its body was.
    """
    practice_id, received_at = delivery.practice_id, delivery.received_at
    numbered = [(n, entry) for n, entry in enumerate(entries) if isinstance(entry, Measurement)]
    retracted = [(n, entry) for n, entry in enumerate(entries) if isinstance(entry, Retracted)]
    found: dict[int, MatchedReading | RefusedEntry] = {}
    if numbered:
        numbers = [n for n, _ in numbered]
        places = place(practice_id, [m for _, m in numbered], now=received_at, entries=numbers)
        found = dict(zip(numbers, places, strict=True))
    placed = {n: each for n, each in found.items() if isinstance(each, MatchedReading)}
    sender_id = delivery.source.sender_id
    keeper = Keeper(practice_id, sender_id, delivery.pk, now=now, received_at=received_at)
    names = named([entry for _, entry in numbered]) | named([entry for _, entry in retracted])
    if names:
        lock_sender(sender_id, alone=bool(retracted) or any(entry.amended for _, entry in numbered))
    silent = hold(practice_id, {each.holder.enrollment_id for each in placed.values()}) if placed else set()
    if names:
        keeper.load(names)
    outcomes = keep_readings(delivery, keeper, placed, retracted, now=received_at, corrects=corrects)
    keeper.finish()
    new = [(keeper.fresh[n], placed[n]) for n in sorted(keeper.fresh)]
    if silent:
        end_silence({each.holder.enrollment_id for _, each in new} & silent, now=now)
    evaluate(practice_id, new, now=now)
    refused = {n: entry for n, entry in enumerate(entries) if isinstance(entry, RefusedEntry)}
    refused |= {n: each for n, each in found.items() if isinstance(each, RefusedEntry)}
    for n, entry in list(refused.items()):
        if entry.name[1] and keeper.is_taken_back(n, entry):
            outcomes[n] = EntryResult("taken_back")
            del refused[n]
        else:
            outcomes[n] = EntryResult("unmatched", entry.said or UnmatchedReading.Reason(entry.reason).label)
    park(delivery, [*refused.values(), *keeper.to_look_at], now=now)
    heard = [entry for entry in entries if isinstance(entry, Heard)]
    note_contact(practice_id, heard, now=now)
    counts = Counter(outcome.result for outcome in outcomes.values())
    return Taken(
        new=counts["new"],
        known=counts["known"],
        unmatched=counts["unmatched"],
        heard=len(heard),
        taken_back=counts["taken_back"],
        results=tuple(outcomes.get(n, EntryResult("heard")) for n in range(len(entries))),
    )
