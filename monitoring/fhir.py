"""Readings as FHIR R4 Observations with LOINC codes and UCUM units."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice

from django.conf import settings
from django.db.models import QuerySet

from enrollment.fhir import device_id
from enrollment.models import DeviceAssignment, Order
from monitoring.ingest.fhir.identity import OWN_IDENTIFIER_USE
from monitoring.models import Metric, Reading, SourceKind, VendorReading
from monitoring.readings.states import IN_ERROR, ReadingState, first_row_id, states_by_reading
from monitoring.readings.words import bound_of

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
ROWS_PER_FETCH = 1000
# LOINC codes and UCUM unit of each metric's own value.
CODES: dict[str, tuple[list[str], str, str]] = {
    Metric.WEIGHT: (["29463-7"], "kg", "Body weight"),
    Metric.GLUCOSE: (["2339-0"], "mg/dL", "Glucose"),
    Metric.SPO2: (["59408-5", "2708-6"], "%", "Oxygen saturation"),
    Metric.HEART_RATE: (["8867-4"], "/min", "Heart rate"),
    Metric.TEMPERATURE: (["8310-5"], "Cel", "Body temperature"),
    Metric.PEAK_FLOW: (["19935-6"], "L/min", "Peak expiratory flow"),
}
PRESSURE_CODE = "85354-9"
# Categories (https://hl7.org/fhir/R4/valueset-observation-category.html): glucose and peak flow are no vital signs of
# the profile https://hl7.org/fhir/R4/observation-vitalsigns.html.
CATEGORIES: dict[str, str] = {
    **dict.fromkeys(Metric.values, "vital-signs"),
    Metric.GLUCOSE: "laboratory",
    Metric.PEAK_FLOW: "exam",
    Metric.THERAPY: "survey",
}
_PROFILES = {
    Metric.BLOOD_PRESSURE: "bp",
    Metric.WEIGHT: "bodyweight",
    Metric.TEMPERATURE: "bodytemp",
    Metric.HEART_RATE: "heartrate",
    Metric.SPO2: "oxygensat",
}
_CATEGORY_SYSTEM = "http://terminology.hl7.org/CodeSystem/observation-category"
# Values from the patient's home (US Core, https://hl7.org/fhir/us/core/CodeSystem-us-core-tags.html).
_HOME_TAG = {"system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-tags", "code": "patient-supplied"}
_HOME_KINDS = {SourceKind.AUTOMATIC, SourceKind.PATIENT}

JsonObject = dict[str, object]


class ReadingReferences:
    """The devices, orders and senders' names that some readings refer to. Three statements."""

    def __init__(self, practice_id: int, rows: Sequence[Reading]) -> None:
        enrollments = {row.enrollment_id for row in rows}
        self._custody: dict[tuple[int, int], list[DeviceAssignment]] = {}
        for custody in DeviceAssignment.objects.filter(
            practice=practice_id, device__in={row.device_id for row in rows}, enrollment__in=enrollments
        ).select_related("device"):
            self._custody.setdefault((custody.device_id, custody.enrollment_id), []).append(custody)
        self._orders: dict[int, list[Order]] = {}
        for order in Order.objects.filter(practice=practice_id, enrollment__in=enrollments).order_by("-number"):
            self._orders.setdefault(order.enrollment_id, []).append(order)
        self._names: dict[int, list[tuple[str, str]]] = {}
        of_rows = VendorReading.objects.filter(practice=practice_id, reading__in={row.pk for row in rows})
        for pk, system, value in of_rows.order_by("pk").values_list("reading_id", "vendor_system", "vendor_id"):
            self._names.setdefault(pk, []).append((system, value))

    def device(self, row: Reading) -> JsonObject:
        """The device: its custody at the moment of measuring if it was given to this enrollment, and its number."""
        reference: JsonObject = {"identifier": {"value": row.device.serial}}
        for custody in self._custody.get((row.device_id, row.enrollment_id), ()):
            if custody.starts_at <= row.measured_at and (custody.ends_at is None or row.measured_at < custody.ends_at):
                reference["reference"] = f"Device/{device_id(custody)}"
        return reference

    def order(self, row: Reading) -> str:
        """The public id of the latest order in force on the reading's day; empty if there is none."""
        for order in self._orders.get(row.enrollment_id, ()):
            if order.starts_on <= row.local_day and (order.ends_on is None or row.local_day <= order.ends_on):
                return str(order.public_id)
        return ""

    def identifiers(self, row: Reading) -> list[JsonObject]:
        """Our own identifier, and those of the senders that are single and were stored as sent."""
        own: JsonObject = {
            "use": OWN_IDENTIFIER_USE,
            "system": f"{settings.FHIR_SYSTEM}/reading",
            "value": f"reading-{first_row_id(row)}",
        }
        sent: list[JsonObject] = [
            {"system": system, "value": value} if system else {"value": value}
            for system, value in dict.fromkeys(self._names.get(row.pk, ()))
            if "|" not in f"{system}{value}"
        ]
        return [own, *sent]


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _quantity(value: Decimal, unit: str, comparator: str) -> JsonObject:
    quantity: JsonObject = {"value": _number(value), "unit": unit, "system": UCUM, "code": unit}
    return quantity | ({"comparator": comparator} if comparator else {})


