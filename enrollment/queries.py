"""Questions about who is monitored. Set-based: one statement for any number of enrollments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
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
from rpm_portal.core.db.compiled_querysets import Prepared
from rpm_portal.core.db.prepared_statements import hot_cursor

# A month is cut for so many workers, as far as each has about so many enrollments: a part costs thirty statements.
PARTS, WORTH = 4, 500


def patients(practice: Practice, *, words: str = "") -> QuerySet[Any]:
    """Patients by name, with their open enrollments. Two statements."""
    open_ones = Enrollment.objects.exclude(state="discharged").order_by("program")
    found = Patient.objects.for_practice(practice).prefetch_related(
        Prefetch("enrollments", queryset=open_ones, to_attr="open_enrollments")
    )
    found = found.filter(merged_into__isnull=True)
    return found.matching(words, practice=practice.pk) if words else found


def with_enrollments(practice: Practice, public_id: str) -> tuple[Patient | None, list[Enrollment]]:
    """A patient and their enrollments, the open one first, with billing provider; None where the practice has none.

    One statement, and one more for a patient without an enrollment.
    """
    rows = _ENROLLMENTS(practice=practice.pk, patient=public_id)
    if rows:
        return rows[0].patient, rows
    return Patient.objects.for_practice(practice).filter(public_id=public_id).first(), []


def _enrollments(practice: int, patient: str) -> Any:
    rows = Enrollment.objects.for_practice(practice).filter(patient__public_id=patient)
    rows = rows.select_related("billing_provider__user", "supervised_by__user", "patient", "clinic")
    return rows.order_by("discharged_on", "-started_on")


_ENROLLMENTS = Prepared(_enrollments, practice=int, patient=str)


def served_in(practice_id: int, first_day: date, last_day: date) -> list[int]:
    """Ids of RPM and RTM enrollments with service in these days, a patient's beside each other. One statement."""
    return [pk for pk, _ in _served(practice_id, first_day, last_day)]


def served_in_parts(practice_id: int, first_day: date, last_day: date, *, most: int) -> list[list[int]]:
    """The same ids in parts of `most`, or as many more as keep a patient's enrollments in one part; fewer where there
    would not be parts enough for a few workers. One statement.

    What one enrollment bills keeps codes off the patient's next: they are decided together or not rightly.
    """
    parts: list[list[int]] = []
    last = None
    rows = list(_served(practice_id, first_day, last_day))
    parts_of = max(1, min(PARTS, round(len(rows) / WORTH)))
    size = min(most, -(-len(rows) // parts_of))
    for pk, patient_id in rows:
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


@dataclass(frozen=True, slots=True)
class EnrollmentRecord:
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


def standing_of(enrollment: Enrollment, *, today: date) -> EnrollmentRecord:
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
    return EnrollmentRecord(
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
