"""The numbers next to items of the navigation: what is open and waits for a person. Few statements a number."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from enrollment.models import Enrollment
from monitoring.alerts.same_reading import with_lead_only
from monitoring.models import Alert, AlertKind, AlertState
from monitoring.queries import unmatched
from rpm_portal.accounts.models import Membership
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow, has_permission
from rpm_portal.pages.to_sign.queries import to_sign
from rpm_portal.pages.worklist.models import WorklistRow
from timetracking.threads.queries import inbox_counts
from timetracking.timer.bar import day_so_far


def patients_now(member: Membership, *, now: datetime) -> int:
    """Patients in the section Now of the practice's worklist. One statement."""
    return int(WorklistRow.objects.listed(member.practice).filter(band=1).count())


def open_alerts(member: Membership, *, now: datetime) -> int:
    """Readings with open clinical alerts that are this person's or nobody's. One statement."""
    rows = Alert.objects.filter(practice=member.practice, kind=AlertKind.CLINICAL).exclude(state=AlertState.CLOSED)
    mine = Q(owner=member) | Q(owner__isnull=True)
    return int(with_lead_only(rows.filter(mine)).count())


def unanswered_threads(member: Membership, *, now: datetime) -> int:
    """Threads that wait for an answer and are this person's or nobody's. One statement."""
    return inbox_counts(member, now=now)["mine"]


def waits_for_signature(member: Membership, *, now: datetime) -> int:
    """What waits for a provider's signature or decision. About eight statements."""
    return to_sign(member, now=now).count


def unfinished_enrollments(member: Membership, *, now: datetime) -> int:
    """Enrollments that have not started. One statement."""
    return int(Enrollment.objects.for_practice(member.practice).filter(state__in=["draft", "ready"]).count())


def unmatched_readings(member: Membership, *, now: datetime) -> int:
    """Readings without a patient. One statement."""
    return sum(unmatched(member.practice_id).values())


def unconfirmed_time(member: Membership, *, now: datetime) -> int:
    """Timers of this person that stopped automatically and wait for confirmation. One statement."""
    return day_so_far(member.user, member.practice, now=now)["unsettled"]


# The name in `navigation.Item.count`: the permission to see the item, whether the number is urgent, its word for screen
# readers, and the function that counts.
Count = Callable[..., int]
COUNTS: dict[str, tuple[Permission, bool, str, Count]] = {
    "worklist": (Permission.SEE_PATIENTS, False, "now", patients_now),
    "alerts": (Permission.SEE_PATIENTS, True, "open", open_alerts),
    "messages": (Permission.READ_TEXT, False, "to answer", unanswered_threads),
    "to_sign": (Permission.SIGN_ORDERS, False, "to sign", waits_for_signature),
    "enrollment": (Permission.ENROLL, False, "not started", unfinished_enrollments),
    "unmatched": (Permission.REVIEW_READINGS, False, "open", unmatched_readings),
    "my_day": (Permission.TRACK_TIME, False, "to confirm", unconfirmed_time),
}


@allow(Permission.SEE_PATIENTS)
@require_GET
def counts(request: PortalRequest) -> HttpResponse:
    """The numbers of the person's navigation, as elements that htmx puts next to the items. No patient is named."""
    now, rows = timezone.now(), []
    for name, (needs, urgent, word, count) in COUNTS.items():
        if has_permission(request.membership, needs):
            rows.append({"name": name, "urgent": urgent, "word": word, "number": count(request.membership, now=now)})
    return render(request, "ui/_counts.html", {"rows": rows})
