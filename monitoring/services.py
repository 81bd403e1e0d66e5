"""What a person sets and concludes: sources, limits, reviews."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from enrollment.models import Enrollment
from monitoring.models import Alert, AlertState, Conclusion, Review, Source, Standing, Threshold
from monitoring.queries import open_alerts_by_severity
from rpm_portal.accounts.models import Practice, User
from rpm_portal.history import save_with_reason

MOVES: dict[str, set[str]] = {
    AlertState.OPEN: {AlertState.ACKNOWLEDGED, AlertState.ESCALATED, AlertState.CLOSED},
    AlertState.ESCALATED: {AlertState.ACKNOWLEDGED, AlertState.CLOSED},
    AlertState.ACKNOWLEDGED: {AlertState.CLOSED},
    AlertState.CLOSED: set(),
}


class IllegalMove(Exception):
    """A change of state that is not in the table; the message is for the user."""


def digest_of(key: str) -> str:
    """What is kept of a source's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def open_source(*, practice: Practice, name: str, shape: str, now: datetime) -> tuple[Source, str]:
    """Make a sender and its key. The key is shown this once; only its digest is kept."""
    key = secrets.token_urlsafe(32)
    source = Source.objects.create(practice=practice, name=name, shape=shape, key_digest=digest_of(key), made_at=now)
    return source, key


def set_threshold(*, enrollment: Enrollment, metric: str, by: User, part: int = 1, **limits: Any) -> Threshold:
    """Set a patient's range for a metric; the former range stays in its history. Raises ValidationError."""
    threshold = Threshold.objects.filter(enrollment=enrollment, metric=metric, part=part).first() or Threshold(
        practice_id=enrollment.practice_id, enrollment=enrollment, metric=metric, part=part
    )
    for name, value in limits.items():
        setattr(threshold, name, value)
    threshold.set_by = by
    threshold.full_clean()
    save_with_reason(threshold, reason="Limits set", by=by)
    return threshold


@transaction.atomic
def review_alert(*, alert: Alert, conclusion: str, note: str, by: User, now: datetime) -> Review:
    """Close an alert with what came of it. Raises IllegalMove where somebody has closed it already."""
    standing = Standing.objects.select_for_update().get(enrollment=alert.enrollment_id)
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if AlertState.CLOSED not in MOVES[alert.state]:
        raise IllegalMove("This alert is closed already. Reload the chart to see by whom.")
    review = Review.objects.create(
        practice_id=alert.practice_id,
        enrollment_id=alert.enrollment_id,
        alert=alert,
        conclusion=conclusion,
        note=note,
        reviewed_to=now,
        reviewed_by=by,
        reviewed_at=now,
    )
    alert.state = AlertState.CLOSED
    save_with_reason(alert, reason=f"Closed: {review.get_conclusion_display()}", by=by, fields=["state"])
    standing.open_critical, standing.open_high = open_alerts_by_severity([alert.enrollment_id]).get(
        alert.enrollment_id, (0, 0)
    )
    standing.save(update_fields=["open_critical", "open_high"])
    return review


@transaction.atomic
def mark_reviewed(*, enrollment: Enrollment, by: User, now: datetime, note: str = "") -> Review:
    """Say that the readings up to this moment were looked at."""
    Standing.objects.get_or_create(enrollment=enrollment, defaults={"practice_id": enrollment.practice_id})
    standing = Standing.objects.select_for_update().get(enrollment=enrollment)
    standing.reviewed_to = now
    standing.save(update_fields=["reviewed_to"])
    return Review.objects.create(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        conclusion=Conclusion.READ,
        note=note,
        reviewed_to=now,
        reviewed_by=by,
        reviewed_at=now,
    )


def hold_readings(enrollment_ids: list[int]) -> datetime:
    """Let no reading of these enrollments in until the transaction ends; returns the database's clock now.

    Intake takes the same rows first, in the same order: what it has begun is finished, what comes later waits.
    """
    list(Standing.objects.filter(enrollment__in=enrollment_ids).order_by("enrollment_id").select_for_update())
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    return moment
