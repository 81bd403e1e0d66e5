"""The documents of an enrollment as they were on file at a past moment."""

from datetime import date, datetime

from django.db.models import QuerySet

from enrollment.documents_in_force import LOOK_BACK, DocumentsInForce, EnrolledRow, fill, relate
from enrollment.models import Consent, Coverage, DeviceAssignment, Enrollment, Episode, Order, Pause, Program
from enrollment.models.billing_fact_rows import facts_as_of
from rpm_portal.audit.models import Event
from rpm_portal.core.as_of import versions


def documents_in_force_as_of(row: Enrollment, *, moment: datetime, first_day: date, last_day: date) -> DocumentsInForce:
    """The documents for a month, as they were on file at a moment. About ten statements for each of the patient's
    enrollments in the program and in care management.

    Signed orders never change. A consent withdrawn after the moment counts as not withdrawn.
    """
    programs = {row.program, Program.CCM}
    others = Enrollment.objects.filter(patient=row.patient_id, program__in=programs).exclude(pk=row.pk)
    enrollments = [row, *others.select_related("patient", "billing_provider", "supervised_by")]
    every = {one.pk: DocumentsInForce(enrollment=EnrolledRow.of(one)) for one in enrollments}
    custody = [
        assignment
        for one in enrollments
        for assignment in custody_as_of(one, moment=moment).filter(device__model__fda_defined=True)
    ]
    ids = list(every)
    orders = Order.objects.filter(enrollment__in=ids, starts_on__lte=last_day, signed_at__lte=moment)
    pauses = [pause for pause in versions(Pause, moment, enrollment_id__in=ids) if pause.starts_on <= last_day]
    coverages = [
        coverage
        for coverage in versions(Coverage, moment, patient_id=row.patient_id)
        if coverage.starts_on <= last_day and (coverage.ends_on is None or coverage.ends_on >= first_day - LOOK_BACK)
    ]
    fill(
        every,
        orders=orders.select_related("ordered_by").order_by("starts_on", "number"),
        consents=[consent for one in enrollments for consent in _consents(one, moment=moment, last_day=last_day)],
        coverages=sorted(coverages, key=lambda coverage: coverage.starts_on),
        episodes=[episode for one in enrollments for episode in _episodes(one, moment=moment, last_day=last_day)],
        devices=sorted(custody, key=lambda assignment: assignment.starts_at),
        pauses=sorted(pauses, key=lambda pause: pause.starts_on),
        recorded={row.patient_id: facts_as_of(row.patient_id, moment=moment, last_day=last_day)},
        first_day=first_day,
        last_day=last_day,
    )
    relate(every.values(), last_day=last_day)
    return every[row.pk]


def _episodes(row: Enrollment, *, moment: datetime, last_day: date) -> list[Episode]:
    episodes = [e for e in versions(Episode, moment, enrollment_id=row.pk) if e.started_on <= last_day]
    return sorted(episodes, key=lambda episode: episode.number)


def custody_as_of(row: Enrollment, *, moment: datetime) -> QuerySet[DeviceAssignment]:
    """Assignments begun by a moment, newest first. `ends_at` is the stored one and may be after the moment."""
    assignments = DeviceAssignment.objects.filter(enrollment=row.pk, starts_at__lte=moment)
    return assignments.select_related("device__model").order_by("-starts_at")


def _consents(row: Enrollment, *, moment: datetime, last_day: date) -> list[Consent]:
    consents = Consent.objects.filter(enrollment=row.pk, given_on__lte=last_day, recorded_at__lte=moment)
    events = Event.objects.filter(
        practice=row.practice_id, subject=f"enrollment:{row.public_id}", action="withdraw_consent", at__lte=moment
    )
    withdrawals = list(events.values_list("at", flat=True))
    rows = list(consents.order_by("given_on", "pk"))
    for consent in rows:
        if consent.withdrawn_on is not None and not any(at >= consent.recorded_at for at in withdrawals):
            consent.withdrawn_on = None
    return rows
