"""Observations with invented measurements, for `send_reading` and the docs."""

from datetime import datetime

from monitoring.ingest.fhir.codes import DIASTOLIC, PRESSURE, SYSTOLIC
from monitoring.ingest.vendor import Values

SIMULATED = {
    "weight": ("29463-7", "kg"),
    "glucose": ("2339-0", "mg/dL"),
    "spo2": ("59408-5", "%"),
    "heart_rate": ("8867-4", "/min"),
    "temperature": ("8310-5", "Cel"),
    "peak_flow": ("19935-6", "L/min"),
}


def simulate(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    """An Observation with a measurement."""

    def _coded(code: str) -> dict[str, object]:
        return {"coding": [{"system": "http://loinc.org", "code": code}]}

    resource: dict[str, object] = {
        "resourceType": "Observation",
        "status": "final",
        "effectiveDateTime": at.isoformat(),
        "device": {"identifier": {"value": serial}},
    }
    if metric == "blood_pressure":
        parts = ((SYSTOLIC, values[0]), (DIASTOLIC, values[1]))
        unit = "mm[Hg]"
        component = [{"code": _coded(code), "valueQuantity": {"value": v, "code": unit}} for code, v in parts]
        return resource | {"code": _coded(PRESSURE), "component": component}
    code, unit = SIMULATED[metric]
    return resource | {"code": _coded(code), "valueQuantity": {"value": values[0], "code": unit}}
