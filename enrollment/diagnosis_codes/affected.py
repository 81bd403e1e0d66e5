"""Enrollments whose diagnosis is not valid under a release, with the codes that may replace it."""

from dataclasses import dataclass
from datetime import date

from enrollment.diagnosis_codes.validity import unknown_diagnoses, valid_on
from enrollment.models import DiagnosisCode, Enrollment, EnrollmentState
from rpm_portal.accounts.models import Practice

_MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class AffectedDiagnosis:
    """A diagnosis that is not valid on a day: its enrollments, and the more exact codes below it on that day."""

    code: str
    enrollments: list[Enrollment]
    choices: list[DiagnosisCode]


def affected_by(practice: Practice, *, on: date) -> list[AffectedDiagnosis]:
    """The open enrollments of a practice whose diagnosis is not a billable code on a day, by code.

    Four statements, and one for each such code.
    """
    rows = Enrollment.objects.for_practice(practice).exclude(state=EnrollmentState.DISCHARGED).exclude(diagnosis="")
    enrollments = list(rows.select_related("patient").order_by("diagnosis", "patient__family_name", "pk"))
    wrong = {code for code, _ in unknown_diagnoses({(row.diagnosis, on) for row in enrollments})}
    affected = []
    for code in sorted(wrong):
        choices = list(valid_on(on).filter(code__startswith=code, billable=True)[:_MOST_CHOICES])
        affected.append(AffectedDiagnosis(code, [row for row in enrollments if row.diagnosis == code], choices))
    return affected
