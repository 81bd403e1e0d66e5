"""Queries of patients, enrollments and devices. The number of statements does not depend on the number of rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet

from enrollment.models import (
    CardDraft,
    Consent,
    Coverage,
    Device,
    DeviceAssignment,
    DeviceShare,
    Enrollment,
    Episode,
    Order,
    Patient,
    Program,
)
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month
from rpm_portal.core.db.compiled_querysets import Prepared
from rpm_portal.core.db.prepared_statements import prepared_rows

# A month is split into parts for several workers. A part costs thirty statements, so it must have enough enrollments.
MAX_PARTS, ENROLLMENTS_PER_PART = 4, 500


def patients(practice: Practice, *, words: str = "") -> QuerySet[Any]:
    """Patients by name, with their enrollments, open ones first. Two statements."""
    discharged_last = Enrollment.objects.order_by(F("discharged_on").desc(nulls_first=True), "program")
    rows = Patient.objects.for_practice(practice).prefetch_related(
        Prefetch("enrollments", queryset=discharged_last, to_attr="listed_enrollments")
    )
    rows = rows.filter(merged_into__isnull=True)
    return rows.matching(words, practice=practice.pk) if words else rows


def with_enrollments(practice: Practice, public_id: str) -> tuple[Patient | None, list[Enrollment]]:
    """A patient and their enrollments, open ones first, with billing provider; (None, []) if the practice has no such.

    One statement; two for a patient without an enrollment.
    """
    rows = _ENROLLMENTS(practice=practice.pk, patient=public_id)
    if rows:
        return rows[0].patient, rows
    return Patient.objects.for_practice(practice).filter(public_id=public_id).first(), []


def _enrollments(practice: int, patient: str) -> QuerySet[Enrollment]:
    rows = Enrollment.objects.for_practice(practice).filter(patient__public_id=patient)
    rows = rows.select_related("billing_provider__user", "supervised_by__user", "patient", "clinic")
    return rows.order_by("discharged_on", "-started_on")


_ENROLLMENTS = Prepared(_enrollments, practice=int, patient=str)


def served_in(practice_id: int, first_day: date, last_day: date) -> list[int]:
    """Ids of RPM and RTM enrollments with service in these days, sorted by patient. One statement."""
    return [pk for pk, _ in _served(practice_id, first_day, last_day)]


def served_in_parts(practice_id: int, first_day: date, last_day: date, *, most: int) -> list[list[int]]:
    """The same ids in parts of about `most`, or smaller parts so that a few workers can share them. One statement.

    All enrollments of a patient are in one part: codes billed for one exclude codes of the other, so they must be
    decided together.
    """
    parts: list[list[int]] = []
    last_patient = None
    rows = list(_served(practice_id, first_day, last_day))
    part_count = max(1, min(MAX_PARTS, round(len(rows) / ENROLLMENTS_PER_PART)))
    size = min(most, -(-len(rows) // part_count))
    for pk, patient_id in rows:
        if not parts or (len(parts[-1]) >= size and patient_id != last_patient):
            parts.append([])
        parts[-1].append(pk)
        last_patient = patient_id
    return parts


def with_related(enrollments: Iterable[Enrollment], month: Month) -> dict[int, list[Enrollment]]:
    """Each enrollment with the patient's others in the program that were served in the month, by key. One statement."""
    rows = {row.pk: row for row in enrollments}
    by_program: dict[tuple[int, str], list[Enrollment]] = defaultdict(list)
    served = Enrollment.objects.filter(patient__in={row.patient_id for row in rows.values()})
    for row in served.served_in(month.first_day, month.last_day).order_by("started_on", "pk"):
        by_program[row.patient_id, row.program].append(row)
    others = {pk: [one for one in by_program[row.patient_id, row.program] if one != row] for pk, row in rows.items()}
    return {pk: [row, *others[pk]] for pk, row in rows.items()}


def _served(practice_id: int, first_day: date, last_day: date) -> Iterable[tuple[int, int]]:
    rows = Enrollment.objects.for_practice(practice_id).served_in(first_day, last_day)
    rows = rows.filter(program__in=[Program.RPM, Program.RTM])
    return rows.order_by("patient_id", "pk").values_list("pk", "patient_id")


