"""Observation resources: readings, each as one record with versions."""

import re
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from enrollment import fhir
from enrollment.models import DeviceAssignment, Patient
from monitoring.fhir import CATEGORIES, CODES, LOINC, PRESSURE_CODE, observations
from monitoring.models import Metric, Reading, VendorReading
from monitoring.readings.states import IN_ERROR, current_rows, with_updated
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, Zone, choice, moment_in, reference_id, reference_in, split_token
from rpm_portal.fhir.registry import ResourceType, narrow
from rpm_portal.fhir.resources.patients import PATIENT
from rpm_portal.fhir.tokens import Caller

_METRIC_OF_CODE = {code: metric for metric, (codes, _, _) in CODES.items() for code in codes}
_METRIC_OF_CODE[PRESSURE_CODE] = Metric.BLOOD_PRESSURE
_ID = re.compile(r"reading-([0-9]{1,18})")
_CATEGORY_SYSTEM = "http://terminology.hl7.org/CodeSystem/observation-category"
_NOTHING = Q(pk__in=[])


def all_rows(caller: Caller) -> QuerySet:
    """Every row of the readings that the caller sees, also those that were replaced."""
    rows = with_updated(Reading.objects.select_related("enrollment__patient", "device"))
    return narrow(rows, caller, enrollment="enrollment")


def _rows(caller: Caller) -> QuerySet:
    return current_rows(all_rows(caller))


def first_row_of(own: str) -> int | None:
    """The id of the first row that the id of an Observation names; None for another form of id."""
    match = _ID.fullmatch(own)
    return int(match[1]) if match else None


def of_reading(first: int) -> Q:
    """The condition of the rows of one reading."""
    return Q(pk=first, version_of__isnull=True) | Q(version_of=first)


def _find(own: str) -> Q | None:
    first = first_row_of(own)
    return of_reading(first) if first is not None else None


def _resources(rows: Sequence[Reading]) -> list[JsonObject]:
    return observations(rows[0].practice_id, rows) if rows else []


def named(value: str) -> Q:
    """The condition of an identifier: our own, or one that a sender gave the reading."""
    system, code = split_token(value)
    first = first_row_of(code)
    if system == f"{settings.FHIR_SYSTEM}/reading":
        return of_reading(first) if first is not None else _NOTHING
    names = VendorReading.objects.filter(reading=OuterRef("pk"), practice=OuterRef("practice"), vendor_id=code)
    return Q(Exists(names if system is None else names.filter(vendor_system=system)))


def _code(value: str, zone: Zone) -> Q:
    system, code = split_token(value)
    metric = _METRIC_OF_CODE.get(code)
    return Q(metric=metric) if metric and system in {None, LOINC} else _NOTHING


def _category(value: str, zone: Zone) -> Q:
    system, code = split_token(value)
    if system not in {None, _CATEGORY_SYSTEM}:
        return _NOTHING
    return Q(metric__in=[metric for metric, category in CATEGORIES.items() if category == code])


def _device(value: str, zone: Zone) -> Q:
    """The custody of a device, as its Device resource: readings of that device and enrollment."""
    parts = reference_id(value, "Device").split("-")
    if len(parts) != 3 or not parts[2].isdecimal() or len(parts[2]) > 18:
        return _NOTHING
    custody = DeviceAssignment.objects.filter(
        pk=int(parts[2]),
        device__public_id=parts[1],
        practice=OuterRef("practice"),
        device=OuterRef("device"),
        enrollment=OuterRef("enrollment"),
    )
    return Q(Exists(custody))


_AMENDED = Q(voided_at__isnull=True) & (Q(version_of__isnull=False) | Q(amended=True))
_STATUSES = {
    "final": Q(voided_at__isnull=True, version_of__isnull=True, amended=False),
    "amended": _AMENDED,
    IN_ERROR: Q(voided_at__isnull=False),
}


def _devices_of(caller: Caller, rows: Sequence[Reading]) -> list[JsonObject]:
    """The Device resources of the custody of these readings."""
    wanted = {(row.device_id, row.enrollment_id) for row in rows}
    found = DeviceAssignment.objects.filter(
        practice=caller.practice_id, device__in={key[0] for key in wanted}, enrollment__in={key[1] for key in wanted}
    ).select_related("device__model", "enrollment__patient")
    return [fhir.device(row) for row in found.order_by("pk") if (row.device_id, row.enrollment_id) in wanted]


def _subjects_of(caller: Caller, rows: Sequence[Reading]) -> list[JsonObject]:
    """The Patient resources of these readings."""
    patients = PATIENT.rows(caller).filter(pk__in={row.enrollment.patient_id for row in rows})
    return PATIENT.resources(list(patients.order_by("pk")))


def _patient_of(row: Model) -> tuple[int, str]:
    person: Patient = row.enrollment.patient  # type: ignore[attr-defined]
    return person.pk, person.public_id


_patient = reference_in("enrollment__patient__public_id", "Patient")
OBSERVATION = ResourceType(
    name="Observation",
    about="Readings. A corrected reading keeps its id and has a new version; one in error stays, with that status.",
    rows=_rows,
    find=_find,
    resources=_resources,  # type: ignore[arg-type]
    patient_of=_patient_of,
    parameters=(
        Parameter("patient", "reference", _patient),
        Parameter("subject", "reference", _patient),
        Parameter("code", "token", _code),
        Parameter("category", "token", _category),
        Parameter("date", "date", moment_in("measured_at", day_field="local_day")),
        Parameter("device", "reference", _device),
        Parameter("identifier", "token", lambda value, zone: named(value)),
        Parameter("status", "token", choice(_STATUSES)),
    ),
    updated="updated",
    sorts={"date": "measured_at", "_lastUpdated": "updated"},
    includes={"Observation:device": _devices_of, "Observation:subject": _subjects_of},  # type: ignore[dict-item]
    is_created=True,
)
