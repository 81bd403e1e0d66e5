"""Alerts of one reading: a value of 192/112 breaks two limits and is one event, shown, taken and closed as one."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from monitoring.alerts.handle import hand_over, review_alert, take
from monitoring.models import Alert, AlertState, Review
from monitoring.queries import GRAVITY_ORDER
from rpm_portal.accounts.models import Membership, User
from rpm_portal.core.refusals import Refused


def with_lead_only(rows: QuerySet[Alert]) -> QuerySet[Any]:
    """Of the open alerts of a reading only the gravest, of equal ones the first; alerts without a reading stay."""
    others = Alert.objects.filter(reading=OuterRef("reading")).exclude(state=AlertState.CLOSED)
    others = others.annotate(gravity=GRAVITY_ORDER)
    before = Q(gravity__lt=OuterRef("gravity")) | Q(gravity=OuterRef("gravity"), pk__lt=OuterRef("pk"))
    return rows.annotate(gravity=GRAVITY_ORDER).exclude(Exists(others.filter(before)))


def same_reading(alert: Alert) -> list[Alert]:
    """The open alerts of the alert's reading, the gravest first, with itself; only itself without a reading."""
    if alert.reading_id is None:
        return [alert]
    rows = Alert.objects.filter(practice=alert.practice_id, enrollment=alert.enrollment_id, reading=alert.reading_id)
    found: list[Any] = list(
        rows.exclude(state=AlertState.CLOSED).annotate(gravity=GRAVITY_ORDER).order_by("gravity", "pk")
    )
    return found if alert in found else [alert]


@transaction.atomic
def close_reading(*, alert: Alert, conclusion: str, note: str, by: User, now: datetime) -> Review:
    """Close every open alert of the alert's reading with one conclusion and note; returns the review of `alert`.

    Raises Refused without a note, or if the alert is closed already.
    """
    others = [other for other in same_reading(alert) if other != alert]
    review = review_alert(alert=alert, conclusion=conclusion, note=note, by=by, now=now)
    for other in others:
        review_alert(alert=other, conclusion=conclusion, note=note, by=by, now=now)
    return review


@transaction.atomic
def take_reading(*, alert: Alert, by: Membership, now: datetime) -> Alert:
    """Become the owner of every open alert of a reading. Raises Refused if the alert is closed."""
    taken = [take(alert=one, by=by, now=now) for one in same_reading(alert)]
    return next(one for one in taken if one == alert)


@transaction.atomic
def hand_over_reading(*, alert: Alert, to: Membership, by: User, now: datetime) -> Alert:
    """Give every open alert of a reading to another member. Raises Refused if the alert is closed."""
    handed = [hand_over(alert=one, to=to, by=by, now=now) for one in same_reading(alert)]
    return next(one for one in handed if one == alert)


def open_alert(practice_id: int, enrollment_id: int, public_id: str) -> Alert | None:
    """An alert of an enrollment that is not closed, by its public id; None if there is none."""
    rows = Alert.objects.filter(practice=practice_id, enrollment=enrollment_id, public_id=public_id[:12])
    return rows.exclude(state=AlertState.CLOSED).select_related("reading").first()


def close_with_call(*, alert: Alert, note: str, by: User, now: datetime) -> Review:
    """Close an alert because its patient was reached by phone or video; the call is saved in the same transaction.

    Raises Refused without a note.
    """
    if not note.strip():
        raise Refused("Enter what was said and decided. The alert is closed with these words.")
    return close_reading(alert=alert, conclusion="called", note=note[:2000], by=by, now=now)
