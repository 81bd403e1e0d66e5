"""Device resources: one for each time that a device was given to a patient."""

import re
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Q, QuerySet

from enrollment import fhir
from enrollment.models import DeviceAssignment
from rpm_portal.core.identifiers import plain_serial
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, Zone, choice, reference_in, split_token
from rpm_portal.fhir.registry import ResourceType, narrow
from rpm_portal.fhir.tokens import Caller

_ID = re.compile(r"device-([a-z0-9]{1,12})-([0-9]{1,18})")


def _rows(caller: Caller) -> QuerySet:
    rows = DeviceAssignment.objects.select_related("device__model", "enrollment__patient").order_by()
    return narrow(rows, caller, enrollment="enrollment")


def _find(own: str) -> Q | None:
    match = _ID.fullmatch(own)
    return Q(device__public_id=match[1], pk=int(match[2])) if match else None


def _resources(rows: Sequence[DeviceAssignment]) -> list[JsonObject]:
    return [fhir.device(row) for row in rows]


def _identifier(value: str, zone: Zone) -> Q:
    system, code = split_token(value)
    if system not in {None, "", f"{settings.FHIR_SYSTEM}/device"}:
        return Q(pk__in=[])
    return Q(device__serial__in={code, plain_serial(code)})


DEVICE = ResourceType(
    name="Device",
    about="Devices, one for each time that a device was given to a patient. Inactive once it was returned.",
    rows=_rows,
    find=_find,
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: (row.enrollment.patient_id, row.enrollment.patient.public_id),  # type: ignore[attr-defined]
    parameters=(
        Parameter("identifier", "token", _identifier),
        Parameter("patient", "reference", reference_in("enrollment__patient__public_id", "Patient")),
        Parameter("status", "token", choice({"active": Q(ends_at=None), "inactive": Q(ends_at__isnull=False)})),
    ),
)
