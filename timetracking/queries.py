"""Queries for time and calls: one statement for any number of enrollments."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import QuerySet

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.db.compiled_querysets import Prepared
from timetracking.intervals.spans import seconds
from timetracking.models import (
    NON_BILLABLE,
    Activity,
    ActivityName,
    Call,
    MonthTotal,
    StartPolicy,
    StartRule,
    TimeEntry,
    TimePolicy,
    Visit,
)
from timetracking.timers import not_billable_reason, running_timer


def calls_between(enrollment_ids: Iterable[int], *, start: datetime, end: datetime) -> dict[int, list[Call]]:
    """Calls, not voided, that began in [start, end), by enrollment, oldest first. One statement."""
    by_enrollment: dict[int, list[Call]] = defaultdict(list)
    for row in _CALLS_BETWEEN(ids=list(enrollment_ids), start=start, end=end):
        by_enrollment[row.enrollment_id].append(row)
    return by_enrollment


def _calls_between(ids: list[int], start: datetime, end: datetime) -> QuerySet[Call]:
    rows = Call.objects.standing().filter(enrollment__any_of=ids, started_at__gte=start, started_at__lt=end)
    return rows.order_by("started_at", "pk")


_CALLS_BETWEEN = Prepared(_calls_between, ids=list, start=datetime, end=datetime)


def visits_between(patient_ids: Iterable[int], *, start: datetime, end: datetime) -> dict[int, list[Visit]]:
    """Visits, not voided, that overlap [start, end), by patient, oldest first. One statement."""
    by_patient: dict[int, list[Visit]] = defaultdict(list)
    for row in _VISITS(patients=list(patient_ids), start=start, end=end):
        by_patient[row.patient_id].append(row)
    return by_patient


def _visits(patients: list[int], start: datetime, end: datetime) -> QuerySet[Visit]:
    rows = Visit.objects.standing().filter(patient__any_of=patients, ended_at__gt=start, started_at__lt=end)
    return rows.select_related("provider").order_by("started_at", "pk")


_VISITS = Prepared(_visits, patients=list, start=datetime, end=datetime)


class CareSpell(NamedTuple):
    """The seconds of one program, role and day, with the public IDs of their entries."""

    seconds: int = 0
    entries: tuple[str, ...] = ()


CareTime = dict[tuple[str, str, date], CareSpell]


def care_time(patient_ids: Iterable[int], *, month: Month, zone: str) -> dict[int, CareTime]:
    """Billable seconds of a month in programs other than RPM and RTM, by patient and (program, role, local day on which
    the work began). One statement.
    """
    start, end = month.starts_at(zone), month.ends_at(zone)
    by_patient: dict[int, CareTime] = defaultdict(lambda: defaultdict(CareSpell))
    for patient_id, program, role, began, ended, public_id in _CARE(patients=list(patient_ids), start=start, end=end):
        first = max(began, start)
        key = program, role, local_day(first, zone)
        spent, entries = by_patient[patient_id][key]
        by_patient[patient_id][key] = CareSpell(spent + seconds(first, min(ended, end)), (*entries, public_id))
    return by_patient


def _care(
    patients: list[int], start: datetime, end: datetime
) -> QuerySet[TimeEntry, tuple[int, str, str, datetime, datetime, str]]:
    rows = TimeEntry.objects.standing().filter(
        enrollment__patient__any_of=patients, stopped_at__gt=start, started_at__lt=end
    )
    rows = rows.exclude(program__in=["RPM", "RTM"]).exclude(activity__in=NON_BILLABLE)
    columns = ("enrollment__patient_id", "program", "role", "started_at", "stopped_at", "public_id")
    return rows.order_by("started_at", "pk").values_list(*columns)


_CARE = Prepared(_care, patients=list, start=datetime, end=datetime)


def activities_of(practice_id: int) -> list[tuple[str, str]]:
    """The activities a practice offers, under its own names if it has any. One statement."""
    by_activity = {row.activity: row for row in ActivityName.objects.filter(practice=practice_id)}
    return [
        (value, by_activity[value].label if value in by_activity else label)
        for value, label in Activity.choices
        if value not in by_activity or by_activity[value].offered
    ]


def ledger(enrollment_id: int, *, month: Month, zone: str) -> list[TimeEntry]:
    """A month's time entries of one enrollment, voided ones too, newest first. One statement."""
    return _LEDGER(enrollment=enrollment_id, start=month.starts_at(zone), end=month.ends_at(zone))


