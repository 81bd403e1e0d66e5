"""Playing kept deliveries again: one, or all that wait; fetching what was announced; setting a reading aside."""

from datetime import datetime, timedelta

from django.db import transaction

from monitoring.ingest import BadBody, ToPull, entries_of
from monitoring.ingest.vendors.withings import period
from monitoring.intake import take_in
from monitoring.intake.withings_pull import Pull, PullTrouble
from monitoring.models import Delivery, DeliveryBody, DeliveryState, Shape, UnmatchedReading
from rpm_portal.accounts.models import User
from rpm_portal.core.refusals import Refused

NO_PULL = "Nothing fetches it: PORTAL_WITHINGS_PULL is not set"
ASK_AGAIN = timedelta(hours=1)
DEAD = (DeliveryState.REFUSED, DeliveryState.FAILED)


def announced(delivery_pk: int) -> ToPull | None:
    """What a kept delivery only announces; None where it holds the readings themselves or has no body any more."""
    delivery = Delivery.objects.select_related("source").get(pk=delivery_pk)
    if delivery.source.shape != Shape.WITHINGS:
        return None
    body = delivery.body
    if body is None:
        return None
    try:
        entries = entries_of(delivery.source.shape, body)
    except BadBody:
        return None
    return next((entry for entry in entries if isinstance(entry, ToPull)), None)


def fetch(delivery_pk: int, told: ToPull, *, pull: Pull | None, now: datetime) -> None:
    """Fetch what was announced and take it in; the announcement waits on where that fails. Safe to run twice."""
    delivery = Delivery.objects.select_related("source").get(pk=delivery_pk)
    if delivery.state != DeliveryState.WAITING:
        return
    if pull is None:
        Delivery.objects.filter(pk=delivery_pk).update(said=NO_PULL, due_at=now + ASK_AGAIN)
        return
    try:
        taken = take_in.take_in(source=delivery.source, body=pull(told.account, *period(told)), now=now)
    except (PullTrouble, BadBody) as error:
        take_in.note_failure(delivery, error, now=now, said=str(error))
        return
    Delivery.objects.filter(pk=delivery_pk).update(
        state=DeliveryState.DONE, outcome=taken.counts(), said="", due_at=None
    )


@transaction.atomic
def play_again(*, delivery: Delivery, now: datetime) -> None:
    """Let a delivery be worked through once more, with all its tries.

    Raises Refused where it is under way, or its body is no longer kept.
    """
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if not DeliveryBody.objects.filter(practice=delivery.practice_id, delivery=delivery).exists():
        raise Refused(take_in.NO_BODY)
    if delivery.state == DeliveryState.WAITING and delivery.due_at and delivery.due_at <= now:
        raise Refused("It is being worked through.")
    delivery.state, delivery.tries, delivery.due_at, delivery.said = DeliveryState.WAITING, 0, now, ""
    delivery.save(update_fields=["state", "tries", "due_at", "said"])


def play_all_again(practice_id: int, *, now: datetime) -> int:
    """Every delivery that was refused or given up, or holds a reading that waits for a place. Returns how many.

    One whose body is no longer kept stays as it is.
    """
    rows = Delivery.objects.filter(practice=practice_id, kept_body__isnull=False)
    waiting = UnmatchedReading.objects.filter(practice=practice_id, resolved_at__isnull=True).values("delivery")
    found = rows.filter(state__in=DEAD) | rows.filter(pk__in=waiting)
    return found.exclude(state=DeliveryState.WAITING).update(state=DeliveryState.WAITING, tries=0, due_at=now, said="")


@transaction.atomic
def set_aside(*, reading: UnmatchedReading, why: str, by: User, now: datetime) -> UnmatchedReading:
    """Decide that a reading finds no place; it stays kept. Raises Refused without a reason, or once done."""
    reading = UnmatchedReading.objects.select_for_update().get(pk=reading.pk)
    if reading.resolved_at is not None:
        raise Refused("This was decided already.")
    if not why.strip():
        raise Refused("Write why it finds no place.")
    reading.resolved_at, reading.resolved_by, reading.why = now, by, why.strip()[:300]
    reading.resolution = UnmatchedReading.Resolution.SET_ASIDE
    reading.save(update_fields=["resolved_at", "resolved_by", "why", "resolution"])
    return reading
