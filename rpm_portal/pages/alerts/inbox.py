"""What the inbox shows, and the one gesture that closes an alert and logs its minutes."""

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
PAGE = 50
MOST_MINUTES = 60
WHY_NO_TIMER = "Reviewed an alert; the timer was not running"


def colleagues(practice: Practice, *, today: date) -> list[Membership]:
    """Who can own an alert today. One statement."""
    rows = Membership.objects.filter(practice=practice).select_related("user").order_by("user__family_name", "pk")
    return [row for row in rows if may(row.role, Permission.REVIEW_READINGS) and row.holds_on(today)]


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of alerts with the counts that its tabs show."""

    page: "Page[Any]"
    counts: dict[str, int]


def waiting(practice: Practice, filters: dict[str, str], *, user: User) -> Any:
    """The alerts that wait, as the filters narrow them."""
    found = Alert.objects.filter(practice=practice).exclude(state=AlertState.CLOSED)
    kind = AlertKind.ADHERENCE if filters.get("kind") == AlertKind.ADHERENCE else AlertKind.CLINICAL
    found = found.filter(kind=kind)
    if filters.get("who") == "mine":
        found = found.filter(owner__user=user)
    if filters.get("severity") in Severity.values:
        found = found.filter(severity=filters["severity"])
    if filters.get("program") in {"RPM", "RTM"}:
        found = found.filter(enrollment__program=filters["program"])
    if filters.get("state") in {AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.ESCALATED}:
        found = found.filter(state=filters["state"])
    return found


def inbox(practice: Practice, filters: dict[str, str], *, user: User, page: str | None) -> Inbox:
    """One page, the gravest and longest waiting first, with every step of each. Four statements, whatever it holds."""
    found = waiting(practice, filters, user=user).annotate(gravity=GRAVITY_ORDER)
    found = found.select_related("enrollment__patient", "reading", "owner__user").prefetch_related(
        Prefetch("steps", queryset=AlertStep.objects.select_related("by", "to__user"))
    )
    every = Alert.objects.filter(practice=practice).exclude(state=AlertState.CLOSED)
    counts = every.aggregate(
        clinical=Count("pk", filter=Q(kind=AlertKind.CLINICAL)),
        adherence=Count("pk", filter=Q(kind=AlertKind.ADHERENCE)),
        critical=Count("pk", filter=Q(kind=AlertKind.CLINICAL, severity=Severity.CRITICAL)),
        mine=Count("pk", filter=Q(owner__user=user)),
    )
    return Inbox(Paginator(found.order_by("gravity", "opened_at", "pk"), PAGE).get_page(page), counts)


def news(practice: Practice, filters: dict[str, str], *, user: User, since: datetime) -> int:
    """How many alerts were opened, became critical, or were passed on after a moment. One statement."""
    stirred = AlertStep.objects.filter(at__gt=since, kind__in=["opened", "worsened", "escalated", "unanswered"])
    found = waiting(practice, filters, user=user).filter(pk__in=stirred.filter(practice=practice).values("alert"))
    return int(found.count())


def proposals(practice: Practice, enrollment_id: int | None = None) -> list[LimitProposal]:
    """Limits that a provider is asked about. One statement."""
    found = LimitProposal.objects.filter(practice=practice, decided_at__isnull=True)
    if enrollment_id is not None:
        found = found.filter(enrollment=enrollment_id)
    return list(found.select_related("enrollment__patient", "made_by").order_by("made_at")[:50])


def outreach(practice: Practice) -> list[Outreach]:
    """Who is to be reached, the earliest day first. One statement."""
    found = Outreach.objects.filter(practice=practice, done_at__isnull=True)
    return list(found.select_related("enrollment__patient", "owner__user").order_by("due_on", "pk")[:100])


@transaction.atomic
def close_and_log(
    *, alert: Alert, conclusion: str, note: str, minutes: int, by: Membership, now: datetime
) -> tuple[Review, TimeEntry | None]:
    """Close an alert and log the minutes it took, in one gesture: both or neither.

    Raises Refused with a sentence; nothing was kept then.
    """
    review = review_alert(alert=alert, conclusion=conclusion, note=note, by=by.user, now=now)
    if not minutes:
        return review, None
    entry = add_entry(
        enrollment=alert.enrollment, activity="review", started_at=now - timedelta(minutes=minutes), stopped_at=now,
        reason=WHY_NO_TIMER, staff=by, by=by, now=now,
    )  # fmt: skip
    return review, entry


def month_of_alerts(practice: Practice, *, month: Month) -> dict[str, Any]:
    """Alerts of a month: each patient's, the share acted upon, and the median minutes to the first look.

    Acted upon is whatever was closed by a person with something else than "expected". Two statements.
    """
    start, end = month.starts_at(practice.zone), month.ends_at(practice.zone)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH looked AS (
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
            FROM looked l JOIN enrollment_enrollment e ON e.id = l.enrollment_id
            JOIN enrollment_patient p ON p.id = e.patient_id
            GROUP BY GROUPING SETS ((e.id, e.public_id, p.public_id, p.family_name, p.given_name, e.program), ())
            ORDER BY 1 DESC, 7 DESC, p.family_name LIMIT 501
            """,
            [practice.pk, start, end],
        )
        names = (
            "is_total", "enrollment", "patient", "family", "given", "program", "every", "critical", "acted", "late",
            "median",
        )  # fmt: skip
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["share"] = f"{100 * row['acted'] // row['every']} %" if row["every"] else ""
        row["median"] = "" if row["median"] is None else f"{row['median']:.0f} min"
    total = rows[0] if rows and rows[0]["every"] else None
    return {"total": total, "rows": rows[1:], "month": month}