def _coded(*codes: str, text: str) -> JsonObject:
    return {"coding": [{"system": LOINC, "code": code} for code in codes], "text": text}


def _component(code: str, text: str, value: Decimal, unit: str, comparator: str) -> JsonObject:
    return {"code": _coded(code, text=text), "valueQuantity": _quantity(value, unit, comparator)}


def _values(row: Reading) -> JsonObject:
    """The code and the values of a reading."""
    pulse = [_component("8867-4", "Heart rate", row.value_3, "/min", bound_of(row.bounds, 3))] if row.value_3 else []
    if row.metric == Metric.BLOOD_PRESSURE:
        parts = [
            _component("8480-6", "Systolic", row.value, "mm[Hg]", bound_of(row.bounds)),
            _component("8462-4", "Diastolic", row.value_2, "mm[Hg]", bound_of(row.bounds, 2)),
        ]
        return {"code": _coded(PRESSURE_CODE, text="Blood pressure"), "component": [*parts, *pulse]}
    if row.metric not in CODES:
        return {"code": {"text": Metric(row.metric).label}, "valueQuantity": {"value": _number(row.value)}}
    codes, unit, text = CODES[row.metric]
    value = {"code": _coded(*codes, text=text), "valueQuantity": _quantity(row.value, unit, bound_of(row.bounds))}
    return value | ({"component": pulse} if pulse and row.metric == Metric.SPO2 else {})


def _meta(state: ReadingState) -> JsonObject:
    row = state.row
    meta: JsonObject = {"versionId": str(state.number), "lastUpdated": state.at.isoformat()}
    if row.metric in _PROFILES:
        names = ("vitalsigns", _PROFILES[Metric(row.metric)])
        meta["profile"] = [f"http://hl7.org/fhir/StructureDefinition/{name}" for name in names]
    if row.source_kind in _HOME_KINDS:
        meta["tag"] = [_HOME_TAG]
    return meta


def observation(state: ReadingState, references: ReadingReferences) -> JsonObject:
    """The Observation of one state of a reading, whose row has its device and its enrollment's patient."""
    row = state.row
    patient = {"reference": f"Patient/{row.enrollment.patient.public_id}"}
    resource: JsonObject = {
        "resourceType": "Observation",
        "id": f"reading-{first_row_id(row)}",
        "meta": _meta(state),
        "identifier": references.identifiers(row),
        "status": state.status,
        "category": [{"coding": [{"system": _CATEGORY_SYSTEM, "code": CATEGORIES[row.metric]}]}],
        "subject": patient,
    }
    resource["effectiveDateTime"], resource["issued"] = row.measured_at.isoformat(), row.received_at.isoformat()
    resource["device"] = references.device(row)
    if order := references.order(row):
        resource["basedOn"] = [{"reference": f"ServiceRequest/{order}"}]
    if row.source_kind == SourceKind.PATIENT:
        resource["performer"] = [patient]
    resource |= _values(row)
    notes = [] if row.source_kind == SourceKind.AUTOMATIC else [str(SourceKind(row.source_kind).label)]
    notes += ["Irregular heartbeat detected by the device"] if row.irregular else []
    if notes:
        resource["note"] = [{"text": text} for text in notes]
    return resource


def latest_state(row: Reading, states: dict[int, list[ReadingState]]) -> ReadingState:
    """The latest state of the reading of a row. A reading that never counted is in error from its first moment."""
    own = states[first_row_id(row)]
    return own[-1] if own else ReadingState(1, row, IN_ERROR, row.stored_at)


def observations(practice_id: int, rows: Sequence[Reading]) -> list[JsonObject]:
    """The Observations of the current rows of readings, with their devices and patients. Four statements at most."""
    if not rows:
        return []
    by_reading = states_by_reading(practice_id, rows)
    states = [latest_state(row, by_reading) for row in rows]
    references = ReadingReferences(practice_id, [state.row for state in states])
    return [observation(state, references) for state in states]


def all_observations(practice_id: int, rows: QuerySet[Reading]) -> Iterator[JsonObject]:
    """The Observations of many current rows, read in batches."""
    selected = iter(rows.select_related("enrollment__patient", "device").iterator(chunk_size=ROWS_PER_FETCH))
    batches: Iterable[list[Reading]] = iter(lambda: list(islice(selected, ROWS_PER_FETCH)), [])
    for batch in batches:
        yield from observations(practice_id, batch)
