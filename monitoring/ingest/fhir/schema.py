"""JSON schemas and examples of Observations and Bundles for OpenAPI."""

from monitoring.ingest.fhir.codes import METRICS
from monitoring.ingest.openapi import MOMENT, NUMBER, TEXT, object_schema, request_body
from monitoring.ingest.values import COMPARATORS

_QUANTITY = object_schema(
    {
        "value": NUMBER,
        "comparator": {"type": "string", "enum": list(COMPARATORS)},
        "unit": TEXT,
        "system": TEXT,
        "code": TEXT,
    },
    "value",
)
_LOINC = {"type": "string", "examples": sorted(METRICS)}
_CONCEPT = object_schema(
    {"coding": {"type": "array", "items": object_schema({"system": TEXT, "code": _LOINC}, "code")}}, "coding"
)
_OBSERVATION = object_schema(
    {
        "resourceType": {"type": "string", "enum": ["Observation"]},
        "identifier": {
            "type": "array",
            "items": object_schema({"use": TEXT, "system": TEXT, "value": TEXT}, "value"),
            "description": "System and value name the reading; official before others. The id of a POST is not read.",
        },
        "issued": MOMENT,
        "status": {"type": "string", "enum": ["final", "amended", "corrected", "entered-in-error"]},
        "code": _CONCEPT,
        "effectiveDateTime": MOMENT,
        "device": object_schema({"identifier": object_schema({"value": TEXT}, "value")}, "identifier"),
        "valueQuantity": _QUANTITY,
        "valueString": {"type": "string", "examples": ["HI", "LO", ">600 mg/dL"]},
        "component": {"type": "array", "items": object_schema({"code": _CONCEPT, "valueQuantity": _QUANTITY}, "code")},
    },
    "resourceType",
    "status",
)
_BP_EXAMPLE = {
    "resourceType": "Observation",
    "status": "final",
    "identifier": [{"system": "https://sender.example/readings", "value": "bp-1"}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
    "effectiveDateTime": "2026-11-21T08:14:00-06:00",
    "device": {"identifier": {"value": "356938035643809"}},
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "code": "mm[Hg]"},
        }
        for code, value in (("8480-6", 128), ("8462-4", 79))
    ],
}
BUNDLE_BODY = request_body(
    object_schema(
        {
            "resourceType": {"type": "string", "enum": ["Bundle"]},
            "type": TEXT,
            "entry": {"type": "array", "items": object_schema({"resource": _OBSERVATION}, "resource")},
        },
        "resourceType",
    ),
    {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": _BP_EXAMPLE}]},
)
OBSERVATION_BODY = request_body(_OBSERVATION, _BP_EXAMPLE)
