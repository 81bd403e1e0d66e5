"""Readings as FHIR R4 Observations with LOINC codes and UCUM units."""

from decimal import Decimal

from monitoring.models import Metric, Reading, SourceKind
from monitoring.readings.words import bound_of

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
# LOINC codes and UCUM unit of each metric's own value.
CODES: dict[str, tuple[list[str], str, str]] = {
    Metric.WEIGHT: (["29463-7"], "kg", "Body weight"),
    Metric.GLUCOSE: (["2339-0"], "mg/dL", "Glucose"),
    Metric.SPO2: (["59408-5", "2708-6"], "%", "Oxygen saturation"),
    Metric.HEART_RATE: (["8867-4"], "/min", "Heart rate"),
    Metric.TEMPERATURE: (["8310-5"], "Cel", "Body temperature"),
    Metric.PEAK_FLOW: (["19935-6"], "L/min", "Peak expiratory flow"),
}
_VITAL = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _quantity(value: Decimal, unit: str, comparator: str) -> dict[str, object]:
    quantity: dict[str, object] = {"value": _number(value), "unit": unit, "system": UCUM, "code": unit}
    return quantity | ({"comparator": comparator} if comparator else {})


def _coded(*codes: str, text: str) -> dict[str, object]:
    return {"coding": [{"system": LOINC, "code": code} for code in codes], "text": text}


def observation(row: Reading, *, patient: str, serial: str) -> dict[str, object]:
    """One reading. `patient` is the public id, `serial` the device's number."""
    resource: dict[str, object] = {
        "resourceType": "Observation",
        "id": f"reading-{row.pk}",
        "status": "entered-in-error" if row.voided_at is not None else "final",
        "category": [{"coding": [_VITAL]}],
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": row.measured_at.isoformat(),
        "issued": row.received_at.isoformat(),
        "device": {"identifier": {"value": serial}},
    }
    if row.metric == Metric.BLOOD_PRESSURE:
        resource["code"] = _coded("85354-9", text="Blood pressure")
        parts = [("8480-6", "Systolic", row.value, "mm[Hg]", 1), ("8462-4", "Diastolic", row.value_2, "mm[Hg]", 2)]
        if row.value_3:
            parts.append(("8867-4", "Heart rate", row.value_3, "/min", 3))
        resource["component"] = [
            {"code": _coded(code, text=text), "valueQuantity": _quantity(value, unit, bound_of(row.bounds, n))}
            for code, text, value, unit, n in parts
        ]
    elif row.metric in CODES:
        codes, unit, text = CODES[row.metric]
        resource["code"] = _coded(*codes, text=text)
        resource["valueQuantity"] = _quantity(row.value, unit, bound_of(row.bounds))
    else:
        resource["code"] = {"text": Metric(row.metric).label}
        resource["valueQuantity"] = {"value": _number(row.value)}
    notes = [] if row.source_kind == SourceKind.AUTOMATIC else [str(SourceKind(row.source_kind).label)]
    notes += ["Irregular heartbeat detected by the device"] if row.irregular else []
    if notes:
        resource["note"] = [{"text": text} for text in notes]
    return resource
