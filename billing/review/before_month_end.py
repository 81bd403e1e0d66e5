"""The open work before a month ends: unsigned days, calls without a note, documents that expire.

The lines are forecast by the same engine, nightly from the twentieth on (`billing.tasks.start_due_closes`). This
module lists what a person can still do about them.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, Q
from django.db.models.functions import TruncDate

from billing.review.ending_papers import ending_papers
from enrollment.documents_in_force import documents_in_force
from enrollment.models import Coverage, Enrollment, Patient
from enrollment.queries import served_in
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.days import Month
from timetracking.models import Call, TimeEntry
from timetracking.staff_days.signatures import signed_days

EXPIRY_NOTICE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Ending:
    """A document of an enrollment that expires, with its last day."""

    enrollment: Enrollment
    on: date
    what: str


def unsigned_days(practice: Practice, month: Month, *, today: date) -> list[dict[str, object]]:
    """People with unsigned work days before today: the number of days and the first one. Four statements."""
    if not practice.days_signed:
        return []
    month_only = Q(started_at__gte=month.starts_at(practice.zone), started_at__lt=month.ends_at(practice.zone))
    day = TruncDate("started_at", tzinfo=ZoneInfo(practice.zone))
    entries = TimeEntry.objects.standing().filter(month_only, practice=practice).values_list("staff", day)
    calls = Call.objects.standing().filter(month_only, practice=practice).values_list("called_by", day)
    # A day is signed if the last of its work was on file before the signature.
    last_filed = [*entries.annotate(Max("entered_at")), *calls.annotate(Max("logged_at"))]
    signed = signed_days(practice, first_day=month.first_day, last_day=month.last_day)
    worked = {
        (staff, on) for staff, on, filed_at in last_filed if (staff, on) not in signed or signed[staff, on] < filed_at
    }
    days_of: dict[int, list[date]] = defaultdict(list)
    for staff, on in worked:
        if on < today:
            days_of[staff].append(on)
    people = User.objects.in_bulk(days_of)
    by_most_days = sorted(days_of.items(), key=lambda item: (-len(item[1]), item[0]))
    return [{"staff": people[staff], "days": len(days), "since": min(days)} for staff, days in by_most_days]


def calls_without_text(practice: Practice, month: Month) -> list[Call]:
    """The month's live calls without a note, at most 200. One statement."""
    rows = Call.objects.standing().filter(practice=practice, is_live=True, showed="", decided="")
    rows = rows.filter(started_at__gte=month.starts_at(practice.zone), started_at__lt=month.ends_at(practice.zone))
    rows = rows.exclude(addenda__isnull=False)
    return list(rows.select_related("enrollment__patient", "called_by").order_by("started_at")[:200])


def addresses_missing(practice: Practice, month: Month) -> list[Patient]:
    """Patients served in the month whose address lacks a part that every claim needs. Two statements."""
    ids = served_in(practice.pk, month.first_day, month.last_day)
    rows = Patient.objects.for_practice(practice).filter(enrollments__in=ids)
    missing = Q(street="") | Q(city="") | Q(state="") | Q(postal_code="")
    return list(rows.filter(missing).distinct().order_by("family_name", "given_name", "pk"))


def running_out(practice: Practice, month: Month) -> list[Ending]:
    """Orders, consents and coverage that end in the month or two weeks after it, soonest first; with prior
    authorizations and therapy plans. Nine statements.
    """
    last_day, until = month.last_day, month.last_day + EXPIRY_NOTICE
    ids = served_in(practice.pk, month.first_day, last_day)
    expiring: list[tuple[int, date, str]] = []
    patients: dict[int, int] = {}
    served = documents_in_force(ids, first_day=month.first_day, last_day=last_day).values()
    for documents in served:
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
    expiring += ending_papers([one for one in served if one.enrollment.discharged_on is None], month)
    covered: dict[int, date] = {}
    rows = Coverage.objects.filter(patient__in=patients).filter(Q(ends_on=None) | Q(ends_on__gte=month.first_day))
    for patient_id, ends_on in rows.values_list("patient", "ends_on"):
        covered[patient_id] = max(covered.get(patient_id, date.min), ends_on or date.max)
    expiring += [
        (patients[pk], end, "The coverage ends. Ask for the new card.") for pk, end in covered.items() if end <= until
    ]
    shown = Enrollment.objects.select_related("patient").in_bulk([pk for pk, _, _ in expiring])
    return [Ending(shown[pk], on, what) for pk, on, what in sorted(expiring, key=lambda entry: (entry[1], entry[0]))]
