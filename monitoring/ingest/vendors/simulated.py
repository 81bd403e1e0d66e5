"""Bodies as each vendor would send them, for trying out the readings API: the inverse of the parsers."""

from collections.abc import Callable
from datetime import UTC, datetime

from monitoring.ingest.vendors.portal import FIELDS

Values = tuple[float, float, float]
FHIR_CODES = {
    "weight": ("29463-7", "kg"),
    "glucose": ("2339-0", "mg/dL"),
    "spo2": ("59408-5", "%"),
    "heart_rate": ("8867-4", "/min"),
    "temperature": ("8310-5", "Cel"),
    "peak_flow": ("19935-6", "L/min"),
}

# Metrics that can be simulated; no device sends a therapy score.
MEASURES = ("blood_pressure", *FHIR_CODES)


class MetricNotSent(ValueError):
    """The vendor does not send this metric; the message lists those it sends."""


def _telli(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    kinds: dict[str, tuple[str, dict[str, object]]] = {
        "blood_pressure": ("BloodPressure", {"systolic": values[0], "diastolic": values[1], "pulse": values[2]}),
        "weight": ("Weight", {"weight": values[0], "unit": "kg"}),
        "glucose": ("BloodGlucose", {"glucose": values[0], "unit": "mg/dL"}),
        "spo2": ("SpO2", {"spo2": values[0]}),
        "temperature": ("Temperature", {"temperature": values[0], "unit": "C"}),
        "peak_flow": ("PeakFlow", {"pef": values[0], "fev1": values[1]}),
    }  # fmt: skip
    if metric not in kinds:
        raise MetricNotSent(f"Telli Health sends {', '.join(kinds)}.")
    kind, data = kinds[metric]
    return {"deviceId": serial, "readingType": kind, "time": str(int(at.timestamp() * 1000)), "data": data}


def _tenovi(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    second = values[1] if metric == "blood_pressure" else None
    return {
        "metric": metric, "hwi_device_id": serial, "timestamp": at.astimezone(UTC).isoformat(),
        "value_1": str(values[0]), "value_2": second, "estimated_timestamp": False,
        **({"unit": "kg"} if metric == "weight" else {}),
        **({"unit": "C"} if metric == "temperature" else {}),
    }  # fmt: skip


def _bodytrace(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    if metric != "weight":
        raise MetricNotSent("BodyTrace sends weight.")
    grams = int(values[0] * 1000)
    ts = int(at.timestamp() * 1000)
    return {"deviceId": int(serial[:14]) if serial.isdigit() else serial, "ts": ts, "rssi": 91,
            "values": {"unit": 1, "weight": grams, "tare": 0}}  # fmt: skip


def _portal(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    # One value, except for blood pressure; an FEV1 is not sent.
    values_by_field = zip(FIELDS[metric], values if metric == "blood_pressure" else values[:1], strict=False)
    return {"readings": [{"device": serial, "metric": metric, "measured_at": at.isoformat(), **dict(values_by_field)}]}


def _fhir(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    def _coded(code: str) -> dict[str, object]:
        return {"coding": [{"system": "http://loinc.org", "code": code}]}

    resource: dict[str, object] = {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": at.isoformat(),
        "device": {"identifier": {"value": serial}},
    }  # fmt: skip
    if metric == "blood_pressure":
        parts = (("8480-6", values[0]), ("8462-4", values[1]))
        unit = "mm[Hg]"
        component = [{"code": _coded(code), "valueQuantity": {"value": v, "code": unit}} for code, v in parts]
        return resource | {"code": _coded("85354-9"), "component": component}
    code, unit = FHIR_CODES[metric]
    return resource | {"code": _coded(code), "valueQuantity": {"value": values[0], "code": unit}}


# Each vendor's address and the body it sends.
VENDORS: dict[str, tuple[str, Callable[[str, str, Values, datetime], dict[str, object]]]] = {
    "portal": ("/api/readings/", _portal),
    "telli": ("/api/telli/", _telli),
    "tenovi": ("/api/tenovi/", _tenovi),
    "bodytrace": ("/api/bodytrace/", _bodytrace),
    "fhir": ("/api/fhir/Observation", _fhir),
}


def notification_of(account: str, at: datetime) -> str:
    """A Withings notification that data waits for an account, as a form."""
    second = int(at.timestamp())
    return f"userid={account}&appli=4&startdate={second}&enddate={second + 60}"


def body_of(vendor: str, *, serial: str, metric: str, values: Values, at: datetime) -> tuple[str, dict[str, object]]:
    """The address and the body with which a vendor would send a measurement. Raises MetricNotSent."""
    address, write = VENDORS[vendor]
    if metric not in MEASURES:
        raise MetricNotSent(f"A measure is one of {', '.join(MEASURES)}.")
    return address, write(serial, metric, values, at)
