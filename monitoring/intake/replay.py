"""Replay of stored deliveries: one, or all that wait; fetching announced data; and setting a reading aside."""

from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction

from enrollment.events import DeviceAssigned
from monitoring.ingest import BadBody, PullNotice, entries_of
from monitoring.ingest.vendors import withings
from monitoring.intake import take_in
from monitoring.intake.withings_pull import Pull, PullError
from monitoring.models import Delivery, DeliveryBody, DeliveryState, UnmatchedReading
from rpm_portal.accounts.models import User
from rpm_portal.core.refusals import Refused

NO_PULL = "Nothing fetches it: PORTAL_WITHINGS_CLIENT_ID is not set"
RETRY_PULL_AFTER = timedelta(hours=1)
DEAD_STATES = (DeliveryState.REFUSED, DeliveryState.FAILED)
DEVICE_REASONS = (UnmatchedReading.Reason.UNKNOWN_DEVICE, UnmatchedReading.Reason.NOT_ASSIGNED)


def announced(delivery_pk: int) -> PullNotice | None:
    """What a stored delivery only announces; None if its body contains the readings or is no longer stored."""
    delivery = Delivery.objects.select_related("source").get(pk=delivery_pk)
    if delivery.source.shape != withings.VENDOR.shape:
        return None
    body = delivery.body
    if body is None:
        return None
    try:
        entries = entries_of(delivery.source.shape, body)
    except BadBody:
        return None
    return next((entry for entry in entries if isinstance(entry, PullNotice)), None)


def fetch(delivery_pk: int, announcement: PullNotice, *, pull: Pull | None, now: datetime) -> None:
    """Fetch announced data and store it; if that fails the announcement waits for the next try. Safe to run twice."""
    delivery = Delivery.objects.select_related("source").get(pk=delivery_pk)
    if delivery.state != DeliveryState.WAITING:
        return
    if pull is None:
        Delivery.objects.filter(pk=delivery_pk).update(message=NO_PULL, due_at=now + RETRY_PULL_AFTER)
        return
    try:
        counts: Counter[str] = Counter()
        for page in pull(delivery.source, announcement):
            counts.update(take_in.take_in(source=delivery.source, body=page, now=now).counts())
    except (PullError, BadBody) as error:
        take_in.note_failure(delivery, error, now=now, message=str(error))
        return
    Delivery.objects.filter(pk=delivery_pk).update(
        state=DeliveryState.DONE, outcome=dict(counts), message="", due_at=None
    )


@transaction.atomic
def play_again(*, delivery: Delivery, now: datetime) -> None:
    """Queue a delivery to be processed again, with all its tries.

    Raises Refused if it is being processed, or its body is no longer stored.
    """
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if not DeliveryBody.objects.filter(practice=delivery.practice_id, delivery=delivery).exists():
        raise Refused(take_in.NO_BODY)
    if delivery.state == DeliveryState.WAITING and delivery.due_at and delivery.due_at <= now:
        raise Refused("It is being worked through.")
    delivery.state, delivery.tries, delivery.due_at, delivery.message = DeliveryState.WAITING, 0, now, ""
    delivery.save(update_fields=["state", "tries", "due_at", "message"])


def play_all_again(practice_id: int, *, now: datetime) -> int:
    """Queue every delivery that was refused or given up, or has an unmatched reading. Returns how many.

    A delivery whose body is no longer stored is not changed.
    """
    rows = Delivery.objects.filter(practice=practice_id, kept_body__isnull=False)
    waiting = UnmatchedReading.objects.filter(practice=practice_id, resolved_at__isnull=True).values("delivery")
    selected = rows.filter(state__in=DEAD_STATES) | rows.filter(pk__in=waiting)
    return selected.exclude(state=DeliveryState.WAITING).update(
        state=DeliveryState.WAITING, tries=0, due_at=now, message=""
    )


def queue_for_device(event: DeviceAssigned) -> int:
    """Queue the deliveries with readings that wait for this device. Returns how many; a sweep then processes them.

    Readings of times at which the device is assigned to nobody keep waiting. One statement.
    """
    waiting = UnmatchedReading.objects.filter(
        practice=event.practice_id, serial=event.serial, resolved_at__isnull=True, reason__in=DEVICE_REASONS
    )
    rows = Delivery.objects.filter(
        practice=event.practice_id, kept_body__isnull=False, pk__in=waiting.values("delivery")
    )
    return rows.exclude(state=DeliveryState.WAITING).update(
        state=DeliveryState.WAITING, tries=0, due_at=event.starts_at, message=""
    )


@transaction.atomic
def set_aside(*, reading: UnmatchedReading, note: str, by: User, now: datetime) -> UnmatchedReading:
    """Resolve an unmatched reading as one that will not be matched; it stays stored.

    Raises Refused without a note, or if it is resolved already.
    """
    reading = UnmatchedReading.objects.select_for_update().get(pk=reading.pk)
    if reading.resolved_at is not None:
        raise Refused("This was decided already.")
    if not note.strip():
        raise Refused("Write the reason why it is dismissed.")
    reading.resolved_at, reading.resolved_by, reading.resolution_note = now, by, note.strip()[:300]
    reading.resolution = UnmatchedReading.Resolution.SET_ASIDE
    reading.save(update_fields=["resolved_at", "resolved_by", "resolution_note", "resolution"])
    return reading