@dataclass(frozen=True, slots=True)
class Custody:
    """Who has or shares a device, from when to when.

    `user` is the person as the sender of a shared device writes it, `public_id` is that of the enrollment.
    """

    device_id: int
    enrollment_id: int
    patient_zone: str
    starts_at: datetime
    ends_at: datetime | None
    public_id: str = ""
    user: str = ""

    def had_at(self, moment: datetime) -> bool:
        """Whether the enrollment had the device at a moment."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


_CUSTODY = """
SELECT d.serial, d.id, a.enrollment_id, p.zone, a.starts_at, a.ends_at, e.public_id, ''
FROM enrollment_device d
LEFT JOIN enrollment_deviceassignment a ON a.device_id = d.id
LEFT JOIN enrollment_enrollment e ON e.id = a.enrollment_id
LEFT JOIN enrollment_patient p ON p.id = e.patient_id
WHERE d.practice_id = %s::bigint AND d.serial = ANY(%s::text[])
UNION ALL
SELECT d.serial, d.id, e.id, p.zone, s.starts_at, least(s.ends_at, a.ends_at), e.public_id, x.user_number
FROM enrollment_deviceshare s
JOIN enrollment_deviceassignment a ON a.id = s.assignment_id
JOIN enrollment_device d ON d.id = a.device_id
CROSS JOIN LATERAL (VALUES (s.enrollment_id, s."user"), (a.enrollment_id, s.holder_user))
  AS x(enrollment_id, user_number)
