"""Questions about who is monitored. Set-based: one statement for any number of enrollments."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from enrollment.models import (
    CardDraft,
    Consent,
    Coverage,
    Device,
    DeviceAssignment,
    Enrollment,
    Episode,
    Order,
    Patient,
    Program,
)
from rpm_portal.accounts.models import Practice
from rpm_portal.hot import hot_cursor


def patients(practice: Practice, *, words: str = "") -> QuerySet[Any]:
    """Patients by name, with their open enrollments. Two statements."""
    open_ones = Enrollment.objects.exclude(state="discharged").order_by("program")
    found = Patient.objects.for_practice(practice).prefetch_related(
        Prefetch("enrollments", queryset=open_ones, to_attr="open_enrollments")
    )
    found = found.filter(merged_into__isnull=True)
    return found.matching(words, practice=practice.pk) if words else found


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
    return [pk for pk, _ in _served(practice_id, first_day, last_day)]


def served_in_parts(practice_id: int, first_day: date, last_day: date, *, size: int) -> list[list[int]]:
    """The same ids in parts of `size`, or as many more as keep a patient's enrollments in one part. One statement.

    What one enrollment bills keeps codes off the patient's next: they are decided together or not rightly.
    """
    parts: list[list[int]] = []
    last = None
    for pk, patient_id in _served(practice_id, first_day, last_day):
        if not parts or (len(parts[-1]) >= size and patient_id != last):
            parts.append([])
        parts[-1].append(pk)
        last = patient_id
    return parts


def _served(practice_id: int, first_day: date, last_day: date) -> Iterable[tuple[int, int]]:
    found = Enrollment.objects.for_practice(practice_id).served_in(first_day, last_day)
    found = found.filter(program__in=[Program.RPM, Program.RTM])
    return found.order_by("patient_id", "pk").values_list("pk", "patient_id")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a device at a moment."""

    device_id: int
    enrollment_id: int
    patient_zone: str
    starts_at: datetime
    ends_at: datetime | None


def holders(practice_id: int, serials: Iterable[str]) -> dict[str, list[Holder]]:
    """Every custody of these devices, oldest first; a known device never given out has an empty list. One statement."""
    found: dict[str, list[Holder]] = {}
    with hot_cursor() as cursor:
        cursor.execute(
            """
            SELECT d.serial, d.id, a.enrollment_id, p.zone, a.starts_at, a.ends_at
            FROM enrollment_device d
            LEFT JOIN enrollment_deviceassignment a ON a.device_id = d.id
            LEFT JOIN enrollment_enrollment e ON e.id = a.enrollment_id
            LEFT JOIN enrollment_patient p ON p.id = e.patient_id
            WHERE d.practice_id = %s::bigint AND d.serial = ANY(%s::text[]) ORDER BY a.starts_at
            """,
            [practice_id, list(serials)],
        )
        for serial, device_id, enrollment_id, zone, starts_at, ends_at in cursor.fetchall():
            custody = found.setdefault(serial, [])
            if enrollment_id is not None:
                custody.append(Holder(device_id, enrollment_id, zone, starts_at, ends_at))
    return found


@dataclass(slots=True)
class Papers:
    """What stands behind an enrollment on a month's last day, for the month's decision."""

    enrollment: Enrollment
    # The first of an unbroken row of orders (of consents), and the last day that row covers; None where it is open.
    order: Order | None = None
    ordered_to: date | None = None
    consent: Consent | None = None
    consented_to: date | None = None
    coverage: Coverage | None = None
    episode: Episode | None = None
    device_qualified: bool = False


def _gap(covered_to: date | None, next_from: date) -> bool:
    return covered_to is not None and next_from > covered_to + timedelta(days=1)


def _later(one: date | None, other: date | None) -> date | None:
    """The later end of two; an open one is later than any."""
    return None if one is None or other is None else max(one, other)


def papers(enrollment_ids: Iterable[int], *, first_day: date, last_day: date) -> dict[int, Papers]:
    """Order, consent, coverage, episode and device standing of many enrollments. Six statements for any number.

    An order renewed without a gap goes on as one: work and device periods that began under the first stay covered.
    After a gap the later row counts alone. Coverage is the payer on the last day served.
    """
    ids = list(enrollment_ids)
    rows = Enrollment.objects.filter(pk__in=ids).select_related("patient", "billing_provider").order_by("pk")
    fit = DeviceAssignment.objects.filter(enrollment=OuterRef("pk"), device__model__fda_defined=True).exclude(
        ends_at__date__lt=first_day
    )
    found = {row.pk: Papers(enrollment=row, device_qualified=row.has_fit) for row in rows.annotate(has_fit=Exists(fit))}
    orders = Order.objects.filter(enrollment__in=ids, starts_on__lte=last_day).order_by("starts_on", "number")
    consents = Consent.objects.filter(enrollment__in=ids, given_on__lte=last_day).order_by("given_on", "pk")
    patients_ids = [paper.enrollment.patient_id for paper in found.values()]
    covers = Coverage.objects.filter(patient__in=patients_ids, starts_on__lte=last_day).exclude(ends_on__lt=first_day)
    episodes = Episode.objects.filter(enrollment__in=ids, started_on__lte=last_day).order_by("number")
    fill(
        found, orders=orders.select_related("ordered_by"), consents=consents,
        coverages=covers.select_related("payer").order_by("starts_on"), episodes=episodes, first_day=first_day,
        last_day=last_day,
    )  # fmt: skip
    return found


