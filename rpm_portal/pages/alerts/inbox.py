"""Queries of the alerts inbox, and the service that closes an alert and logs its minutes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import Count, Prefetch, Q

from monitoring.alerts.handle import review_alert
from monitoring.models import (
    Alert,
    AlertKind,
    AlertState,
    AlertStep,
    LimitProposal,
    Outreach,
    Review,
    Severity,
)
from monitoring.queries import GRAVITY_ORDER
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.access import Permission, may
from rpm_portal.core.days import Month
from timetracking.models import TimeEntry
from timetracking.timers import add_entry

FILTERS = ("kind", "who", "severity", "program", "state")
PAGE_SIZE = 50
MAX_MINUTES = 60
WHY_NO_TIMER = "Reviewed an alert; the timer was not running"


def colleagues(practice: Practice, *, today: date) -> list[Membership]:
    """The members who can own an alert today. One statement."""
    rows = Membership.objects.filter(practice=practice).select_related("user").order_by("user__family_name", "pk")
    return [row for row in rows if may(row.role, Permission.REVIEW_READINGS) and row.holds_on(today)]


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page of alerts, and the counts on its tabs."""

    page: "Page[Any]"
    counts: dict[str, int]


def filtered_alerts(practice: Practice, filters: dict[str, str], *, user: User) -> Any:
    """The alerts that are not closed and match the filters."""
    rows = Alert.objects.filter(practice=practice).exclude(state=AlertState.CLOSED)
    kind = AlertKind.ADHERENCE if filters.get("kind") == AlertKind.ADHERENCE else AlertKind.CLINICAL
    rows = rows.filter(kind=kind)
    if filters.get("who") == "mine":
        rows = rows.filter(owner__user=user)
    if filters.get("severity") in Severity.values:
        rows = rows.filter(severity=filters["severity"])
    if filters.get("program") in {"RPM", "RTM"}:
        rows = rows.filter(enrollment__program=filters["program"])
    if filters.get("state") in {AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.ESCALATED}:
        rows = rows.filter(state=filters["state"])
    return rows


def inbox(practice: Practice, filters: dict[str, str], *, user: User, page: str | None) -> Inbox:
    """One page, most severe and then oldest first, each alert with its steps. Four statements."""
    rows = filtered_alerts(practice, filters, user=user).annotate(gravity=GRAVITY_ORDER)
    rows = rows.select_related("enrollment__patient", "reading", "owner__user").prefetch_related(
        Prefetch("steps", queryset=AlertStep.objects.select_related("by", "to__user"))
    )
    all_open = Alert.objects.filter(practice=practice).exclude(state=AlertState.CLOSED)
    counts = all_open.aggregate(
        clinical=Count("pk", filter=Q(kind=AlertKind.CLINICAL)),
        adherence=Count("pk", filter=Q(kind=AlertKind.ADHERENCE)),
        critical=Count("pk", filter=Q(kind=AlertKind.CLINICAL, severity=Severity.CRITICAL)),
        mine=Count("pk", filter=Q(owner__user=user)),
    )
    return Inbox(Paginator(rows.order_by("gravity", "opened_at", "pk"), PAGE_SIZE).get_page(page), counts)


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
    *, alert: Alert, conclusion: str, note: str, minutes: int, by: Membership, now: datetime
) -> tuple[Review, TimeEntry | None]:
    """Close an alert and log the minutes it took, in one transaction.

    Raises Refused with a sentence; then nothing is stored.
    """
    review = review_alert(alert=alert, conclusion=conclusion, note=note, by=by.user, now=now)
    if not minutes:
        return review, None
    entry = add_entry(
        enrollment=alert.enrollment,
        activity="review",
        started_at=now - timedelta(minutes=minutes),
        stopped_at=now,
        reason=WHY_NO_TIMER,
        staff=by,
        by=by,
        now=now,
    )
    return review, entry


def month_of_alerts(practice: Practice, *, month: Month) -> dict[str, Any]:
    """Alerts of a month by enrollment: their number, the share acted upon, the median minutes to the first review.

    An alert was acted upon if a person closed it with another conclusion than "expected". Two statements.
    """
    start, end = month.starts_at(practice.zone), month.ends_at(practice.zone)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH alert AS (
              SELECT a.id, a.enrollment_id, a.severity,
                     (SELECT min(s.at) FROM monitoring_alertstep s
                      WHERE s.alert_id = a.id AND s.kind IN ('taken', 'closed')) - a.opened_at AS waited,
                     (SELECT r.conclusion FROM monitoring_review r WHERE r.alert_id = a.id LIMIT 1) AS conclusion,
                     EXISTS (SELECT 1 FROM monitoring_alertstep s
                             WHERE s.alert_id = a.id AND s.kind = 'escalated') AS late
              FROM monitoring_alert a
              WHERE a.practice_id = %s AND a.kind = 'clinical' AND a.opened_at >= %s AND a.opened_at < %s)
            SELECT GROUPING(e.id) = 1 AS total, e.public_id, p.public_id, p.family_name, p.given_name, e.program,
                   count(*), count(*) FILTER (WHERE l.severity = 'critical'),
                   count(*) FILTER (WHERE l.conclusion IS NOT NULL AND l.conclusion <> 'expected'),
                   count(*) FILTER (WHERE l.late),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM l.waited) / 60)
            FROM alert l JOIN enrollment_enrollment e ON e.id = l.enrollment_id
            JOIN enrollment_patient p ON p.id = e.patient_id
            GROUP BY GROUPING SETS ((e.id, e.public_id, p.public_id, p.family_name, p.given_name, e.program), ())
            ORDER BY 1 DESC, 7 DESC, p.family_name LIMIT 501
            """,
            [practice.pk, start, end],
        )
        names = (
            "is_total",
            "enrollment",
            "patient",
            "family",
            "given",
            "program",
            "every",
            "critical",
            "acted",
            "late",
            "median",
        )
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["share"] = f"{100 * row['acted'] // row['every']} %" if row["every"] else ""
        row["median"] = "" if row["median"] is None else f"{row['median']:.0f} min"
    total = rows[0] if rows and rows[0]["every"] else None
    return {"total": total, "rows": rows[1:], "month": month}
