"""Questions about who is monitored. Set-based: one statement for any number of enrollments."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from enrollment.models import (
    Consent,
    Coverage,
    DeviceAssignment,
    Enrollment,
    Episode,
    Order,
    Patient,
    Program,
)
from rpm_portal.accounts.models import Practice


def patients(practice: Practice, *, words: str = "") -> QuerySet[Any]:
    """Patients by name, with their open enrollments. Two statements."""
    open_ones = Enrollment.objects.exclude(state="discharged").order_by("program")
    found = Patient.objects.for_practice(practice).prefetch_related(
        Prefetch("enrollments", queryset=open_ones, to_attr="open_enrollments")
    )
    return found.matching(words) if words else found


def enrollments_of(patient: Patient) -> list[Enrollment]:
    """A patient's enrollments, the open one first, with billing provider. One statement."""
    return list(
        Enrollment.objects.for_practice(patient.practice_id)
        .filter(patient=patient)
        .select_related("billing_provider__user", "supervised_by__user", "patient")
        .order_by("discharged_on", "-started_on")
    )


def served_in(practice_id: int, first_day: date, last_day: date) -> list[int]:
    """Ids of RPM and RTM enrollments with service in these days, a patient's beside each other. One statement."""
    found = Enrollment.objects.for_practice(practice_id).served_in(first_day, last_day)
    found = found.filter(program__in=[Program.RPM, Program.RTM])
    return list(found.order_by("patient_id", "pk").values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a device at a moment."""

    device_id: int
    enrollment_id: int
    patient_zone: str
    starts_at: datetime
    ends_at: datetime | None


def holders(practice_id: int, serials: Iterable[str]) -> dict[str, list[Holder]]:
    """Every custody of these devices; a known device never given out has an empty list. Two statements."""
    from enrollment.models import Device

    found: dict[str, list[Holder]] = {}
    wanted = list(serials)
    for serial in Device.objects.filter(practice=practice_id, serial__in=wanted).values_list("serial", flat=True):
        found[serial] = []
    rows = DeviceAssignment.objects.filter(practice=practice_id, device__serial__in=wanted)
    for row in rows.select_related("device", "enrollment__patient").order_by("starts_at"):
        zone = row.enrollment.patient.zone
        holder = Holder(row.device_id, row.enrollment_id, zone, row.starts_at, row.ends_at)
        found[row.device.serial].append(holder)
    return found


@dataclass(slots=True)
class Papers:
    """What stands behind an enrollment on a month's last day, for the month's decision."""

    enrollment: Enrollment
    order: Order | None = None
    consent: Consent | None = None
    coverage: Coverage | None = None
    episode: Episode | None = None
    device_qualified: bool = False


def papers(enrollment_ids: Iterable[int], *, first_day: date, last_day: date) -> dict[int, Papers]:
    """Order, consent, coverage, episode and device standing of many enrollments. Six statements for any number.

    Of several orders or consents that reach into the days, the earliest still in force counts: work done after it
    was covered. Coverage is the payer on the last day served.
    """
    ids = list(enrollment_ids)
    rows = Enrollment.objects.filter(pk__in=ids).select_related("patient", "billing_provider").order_by("pk")
    fit = DeviceAssignment.objects.filter(enrollment=OuterRef("pk"), device__model__fda_defined=True).exclude(
        ends_at__date__lt=first_day
    )
    found = {row.pk: Papers(enrollment=row, device_qualified=row.has_fit) for row in rows.annotate(has_fit=Exists(fit))}
    orders = Order.objects.filter(enrollment__in=ids, starts_on__lte=last_day).exclude(ends_on__lt=first_day)
    for order in orders.select_related("ordered_by").order_by("-starts_on", "-number"):
        found[order.enrollment_id].order = order
    consents = Consent.objects.filter(enrollment__in=ids, given_on__lte=last_day).exclude(withdrawn_on__lt=first_day)
    for consent in consents.order_by("-given_on", "-pk"):
        found[consent.enrollment_id].consent = consent
    by_patient: dict[int, list[Coverage]] = defaultdict(list)
    patients_ids = [paper.enrollment.patient_id for paper in found.values()]
    covers = Coverage.objects.filter(patient__in=patients_ids, starts_on__lte=last_day).exclude(ends_on__lt=first_day)
    for coverage in covers.select_related("payer").order_by("starts_on"):
        by_patient[coverage.patient_id].append(coverage)
    for paper in found.values():
        served_to = min(last_day, paper.enrollment.discharged_on or last_day)
        for coverage in by_patient[paper.enrollment.patient_id]:
            if coverage.starts_on <= served_to and (coverage.ends_on is None or coverage.ends_on >= served_to):
                paper.coverage = coverage
    for episode in Episode.objects.filter(enrollment__in=ids, started_on__lte=last_day).order_by("number"):
        found[episode.enrollment_id].episode = episode
    return found
