"""Services of visits billed as evaluation and management, recorded so that their minutes are not billed twice."""

from datetime import datetime

from django.db import transaction

from enrollment.models import Patient
from rpm_portal.accounts.models import Membership, User
from rpm_portal.audit.services import record_change
from timetracking.intervals.refusals import TimeRefused, insert_row, translate_refusals
from timetracking.models import Visit
from timetracking.timers import FUTURE_SLACK, MAX_ENTRY_LENGTH


@transaction.atomic
def record_visit(
    *, patient: Patient, provider: Membership, started_at: datetime, ended_at: datetime, by: Membership, now: datetime
) -> Visit:
    """Record a visit of the patient with a provider.

    Raises TimeRefused for a time in the future, more than four hours, and a closed month.
    """
    if ended_at <= started_at:
        raise TimeRefused("A visit ends after it starts. Enter how long it was.")
    if ended_at > now + FUTURE_SLACK:
        raise TimeRefused("By what was entered the visit ends in the future. Check when it began and how long it was.")
    if ended_at - started_at > MAX_ENTRY_LENGTH:
        raise TimeRefused("A visit is at most four hours long. Check when it began and how long it was.")
    visit = Visit(
        practice_id=patient.practice_id,
        patient=patient,
        provider=provider.user,
        started_at=started_at.replace(microsecond=0),
        ended_at=ended_at.replace(microsecond=0),
        recorded_by=by.user,
        recorded_at=now,
    )
    insert_row(visit)
    record_change(visit, "record_visit", by=by.user, now=now, **{"with": visit.provider_id})
    return visit


@transaction.atomic
def void_visit(*, visit: Visit, reason: str, by: User, now: datetime) -> Visit:
    """Void a visit, with a reason of at least ten characters. Raises TimeRefused."""
    if len(reason.strip()) < 10:
        raise TimeRefused("Enter a reason of at least 10 characters to void this visit.")
    visit = Visit.objects.select_for_update(of=("self",)).select_related("patient", "practice").get(pk=visit.pk)
    if visit.voided_at is not None:
        raise TimeRefused("This visit was voided already.")
    visit.voided_at, visit.void_reason = now, reason.strip()[:300]
    with translate_refusals():
        visit.save(update_fields=["voided_at", "void_reason"])
    record_change(visit, "void_visit", by=by, now=now, **{"with": visit.provider_id})
    return visit
