"""The documents of an enrollment as they were on file at a past moment."""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from enrollment.documents_in_force import DocumentsInForce, EnrolledRow, fill
from enrollment.models import Consent, Coverage, DeviceAssignment, Enrollment, Episode, Order
from rpm_portal.audit.models import Event
from rpm_portal.core.as_of import versions


def documents_in_force_as_of(row: Enrollment, *, moment: datetime, first_day: date, last_day: date) -> DocumentsInForce:
    """The documents in force for a month, as they were on file at a moment. Eight statements.

    Signed orders never change. A consent withdrawn after the moment counts as not withdrawn.
    """
    orders = Order.objects.filter(enrollment=row.pk, starts_on__lte=last_day, signed_at__lte=moment)
    assignments = custody_as_of(row, moment=moment).exclude(ends_at__date__lt=first_day)
    documents = DocumentsInForce(
        enrollment=EnrolledRow.of(row),
        device_qualified=assignments.filter(device__model__fda_defined=True).exists(),
    )
    fill(
        {row.pk: documents},
        orders=orders.select_related("ordered_by").order_by("starts_on", "number"),
        consents=_consents(row, moment=moment, last_day=last_day),
        coverages=sorted(
            (
                coverage
                for coverage in versions(Coverage, moment, patient_id=row.patient_id)
                if coverage.starts_on <= last_day and (coverage.ends_on is None or coverage.ends_on >= first_day)
            ),
            key=lambda coverage: coverage.starts_on,
        ),
        episodes=_episodes(row, moment=moment, last_day=last_day),
        first_day=first_day,
        last_day=last_day,
    )
    return documents


def _episodes(row: Enrollment, *, moment: datetime, last_day: date) -> list[Episode]:
    episodes = [e for e in versions(Episode, moment, enrollment_id=row.pk) if e.started_on <= last_day]
    return sorted(episodes, key=lambda episode: episode.number)


def custody_as_of(row: Enrollment, *, moment: datetime) -> QuerySet[Any]:
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
