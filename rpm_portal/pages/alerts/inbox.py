"""Queries of the alerts inbox, and the service that closes an alert and logs its minutes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import (
    Count,
    Prefetch,
    Q,
    QuerySet,
)

from monitoring.alerts.same_reading import close_reading, with_lead_only
from monitoring.models import (
    Alert,
    AlertKind,
    AlertObserver,
    AlertState,
    AlertStep,
    LimitProposal,
    Outreach,
    Review,
    Severity,
)
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.access import Permission, may
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.alerts.cards import AlertCard, cards_of
from timetracking.models import TimeEntry
from timetracking.timers import add_entry

FILTERS = ("kind", "who", "severity", "program", "state")
PAGE_SIZE = 50
WHY_NO_TIMER = "Reviewed an alert; the timer was not running"


def colleagues(practice: Practice, *, today: date) -> list[Membership]:
    """The members who can own an alert today. One statement."""
    rows = Membership.objects.filter(practice=practice).select_related("user").order_by("user__family_name", "pk")
    return [row for row in rows if may(row.role, Permission.REVIEW_READINGS) and row.holds_on(today)]


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page of alert cards, and the counts on its tabs."""

    page: "Page[Any]"
    cards: list[AlertCard]
    counts: dict[str, int]


def filtered_alerts(practice: Practice, filters: dict[str, str], *, user: User) -> QuerySet[Alert]:
    """The alerts that are not closed and match the filters."""
    rows = Alert.objects.filter(practice=practice).exclude(state=AlertState.CLOSED)
    kind = AlertKind.ADHERENCE if filters.get("kind") == AlertKind.ADHERENCE else AlertKind.CLINICAL
    rows = rows.filter(kind=kind)
    if filters.get("who") == "mine":
        rows = rows.filter(owner__user=user)
    if filters.get("who") == "following":
        followed = AlertObserver.objects.filter(practice=practice, member__user=user)
        rows = rows.filter(enrollment__in=followed.values("enrollment"))
    if filters.get("severity") in Severity.values:
        rows = rows.filter(severity=filters["severity"])
    if filters.get("program") in {"RPM", "RTM"}:
        rows = rows.filter(enrollment__program=filters["program"])
    if filters.get("state") in {AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.ESCALATED}:
        rows = rows.filter(state=filters["state"])
    return rows


def inbox(practice: Practice, filters: dict[str, str], *, user: User, page: str | None, now: datetime) -> Inbox:
    """One page, most severe and then oldest first, one card for each reading. Nine statements."""
    rows = with_lead_only(filtered_alerts(practice, filters, user=user))
    rows = rows.select_related("enrollment__patient", "reading", "owner__user").prefetch_related(
        Prefetch("steps", queryset=AlertStep.objects.select_related("by", "to__user"))
    )
    shown = Paginator(rows.order_by("gravity", "opened_at", "pk"), PAGE_SIZE).get_page(page)
    return Inbox(shown, cards_of(practice, list(shown), now=now), counts_of(practice, user=user))


def counts_of(practice: Practice, *, user: User) -> dict[str, int]:
    """The open alerts of a practice by kind, one for each reading. One statement."""
    followed = AlertObserver.objects.filter(practice=practice, member__user=user)
    all_open = with_lead_only(Alert.objects.filter(practice=practice).exclude(state=AlertState.CLOSED))
    return all_open.aggregate(
        clinical=Count("pk", filter=Q(kind=AlertKind.CLINICAL)),
        adherence=Count("pk", filter=Q(kind=AlertKind.ADHERENCE)),
        critical=Count("pk", filter=Q(kind=AlertKind.CLINICAL, severity=Severity.CRITICAL)),
        mine=Count("pk", filter=Q(owner__user=user)),
        following=Count("pk", filter=Q(enrollment__in=followed.values("enrollment"))),
    )


def news(practice: Practice, filters: dict[str, str], *, user: User, since: datetime) -> int:
    """The number of alerts that were opened, became critical, or were escalated after `since`. One statement."""
    steps = AlertStep.objects.filter(at__gt=since, kind__in=["opened", "worsened", "escalated", "unanswered"])
    rows = filtered_alerts(practice, filters, user=user).filter(pk__in=steps.filter(practice=practice).values("alert"))
    return int(rows.count())


def proposals(practice: Practice, enrollment_id: int | None = None) -> list[LimitProposal]:
    """Open proposals to change a limit. One statement."""
    rows = LimitProposal.objects.filter(practice=practice, decided_at__isnull=True)
    if enrollment_id is not None:
        rows = rows.filter(enrollment=enrollment_id)
    return list(rows.select_related("enrollment__patient", "made_by").order_by("made_at")[:50])


def outreach(practice: Practice) -> list[Outreach]:
    """Open outreach tasks, earliest due day first. One statement."""
    rows = Outreach.objects.filter(practice=practice, done_at__isnull=True)
    return list(rows.select_related("enrollment__patient", "owner__user").order_by("due_on", "pk")[:100])


@transaction.atomic
def close_and_log(
    *,
    alert: Alert,
    conclusion: str,
    note: str,
    worked: tuple[datetime, datetime] | None,
    by: Membership,
    now: datetime,
) -> tuple[Review, TimeEntry | None]:
    """Close the alerts of a reading and log the time it took, in one transaction.

    `worked` is from when to when, if no timer ran. A review cannot begin before the reading was on file. Raises Refused
    with a sentence; then nothing is stored.
    """
    if worked is not None and alert.reading is not None and worked[0] < alert.reading.received_at.replace(second=0):
        raise Refused("The review cannot begin before the reading was received. Correct the time it began.")
    review = close_reading(alert=alert, conclusion=conclusion, note=note, by=by.user, now=now)
    if worked is None:
        return review, None
    entry = add_entry(
        enrollment=alert.enrollment,
        activity="review",
        started_at=worked[0],
        stopped_at=worked[1],
        reason=WHY_NO_TIMER,
        staff=by,
        by=by,
        now=now,
    )
    return review, entry
