"""The kept sums of a month, set anew from its rows whenever one of them changes."""

from datetime import datetime

from rpm_portal.access import Role
from rpm_portal.days import Month, local_day
from timetracking.models import NON_BILLABLE, Call, MonthTotal, TimeEntry
from timetracking.spans import union_seconds

PROVIDERS = {Role.PHYSICIAN, Role.QHP, Role.THERAPIST}
STAFF = {Role.CLINICAL_STAFF, Role.THERAPIST_ASSISTANT}


def refresh_totals(row: TimeEntry | Call) -> None:
    """Recount the months a row touches, under a lock on the totals, in the transaction of the row."""
    zone = row.practice.zone
    end = row.ended_at if isinstance(row, Call) else (row.stopped_at or row.started_at)
    month = Month.of(local_day(row.started_at, zone))
    last = Month.of(local_day(end, zone))
    while month <= last:
        _recount(row.practice_id, row.enrollment_id, month, zone)
        month = month.plus(1)


def _recount(practice_id: int, enrollment_id: int, month: Month, zone: str) -> None:
    key = {"enrollment_id": enrollment_id, "month": month.first_day}
    MonthTotal.objects.get_or_create(**key, defaults={"practice_id": practice_id})
    total = MonthTotal.objects.select_for_update().get(**key)
    provider, staff, live, last = month_sums(enrollment_id, month.starts_at(zone), month.ends_at(zone))
    total.provider_seconds, total.staff_seconds, total.live_contacts = provider, staff, live
    total.last_live_on = local_day(last, zone) if last else None
    total.save(update_fields=["provider_seconds", "staff_seconds", "live_contacts", "last_live_on"])


def month_sums(enrollment_id: int, start: datetime, end: datetime) -> tuple[int, int, int, datetime | None]:
    """Provider seconds, further staff seconds, live contacts and the last of them, counted from the rows.

    Two people at the same moment count once: the staff's seconds are those the providers do not cover already.
    """
    rows = TimeEntry.objects.standing().filter(enrollment=enrollment_id, stopped_at__gt=start, started_at__lt=end)
    provider, everybody = [], []
    for role, activity, began, ended in rows.values_list("role", "activity", "started_at", "stopped_at"):
        if activity in NON_BILLABLE or role not in PROVIDERS | STAFF:
            continue
        span = (max(began, start), min(ended, end))
        everybody.append(span)
        if role in PROVIDERS:
            provider.append(span)
    own = union_seconds(provider)
    calls = Call.objects.standing().filter(
        enrollment=enrollment_id, is_live=True, started_at__gte=start, started_at__lt=end
    )
    moments = sorted(calls.values_list("started_at", flat=True))
    return own, union_seconds(everybody) - own, len(moments), moments[-1] if moments else None
