"""A patient's death: the day after which nothing counts, and the end of monitoring."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment.models import EnrollmentState, Patient
from enrollment.services.moves import discharge
from enrollment.services.patients import change_patient
from rpm_portal.accounts.models import User
from rpm_portal.core.days import local_day

RUNNING = (EnrollmentState.ACTIVE, EnrollmentState.PAUSED)


@transaction.atomic
def record_death(*, patient: Patient, on: date, source: str, by: User, now: datetime) -> Patient:
    """Record the day of death and who reported it, and end all monitoring of the patient.

    Monitoring ends on that day; if that day can no longer be entered, today. No day after the death counts in either
    case. Raises ValidationError for a day in the future, before the birth or before monitoring began, or no source.
    """
    patient = Patient.objects.select_for_update(of=("self",)).select_related("practice").get(pk=patient.pk)
    today = local_day(now, patient.practice.zone)
    if not source.strip():
        raise ValidationError({"reason": "Write who reported the death, for example: daughter by phone."})
    if on > today:
        raise ValidationError({"on": "This day is in the future. Enter the day on which the patient died."})
    if on < patient.born_on:
        raise ValidationError({"on": f"The patient was born on {patient.born_on:%Y-%m-%d}. Check the date of death."})
    running = list(patient.enrollments.filter(state__in=RUNNING).order_by("pk"))
    for row in running:
        if row.started_on is not None and on < row.started_on:
            began = f"{row.started_on:%Y-%m-%d}"
            raise ValidationError({"on": f"Monitoring began on {began}, after that day. Check the date of death."})
    reason = f"Patient died: {source.strip()}"
    patient = change_patient(patient=patient, reason=reason[:100], by=by, now=now, died_on=on)
    for row in running:
        try:
            discharge(enrollment=row, on=on, reason=reason, by=by, now=now)
        except ValidationError:
            discharge(enrollment=row, on=today, reason=reason, by=by, now=now)
    return patient
