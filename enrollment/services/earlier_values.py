"""Values that a change of a patient or an enrollment replaces: earlier days keep them as recorded facts."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError

from enrollment.models import EarlierProvider, Enrollment, Patient, QualifyingVisit
from enrollment.services.billing_facts import record_fact
from rpm_portal.accounts.models import User
from rpm_portal.core.days import local_day


def last_visit_on(patient: Patient, *, on: date) -> date | None:
    """The last visit of a patient by a day, of the person's card and of the recorded ones. One statement."""
    rows = QualifyingVisit.objects.filter(patient=patient, voided_at__isnull=True, visited_on__lte=on)
    days = [*rows.values_list("visited_on", flat=True), *filter(None, [patient.established_on])]
    return max((day for day in days if day <= on), default=None)


def keep_earlier_visit(patient: Patient, *, visited_on: date, document: str, by: User, now: datetime) -> None:
    """Record the visit that a later "last visit" replaces, so that dates of service before the later one keep it."""
    rows = QualifyingVisit.objects.filter(patient=patient, visited_on=visited_on, voided_at__isnull=True)
    if not rows.exists():
        source = document or "last visit on the enrollment card"
        record_fact(
            QualifyingVisit,
            patient=patient,
            source=source,
            by=by,
            now=now,
            visited_on=visited_on,
            kind="other",
            seen_by="this practice",
        )


def keep_earlier_provider(enrollment: Enrollment, *, from_day: date | None, by: User, now: datetime) -> None:
    """Record who bills and supervises an enrollment up to the day before another one takes over.

    Raises ValidationError if that day lies in the future.
    """
    today = local_day(now, enrollment.practice.zone)
    first_day = from_day or today
    if first_day > today:
        raise ValidationError({"from_day": "This day is in the future. Change the provider once it has come."})
    if enrollment.started_on is None or first_day <= enrollment.started_on:
        return
    record_fact(
        EarlierProvider,
        patient=enrollment.patient,
        source="change of the enrollment",
        by=by,
        now=now,
        enrollment=enrollment,
        billing_provider=enrollment.billing_provider,
        supervised_by=enrollment.supervised_by,
        ends_on=first_day - timedelta(days=1),
    )