JOIN enrollment_enrollment e ON e.id = x.enrollment_id
JOIN enrollment_patient p ON p.id = e.patient_id
WHERE s.practice_id = %s::bigint AND d.serial = ANY(%s::text[]) ORDER BY 5
"""


def custody_by_serial(practice_id: int, serials: Iterable[str]) -> dict[str, list[Custody]]:
    """All custody of these devices by serial number, oldest first; empty for one never given out. One statement.

    While a device is shared, each of its people has a row with their user number.
    """
    by_serial: dict[str, list[Custody]] = {}
    parameters = [practice_id, list(serials)]
    for serial, device_id, enrollment_id, *rest in prepared_rows(_CUSTODY, parameters * 2):
        custody = by_serial.setdefault(serial, [])
        if enrollment_id is not None:
            custody.append(Custody(device_id, enrollment_id, *rest))
    return by_serial


@dataclass(frozen=True, slots=True)
class EnrollmentRecord:
    """The documents of one enrollment, which of them are in force on a day, and its devices."""

    coverage: Coverage | None
    coverages: list[Coverage]
    order: Order | None
    orders: list[Order]
    consent: Consent | None
    consents: list[Consent]
    episode: Episode | None
    assignments: list[DeviceAssignment]
    past_assignments: list[DeviceAssignment]
    # Devices of other patients that this one shares.
    shares: list[DeviceShare]


def record_of(enrollment: Enrollment, *, today: date) -> EnrollmentRecord:
    """All documents and devices of one enrollment, newest first, and which are in force. Six statements."""

    def is_in_force(first: date, last: date | None) -> bool:
        """Whether a span of days contains today."""
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
        coverage=next((row for row in coverages if is_in_force(row.starts_on, row.ends_on)), None),
        coverages=coverages,
        # An order that begins later counts here: the card is done, only the start of service must wait.
        order=next((row for row in orders if row.ends_on is None or row.ends_on >= today), None),
        orders=orders,
        consent=next((row for row in consents if row.withdrawn_on is None), None),
        consents=consents,
        episode=episodes.first(),
        assignments=[row for row in custody if row.ends_at is None],
        past_assignments=[row for row in custody if row.ends_at is not None],
        shares=list(
            DeviceShare.objects.filter(
                enrollment=enrollment, ends_at__isnull=True, assignment__ends_at__isnull=True
            ).select_related("assignment__device__model")
        ),
    )


def in_progress(practice: Practice) -> list[Enrollment]:
    """Enrollments not started yet, oldest first, with `has_...` for each document on file. One statement."""
    prepared = CardDraft.objects.filter(enrollment=OuterRef("pk"), card="order", sent_at__isnull=False)
    rows = Enrollment.objects.for_practice(practice).filter(state__in=["draft", "ready"])
    rows = rows.annotate(
        has_coverage=Exists(Coverage.objects.filter(patient=OuterRef("patient"))),
        has_order=Exists(Order.objects.filter(enrollment=OuterRef("pk"))),
        has_consent=Exists(Consent.objects.filter(enrollment=OuterRef("pk"), withdrawn_on__isnull=True)),
        has_device=Exists(DeviceAssignment.objects.filter(enrollment=OuterRef("pk"), ends_at__isnull=True))
        | Exists(DeviceShare.objects.filter(enrollment=OuterRef("pk"), ends_at__isnull=True)),
        order_prepared=Exists(prepared),
    )
    return list(rows.select_related("patient", "billing_provider__user").order_by("pk")[:200])


def stock(practice: Practice) -> QuerySet[Device]:
    """Devices with their current assignment in `holder`, newest first. Two statements."""
    current = DeviceAssignment.objects.filter(ends_at__isnull=True).select_related("enrollment__patient")
    rows = Device.objects.filter(practice=practice).select_related("model", "contact")
    return rows.prefetch_related(Prefetch("assignments", queryset=current, to_attr="holder")).order_by("-pk")


# Filters of the devices page, with their labels.
DEVICE_FILTERS = {
    "in_use": "With a patient",
    "in_stock": "In stock",
    "transit": "Shipped, not delivered",
    "quiet": "No contact for 3 days",
    "battery": "Battery 20% or less",
    "clock": "Clock fast",
    "away": "Quarantined, lost, or retired",
}
QUIET_AFTER = timedelta(days=3)
LOW_BATTERY = 20  # percent
FAST_CLOCK_SECONDS = 60


def devices_where(rows: QuerySet[Device], name: str, *, now: datetime) -> QuerySet[Device]:
    """The devices of one filter; all of them for an unknown name. Quiet devices have the longest silence first."""
    held = Exists(DeviceAssignment.objects.filter(device=OuterRef("pk"), ends_at__isnull=True))
    if name == "in_use":
        return rows.filter(held)
    if name == "in_stock":
        return rows.filter(~held, state="stock")
    if name == "transit":
        shipped = DeviceAssignment.objects.filter(device=OuterRef("pk"), ends_at__isnull=True, means="shipped")
        return rows.filter(Exists(shipped.filter(delivered_on__isnull=True)))
    if name == "quiet":
        quiet = rows.filter(held).exclude(contact__heard_at__gte=now - QUIET_AFTER)
        return quiet.order_by(F("contact__heard_at").asc(nulls_first=True), "-pk")
    if name == "battery":
        return rows.filter(contact__battery__lte=LOW_BATTERY).order_by("contact__battery", "-pk")
    if name == "clock":
        return rows.filter(contact__clock_lag_seconds__lt=-FAST_CLOCK_SECONDS).order_by("contact__clock_lag_seconds")
    return rows.exclude(state="stock") if name == "away" else rows


def devices_in_stock(practice: Practice, *, typed: str) -> QuerySet[Device]:
    """Unassigned devices in stock whose number begins with `typed`. One statement."""
    assigned = DeviceAssignment.objects.filter(device=OuterRef("pk"), ends_at__isnull=True)
    rows = Device.objects.filter(practice=practice, state="stock", serial__startswith=typed).exclude(Exists(assigned))
    return rows.select_related("model").order_by("serial")


def custody_of(device: Device) -> list[DeviceAssignment]:
    """Assignments of a device, newest first. One statement."""
    rows = DeviceAssignment.objects.filter(device=device).select_related("enrollment__patient", "assigned_by")
    return list(rows.order_by("-starts_at"))


def shares_of(assignment: DeviceAssignment) -> list[DeviceShare]:
    """The people who share a device that was given to another patient, newest first. One statement."""
    rows = DeviceShare.objects.filter(assignment=assignment, ends_at__isnull=True)
    return list(rows.select_related("enrollment__patient", "added_by", "assignment__device"))
