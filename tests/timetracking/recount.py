"""A month's totals counted second by second, to compare the stored totals with."""

from datetime import timedelta

from rpm_portal.core.days import Month
from timetracking.models import NON_BILLABLE, Call, TimeEntry
from timetracking.months.totals import PROVIDERS, STAFF

SECOND = timedelta(seconds=1)


def month_sums(enrollment_id: int, month: Month, zone: str) -> tuple[int, int, int]:
    """Provider seconds, further staff seconds, live contacts."""
    start, end = month.starts_at(zone), month.ends_at(zone)
    provider, everybody = set(), set()
    for entry in TimeEntry.objects.filter(enrollment=enrollment_id, voided_at=None, stopped_at__isnull=False):
        if entry.activity in NON_BILLABLE or entry.role not in PROVIDERS | STAFF:
            continue
        moment = max(entry.started_at, start)
        while moment < min(entry.stopped_at, end):
            everybody.add(moment)
            if entry.role in PROVIDERS:
                provider.add(moment)
            moment += SECOND
    calls = Call.objects.filter(
        enrollment=enrollment_id, is_live=True, voided_at=None, started_at__gte=start, started_at__lt=end
    )
    return len(provider), len(everybody - provider), calls.count()