def _ledger(enrollment: int, start: datetime, end: datetime) -> QuerySet[TimeEntry]:
    rows = TimeEntry.objects.filter(enrollment=enrollment, started_at__lt=end).exclude(stopped_at__lte=start)
    return rows.select_related("staff", "entered_by", "voided_by").order_by("-started_at")


_LEDGER = Prepared(_ledger, enrollment=int, start=datetime, end=datetime)


def calls_of(enrollment_id: int) -> list[Call]:
    """The latest calls of one enrollment, twelve at most. One statement."""
    return _CALLS(enrollment=enrollment_id)


def _calls(enrollment: int) -> QuerySet[Call]:
    return Call.objects.filter(enrollment=enrollment).select_related("called_by").order_by("-started_at")[:12]


_CALLS = Prepared(_calls, enrollment=int)


def totals(enrollment_ids: Iterable[int], *, month: Month) -> dict[int, MonthTotal]:
    """The stored totals of a month, by enrollment. One statement."""
    rows = MonthTotal.objects.filter(enrollment__in=list(enrollment_ids), month=month.first_day)
    return {row.enrollment_id: row for row in rows}


def running_since_before(practice_id: int, *, end: datetime) -> int:
    """The number of timers that began before `end` and still run. One statement."""
    return (
        TimeEntry.objects.standing().filter(practice=practice_id, stopped_at__isnull=True, started_at__lt=end).count()
    )


def time_policy(practice_id: int) -> TimePolicy:
    """The practice's rules for time entries; the defaults, not saved, if it has none. One statement."""
    return TimePolicy.objects.filter(practice=practice_id).first() or TimePolicy(practice_id=practice_id)


def chart_start_rule(membership: Membership, enrollment: Enrollment | None, *, now: datetime) -> str:
    """What opening this chart does if no timer runs: ask, automatic, or an empty text. At most two statements."""
    if enrollment is None or not_billable_reason(enrollment, on=local_day(now, enrollment.practice.zone)):
        return ""
    rule = StartPolicy.objects.filter(practice=membership.practice_id, role=membership.role).first()
    if rule is None or rule.starts == StartRule.OFF or running_timer(membership.user) is not None:
        return ""
    return str(rule.starts)


CODE_THRESHOLDS = (10, 20, 40, 60)  # minutes at which the codes of RPM and RTM begin


def around_thresholds(practice_id: int, *, month: Month) -> dict[str, object]:
    """Distribution of a month's totals: `bars` of (minute, enrollments), and `hugged`, the thresholds with far more
    totals just above than just below. One statement.

    Honest time records show no step at a billing threshold; an auditor looks for one.
    """
    rows = MonthTotal.objects.filter(practice=practice_id, month=month.first_day)
    counts = [0] * 71
    for provider, staff in rows.values_list("provider_seconds", "staff_seconds"):
        if provider + staff:
            counts[min(70, (provider + staff) // 60)] += 1
    hugged = []
    for minute in CODE_THRESHOLDS:
        below, above = sum(counts[minute - 2 : minute]), sum(counts[minute : minute + 2])
        if above >= 5 and above >= 3 * max(1, below):
            hugged.append({"minute": minute, "below": below, "above": above})
    return {"bars": list(enumerate(counts)), "most": max(counts), "hugged": hugged, "all": sum(counts)}
