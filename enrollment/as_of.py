"""The papers of an enrollment as they were known at a moment."""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from enrollment.models import Consent, Coverage, DeviceAssignment, Enrollment, Episode, Order
from enrollment.papers import EnrolledRow, Papers, fill
from rpm_portal.audit.models import Event
from rpm_portal.core.as_of import versions


def papers_as_of(row: Enrollment, *, moment: datetime, first_day: date, last_day: date) -> Papers:
    """What stood behind an enrollment (as it was then) for a month, by what was on file at a moment. Eight statements.

    An order is never changed after its signature; a consent that was taken back later stood.
    """
    orders = Order.objects.filter(enrollment=row.pk, starts_on__lte=last_day, signed_at__lte=moment)
    worn = custody_as_of(row, moment=moment).exclude(ends_at__date__lt=first_day)
    paper = Papers(
        enrollment=EnrolledRow.of(row), device_qualified=worn.filter(device__model__fda_defined=True).exists()
    )
    fill(
        {row.pk: paper},
        orders=orders.select_related("ordered_by").order_by("starts_on", "number"),
        consents=_consents(row, moment=moment, last_day=last_day),
        coverages=sorted(
            (
                one
                for one in versions(Coverage, moment, patient_id=row.patient_id)
                if one.starts_on <= last_day and (one.ends_on is None or one.ends_on >= first_day)
            ),
            key=lambda one: one.starts_on,
        ),
        episodes=_episodes(row, moment=moment, last_day=last_day),
        first_day=first_day,
        last_day=last_day,
    )
    return paper


def _episodes(row: Enrollment, *, moment: datetime, last_day: date) -> list[Episode]:
    found = [one for one in versions(Episode, moment, enrollment_id=row.pk) if one.started_on <= last_day]
    return sorted(found, key=lambda one: one.number)


def custody_as_of(row: Enrollment, *, moment: datetime) -> QuerySet[Any]:
    """The devices that had been given out by a moment, the latest first; each says when it came back, if ever."""
    found = DeviceAssignment.objects.filter(enrollment=row.pk, starts_at__lte=moment)
    return found.select_related("device__model").order_by("-starts_at")


def _consents(row: Enrollment, *, moment: datetime, last_day: date) -> list[Consent]:
    found = Consent.objects.filter(enrollment=row.pk, given_on__lte=last_day, recorded_at__lte=moment)
    told = Event.objects.filter(
        practice=row.practice_id, subject=f"enrollment:{row.public_id}", action="withdraw_consent", at__lte=moment
    )
    taken_back = list(told.values_list("at", flat=True))
    rows = list(found.order_by("given_on", "pk"))
    for consent in rows:
        if consent.withdrawn_on is not None and not any(at >= consent.recorded_at for at in taken_back):
            consent.withdrawn_on = None
    return rows