def fill(
    found: dict[int, Papers], *, orders: Iterable[Order], consents: Iterable[Consent], coverages: Iterable[Coverage],
    episodes: Iterable[Episode], first_day: date, last_day: date,
) -> None:  # fmt: skip
    """Put papers, each kind in the order it came into force, behind the enrollments they belong to."""
    for order in orders:
        paper = found[order.enrollment_id]
        if paper.order is None or _gap(paper.ordered_to, order.starts_on):
            paper.order, paper.ordered_to = order, order.ends_on
        elif order.supersedes_id is not None:
            # The new order governs from its first day, also where it ends sooner.
            paper.ordered_to = order.ends_on
        else:
            paper.ordered_to = _later(paper.ordered_to, order.ends_on)
    for consent in consents:
        paper = found[consent.enrollment_id]
        if paper.consent is None or _gap(paper.consented_to, consent.given_on):
            paper.consent, paper.consented_to = consent, consent.withdrawn_on
        else:
            paper.consented_to = _later(paper.consented_to, consent.withdrawn_on)
    for paper in found.values():
        if paper.ordered_to is not None and paper.ordered_to < first_day:
            paper.order = None
        if paper.consented_to is not None and paper.consented_to < first_day:
            paper.consent = None
    by_patient: dict[int, list[Coverage]] = defaultdict(list)
    for coverage in coverages:
        by_patient[coverage.patient_id].append(coverage)
    for paper in found.values():
        served_to = min(last_day, paper.enrollment.discharged_on or last_day)
        for coverage in by_patient[paper.enrollment.patient_id]:
            if coverage.starts_on <= served_to and (coverage.ends_on is None or coverage.ends_on >= served_to):
                paper.coverage = coverage
    for episode in episodes:
        found[episode.enrollment_id].episode = episode


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands behind one enrollment on a day: the papers in force and the devices in custody."""

    coverage: Coverage | None
    coverages: list[Coverage]
    order: Order | None
    orders: list[Order]
    consent: Consent | None
    consents: list[Consent]
    episode: Episode | None
    assignments: list[DeviceAssignment]
    past_assignments: list[DeviceAssignment]


def standing_of(enrollment: Enrollment, *, today: date) -> Standing:
    """Everything filed of one enrollment, newest first, and which of it is in force. Five statements."""

    def holds(first: date, last: date | None) -> bool:
        """Whether a span of days covers today."""
        return first <= today and (last is None or last >= today)

    coverages = list(
        Coverage.objects.filter(patient=enrollment.patient_id).select_related("payer").order_by("-starts_on")
    )
    orders = list(
        Order.objects.filter(enrollment=enrollment)
        .select_related("ordered_by__user", "signed_by")
        .order_by("-starts_on", "-number")
    )
    consents = list(
        Consent.objects.filter(enrollment=enrollment).select_related("taken_by", "paper").order_by("-given_on", "-pk")
    )
    episodes = Episode.objects.filter(enrollment=enrollment).select_related("educated_by").order_by("-number")
    custody = list(
        DeviceAssignment.objects.filter(enrollment=enrollment)
        .select_related("device__model", "assigned_by")
        .order_by("-starts_at")
    )
    return Standing(
        coverage=next((row for row in coverages if holds(row.starts_on, row.ends_on)), None),
        coverages=coverages,
        # One that begins later is on file too: the card is done, the start waits for it.
        order=next((row for row in orders if row.ends_on is None or row.ends_on >= today), None),
        orders=orders,
        consent=next((row for row in consents if row.withdrawn_on is None), None),
        consents=consents,
        episode=episodes.first(),
        assignments=[row for row in custody if row.ends_at is None],
        past_assignments=[row for row in custody if row.ends_at is not None],
    )


def in_progress(practice: Practice) -> list[Enrollment]:
    """Enrollments not begun yet, oldest first, each with what is on file as `has_…` marks. One statement."""
    prepared = CardDraft.objects.filter(enrollment=OuterRef("pk"), card="order")
    rows = Enrollment.objects.for_practice(practice).filter(state__in=["draft", "ready"])
    rows = rows.annotate(
        has_coverage=Exists(Coverage.objects.filter(patient=OuterRef("patient"))),
        has_order=Exists(Order.objects.filter(enrollment=OuterRef("pk"))),
        has_consent=Exists(Consent.objects.filter(enrollment=OuterRef("pk"), withdrawn_on__isnull=True)),
        has_device=Exists(DeviceAssignment.objects.filter(enrollment=OuterRef("pk"), ends_at__isnull=True)),
        order_prepared=Exists(prepared),
    )
    return list(rows.select_related("patient", "billing_provider__user").order_by("pk")[:200])


def stock(practice: Practice) -> QuerySet[Device]:
    """Devices with who has them now, the newest first. Two statements."""
    now_with = DeviceAssignment.objects.filter(ends_at__isnull=True).select_related("enrollment__patient")
    rows = Device.objects.filter(practice=practice).select_related("model")
    return rows.prefetch_related(Prefetch("assignments", queryset=now_with, to_attr="holder")).order_by("-pk")


def devices_in_stock(practice: Practice, *, typed: str) -> QuerySet[Device]:
    """Devices nobody has whose number begins as typed. One statement."""
    held = DeviceAssignment.objects.filter(device=OuterRef("pk"), ends_at__isnull=True)
    rows = Device.objects.filter(practice=practice, state="stock", serial__startswith=typed).exclude(Exists(held))
    return rows.select_related("model").order_by("serial")


def custody_of(device: Device) -> list[DeviceAssignment]:
    """Who had a device from when to when, newest first. One statement."""
    rows = DeviceAssignment.objects.filter(device=device).select_related("enrollment__patient", "assigned_by")
    return list(rows.order_by("-starts_at"))
