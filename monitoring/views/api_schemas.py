"""Schemas of the API's bodies for the published description. No database access."""

from monitoring.ingest import UNITS
from monitoring.ingest.values import COMPARATORS
from monitoring.ingest.vendors.fhir_r4 import METRICS
from monitoring.ingest.vendors.portal import FIELDS, MAX_ID_LENGTH, STATUSES

_NUMBER = {"type": "number"}
_TEXT = {"type": "string"}
_VALUE = {
    "oneOf": [_NUMBER, {"type": "string", "examples": [">600", "<20", "HI", "LO"]}],
    "description": "A number; outside the device's range a bound like >600 (also >=, <, <=), or HI or LO.",
}


def _body(schema: dict[str, object], example: object, media: str = "application/json") -> dict[str, object]:
    return {"requestBody": {"required": True, "content": {media: {"schema": schema, "example": example}}}}


def _object(properties: dict[str, object], *required: str) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(required)}


_READING = _object(
    {
        "device": {"type": "string", "minLength": 1, "maxLength": 40, "description": "The serial number or IMEI."},
        "metric": {"type": "string", "enum": list(UNITS)},
        "measured_at": {"type": "string", "format": "date-time", "description": "With its offset from UTC."},
        "source": {"type": "string", "enum": ["automatic", "patient"]},
        "id": {
            "type": "string", "maxLength": MAX_ID_LENGTH,
            "description": "Your own name for the reading. Other values for the same moment amend it; at another "
            "moment it amends with status amended or corrected alone, else both readings are kept.",
        },
        "status": {
            "type": "string", "enum": list(STATUSES),
            "description": "entered-in-error with the id alone takes back what was sent.",
        },
        "issued": {
            "type": "string", "format": "date-time",
            "description": "When you made this version available: the latest counts, in any order of arrival.",
        },
        "sent_at": {"type": "string", "format": "date-time", "description": "When the device sent it."},
        "vendor_received_at": {
            "type": "string", "format": "date-time", "description": "When the vendor received it from the device.",
        },
        **{field: _VALUE for fields in FIELDS.values() for field in fields},
    },
    "device", "metric", "measured_at",
)  # fmt: skip
_QUANTITY = _object(
    {"value": _NUMBER, "comparator": {"type": "string", "enum": list(COMPARATORS)}, "unit": _TEXT, "system": _TEXT,
     "code": _TEXT},
    "value",
)  # fmt: skip
_LOINC = {"type": "string", "examples": sorted(METRICS)}
_CONCEPT = _object({"coding": {"type": "array", "items": _object({"system": _TEXT, "code": _LOINC}, "code")}}, "coding")
_OBSERVATION = _object(
    {
        "resourceType": {"type": "string", "enum": ["Observation"]},
        "identifier": {
            "type": "array", "items": _object({"use": _TEXT, "system": _TEXT, "value": _TEXT}, "value"),
            "description": "System and value name the reading; official before others. The id of a POST is not read.",
        },
        "issued": {"type": "string", "format": "date-time"},
        "status": {"type": "string", "enum": ["final", "amended", "corrected", "entered-in-error"]},
        "code": _CONCEPT,
        "effectiveDateTime": {"type": "string", "format": "date-time"},
        "device": _object({"identifier": _object({"value": _TEXT}, "value")}, "identifier"),
        "valueQuantity": _QUANTITY,
        "valueString": {"type": "string", "examples": ["HI", "LO", ">600 mg/dL"]},
        "component": {"type": "array", "items": _object({"code": _CONCEPT, "valueQuantity": _QUANTITY}, "code")},
    },
    "resourceType", "status",
)  # fmt: skip
_BP_EXAMPLE = {
    "resourceType": "Observation", "status": "final",
    "identifier": [{"system": "https://sender.example/readings", "value": "bp-1"}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
    "effectiveDateTime": "2026-11-21T08:14:00-06:00", "device": {"identifier": {"value": "356938035643809"}},
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "code": "mm[Hg]"},
        }
        for code, value in (("8480-6", 128), ("8462-4", 79))
    ],
}  # fmt: skip
_TENOVI = _object(
    {"metric": _TEXT, "hwi_device_id": _TEXT, "timestamp": {"type": "string", "format": "date-time"},
     "value_1": {"type": ["number", "string"]}, "value_2": {"type": ["number", "string", "null"]},
     "estimated_timestamp": {"type": "boolean"}},
    "metric", "hwi_device_id", "timestamp", "value_1",
)  # fmt: skip
# The request body of each address in OpenAPI.
BODIES: dict[str, dict[str, object]] = {
    "portal": _body(
        _object({"readings": {"type": "array", "items": _READING, "maxItems": 10_000}}, "readings"),
        {"readings": [{"device": "356938035643809", "metric": "blood_pressure", "systolic": 128, "diastolic": 79,
                       "pulse": 66, "measured_at": "2026-11-21T08:14:00-06:00"}]},
    ),
    "telli": _body(
        _object({"deviceId": {"type": "string", "minLength": 1}, "readingType": _TEXT, "data": {"type": "object"},
                 "time": _TEXT}, "deviceId"),
        {"deviceId": "356938035643809", "readingType": "BloodPressure", "time": "1795270440000",
         "data": {"systolic": 128, "diastolic": 79, "pulse": 66, "arrhythmia": 0}},
    ),
    "tenovi": _body(
        {"oneOf": [_TENOVI, {"type": "array", "items": _TENOVI, "minItems": 1, "maxItems": 1000}]},
        {"metric": "blood_pressure", "hwi_device_id": "TNV-1", "value_1": "128", "value_2": "79",
         "timestamp": "2026-11-21T14:14:00Z", "estimated_timestamp": False},
    ),
    "bodytrace": _body(
        _object({"deviceId": {"type": ["integer", "string"]}, "ts": {"type": "integer"}, "batteryVoltage": _NUMBER,
                 "rssi": {"type": "integer"}, "values": _object({"unit": _NUMBER, "weight": _NUMBER, "tare": _NUMBER})},
                "deviceId"),
        {"deviceId": 35693803564380, "ts": 1795270440000, "batteryVoltage": 5522, "rssi": 91,
         "values": {"unit": 1, "weight": 69800, "tare": 0}},
    ),
    "withings": _body(
        _object({"userid": _TEXT, "appli": _TEXT, "startdate": _TEXT, "enddate": _TEXT},
                "userid", "startdate", "enddate"),
        {"userid": "12345", "appli": "4", "startdate": "1795270440", "enddate": "1795270500"},
        "application/x-www-form-urlencoded",
    ),
    "fhir": _body(
        _object({"resourceType": {"type": "string", "enum": ["Bundle"]}, "type": _TEXT,
                 "entry": {"type": "array", "items": _object({"resource": _OBSERVATION}, "resource")}}, "resourceType"),
        {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": _BP_EXAMPLE}]},
    ),
    "observation": _body(_OBSERVATION, _BP_EXAMPLE),
    "signed": _body({"type": ["object", "array"]}, {"readings": []}),
}  # fmt: skip
