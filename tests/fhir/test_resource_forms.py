"""The form of every resource: the R4 models of fhirclient read it strictly, and the vital-signs profile is complete.

The models know each element, its type and number, and refuse unknown ones. What they do not know is checked here: empty
texts, codes with a fixed list, and units.
"""

from importlib import import_module

import pytest

from rpm_portal.fhir.registry import registry
from tests.builders import days
from tests.fhir.fhir_clients import an_api, observation
from tests.fhir.test_other_types import SCOPES, visit_of

pytestmark = pytest.mark.django_db
# Unit of each code of the profile (https://hl7.org/fhir/R4/observation-vitalsigns.html).
UNITS = {
    "8480-6": "mm[Hg]", "8462-4": "mm[Hg]", "8867-4": "/min", "29463-7": "kg", "8310-5": "Cel", "59408-5": "%",
    "2339-0": "mg/dL", "19935-6": "L/min",
}  # fmt: skip
# Statuses that R4 requires, by type (https://hl7.org/fhir/R4/).
STATUSES = {
    "Observation": {"final", "amended", "entered-in-error"}, "Device": {"active", "inactive"}, "Coverage": {"active"},
    "ServiceRequest": {"active"}, "Consent": {"active", "inactive"}, "Encounter": {"finished", "entered-in-error"},
    "Communication": {"completed", "not-done", "entered-in-error"}, "Task": {"requested", "accepted", "completed"},
    "DocumentReference": {"current"},
}  # fmt: skip
METRICS = {
    "29463-7": (70.5, "kg"), "2339-0": (110, "mg/dL"), "59408-5": (97, "%"), "8867-4": (66, "/min"), "8310-5": (36.9, "Cel"),
    "19935-6": (320, "L/min"),
}  # fmt: skip


def texts(value):
    """Every text in a resource."""
    if isinstance(value, dict):
        assert value, "R4 has no empty objects"
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        assert value, "R4 has no empty lists"
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


def strict(resource):
    """Parse a resource with the R4 model of its type. Raises FHIRValidationError."""
    kind = resource["resourceType"]
    return getattr(import_module(f"fhirclient.models.{kind.lower()}"), kind)(resource)


@pytest.fixture
def api(world):
    world.read(days("2026-03-01", "2026-03-02"), systolic=160)
    world.call("2026-03-03")
    visit_of(world)
    api = an_api(world, [*SCOPES, "system/Observation.cu"])
    for hour, (code, (value, unit)) in enumerate(METRICS.items(), start=8):
        coded = {"coding": [{"system": "http://loinc.org", "code": code}]}
        body = observation(
            world, at=f"2026-03-20T{hour:02d}:00:00-05:00", name=code, code=coded,
            valueQuantity={"value": value, "code": unit},
        )  # fmt: skip
        assert api.post("/Observation", body).status_code == 201, code
    return api


@pytest.mark.parametrize("kind", [row.name for row in registry().values() if row.is_searched])
def test_every_resource_is_valid_r4(api, kind):
    bundle = api.get(f"/{kind}").json()
    strict(bundle)
    rows = [entry["resource"] for entry in bundle["entry"]]

    assert rows
    for row in rows:
        strict(row)
        assert all(text.strip() for text in texts(row)), row
        assert len(row["id"]) <= 64
        assert row.get("status", "active") in STATUSES.get(kind, {"active"}), row


def test_every_reading_has_category_code_unit_and_profile(api):
    rows = [entry["resource"] for entry in api.get("/Observation").json()["entry"]]
    codes = {row["code"]["coding"][0]["code"] for row in rows}

    assert codes == {*METRICS, "85354-9"}
    for row in rows:
        parts = row.get("component") or [row]
        for part in parts:
            quantity = part["valueQuantity"]
            assert quantity["code"] == UNITS[part["code"]["coding"][0]["code"]]
            assert quantity["system"] == "http://unitsofmeasure.org"
        is_vital = row["category"][0]["coding"][0]["code"] == "vital-signs"
        assert is_vital == ("profile" in row["meta"])
    pressure = next(row for row in rows if row["code"]["coding"][0]["code"] == "85354-9")
    assert [part["code"]["coding"][0]["code"] for part in pressure["component"][:2]] == ["8480-6", "8462-4"]


def test_the_capability_statement_and_the_outcomes_are_valid_r4(api):
    strict(api.get("/metadata").json())
    for path in ("/Nothing", "/Observation?x=1", "/Patient/none"):
        strict(api.get(path).json())
    strict(api.post("/Observation", {"resourceType": "Observation"}).json())


def test_answers_of_bundles_are_valid_r4(world, api):
    good, bad = observation(world, name="g", at="2026-03-21T08:00:00-05:00"), observation(world, 900, name="b")
    entries = [{"resource": row, "request": {"method": "POST", "url": "Observation"}} for row in (good, bad)]
    answer = api.post("/", {"resourceType": "Bundle", "type": "batch", "entry": entries})

    strict(answer.json())
