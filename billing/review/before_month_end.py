"""The open work before a month ends: unsigned days, calls without a note, documents that expire.

The lines are forecast by the same engine, nightly from the twentieth on (`billing.tasks.start_due_closes`). This
module lists what a person can still do about them.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from enrollment.documents_in_force import documents_in_force
from enrollment.models import Coverage, Enrollment
from enrollment.queries import served_in
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.days import Month
from timetracking.models import Call

EXPIRY_NOTICE = timedelta(days=14)
_UNSIGNED = """
SELECT w.staff, count(*), min(w.day) FROM (
  SELECT t.staff_id AS staff, (t.started_at AT TIME ZONE %(zone)s)::date AS day FROM timetracking_timeentry t
  WHERE t.practice_id = %(practice)s AND t.voided_at IS NULL AND t.started_at >= %(start)s AND t.started_at < %(end)s
  UNION
  SELECT c.called_by_id, (c.started_at AT TIME ZONE %(zone)s)::date FROM timetracking_call c
  WHERE c.practice_id = %(practice)s AND c.voided_at IS NULL AND c.started_at >= %(start)s AND c.started_at < %(end)s
) w
LEFT JOIN timetracking_daysignature s ON s.practice_id = %(practice)s AND s.staff_id = w.staff AND s.day = w.day
WHERE s.id IS NULL AND w.day < %(today)s GROUP BY w.staff ORDER BY count(*) DESC, w.staff
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """A document of an enrollment that expires, with its last day."""

    enrollment: Enrollment
    on: date
    what: str


def unsigned_days(practice: Practice, month: Month, *, today: date) -> list[dict[str, Any]]:
    """People with unsigned work days before today: the number of days and the first one. Two statements."""
    if not practice.days_signed:
        return []
    start, end = month.starts_at(practice.zone), month.ends_at(practice.zone)
    values: dict[str, Any] = {
        "practice": practice.pk,
        "zone": practice.zone,
        "start": start,
        "end": end,
        "today": today,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNSIGNED, values)
        rows = cursor.fetchall()
    people = User.objects.in_bulk([staff for staff, _, _ in rows])
    return [{"staff": people[staff], "days": days, "since": since} for staff, days, since in rows]


def calls_without_text(practice: Practice, month: Month) -> list[Call]:
    """The month's live calls without a note, at most 200. One statement."""
    rows = Call.objects.standing().filter(practice=practice, is_live=True, showed="", decided="")
    rows = rows.filter(started_at__gte=month.starts_at(practice.zone), started_at__lt=month.ends_at(practice.zone))
    rows = rows.exclude(addenda__isnull=False)
    return list(rows.select_related("enrollment__patient", "called_by").order_by("started_at")[:200])


def running_out(practice: Practice, month: Month) -> list[Ending]:
    """Orders, consents and coverage that end in the month or two weeks after it, soonest first. Eight statements."""
    last_day, until = month.last_day, month.last_day + EXPIRY_NOTICE
    ids = served_in(practice.pk, month.first_day, last_day)
    expiring: list[tuple[int, date, str]] = []
    patients: dict[int, int] = {}
    for documents in documents_in_force(ids, first_day=month.first_day, last_day=last_day).values():
        row = documents.enrollment
        if row.discharged_on is not None:
            continue
        patients.setdefault(row.patient_id, row.pk)
        if documents.order is not None and documents.ordered_to is not None and documents.ordered_to <= until:
            expiring.append((row.pk, documents.ordered_to, "The order ends. A new one is signed before it does."))
        if documents.consent is not None and documents.consented_to is not None:
            expiring.append(
                (row.pk, documents.consented_to, "Consent was withdrawn. Nothing after that day is billed.")
            )
    covered: dict[int, date] = {}
    rows = Coverage.objects.filter(patient__in=patients).filter(Q(ends_on=None) | Q(ends_on__gte=month.first_day))
    for patient_id, ends_on in rows.values_list("patient", "ends_on"):
        covered[patient_id] = max(covered.get(patient_id, date.min), ends_on or date.max)
    expiring += [
        (patients[pk], end, "The coverage ends. Ask for the new card.") for pk, end in covered.items() if end <= until
    ]
    shown = Enrollment.objects.select_related("patient").in_bulk([pk for pk, _, _ in expiring])
    return [Ending(shown[pk], on, what) for pk, on, what in sorted(expiring, key=lambda entry: (entry[1], entry[0]))]
