"""Reading and searching Patient, Observation and Device: what is found, in which order, and over which pages."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from monitoring.models import Reading
from monitoring.readings.void import void_readings
from rpm_portal.audit.models import Event
from rpm_portal.fhir.models import FhirDisclosure
from tests.builders import a_patient, an_enrollment, days
from tests.fhir.fhir_clients import ALL, FhirApi, a_client, an_api, issue, observation, post_form, token_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(world):
    return an_api(world)


def found(answer):
    """The resources of a searchset that match."""
    assert answer.status_code == 200, answer.content
    bundle = answer.json()
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
    return [row["resource"] for row in bundle.get("entry", []) if row["search"]["mode"] == "match"]


def next_path(answer):
    """The path of the next page below /api/fhir, or None."""
    links = {row["relation"]: row["url"] for row in answer.json()["link"]}
    return links["next"].partition("/api/fhir")[2] if "next" in links else None


def walk(api, path):
    """All resources over all pages."""
    rows = []
    while path:
        answer = api.get(path)
        rows += found(answer)
        path = next_path(answer)
    return rows


def test_a_patient_is_read_by_its_id(world, api):
    answer = api.get(f"/Patient/{world.patient.public_id}")

    resource = answer.json()
    assert (answer.status_code, resource["resourceType"], resource["birthDate"]) == (200, "Patient", "1950-03-02")
    assert resource["identifier"][0]["system"] == "urn:rpm-portal:fhir/mrn"
    assert answer["Content-Type"].startswith("application/fhir+json")
    assert answer["Last-Modified"]
    event = Event.objects.filter(action="fhir_read").get()
    assert event.subject == f"patient:{world.patient.public_id}"
    assert event.detail == {"client": api.client.public_id, "type": "Patient", "count": 1}


@pytest.mark.parametrize(
    "query",
    [
        "identifier=A1", "identifier=urn:rpm-portal:fhir/mrn|A1", "family=ortega", "given=Mig", "birthdate=1950-03-02",
        "birthdate=1950", "birthdate=ge1950-03&birthdate=lt1950-04", "family=nobody,orte", "_id={id}", "_id=x,{id}",
    ],
)  # fmt: skip
def test_a_patient_is_found(world, api, query):
    (resource,) = found(api.get("/Patient?" + query.format(id=world.patient.public_id)))

    assert resource["id"] == world.patient.public_id


@pytest.mark.parametrize(
    "query",
    ["identifier=urn:other|A1", "identifier=A", "family=rtega", "birthdate=gt1950", "birthdate=lt1950-03-02", "_id=x"],
)
def test_a_patient_is_not_found(api, query):
    assert found(api.get(f"/Patient?{query}")) == []


def test_names_can_be_searched_in_a_body(world, api):
    answer = post_form("/api/fhir/Patient/_search", {"family": "ortega"}, authorization=f"Bearer {api.token}")

    assert [row["id"] for row in found(answer)] == [world.patient.public_id]
    event = Event.objects.filter(action="fhir_search").get()
    assert event.detail["parameters"] == ["family"]
    assert "ortega" not in str(event.detail).lower()


def test_a_reading_has_the_elements_of_its_profile(world, api):
    world.read(days("2026-03-01", "2026-03-01"))
    (row,) = found(api.get(f"/Observation?patient={world.patient.public_id}"))

    assert row["meta"]["profile"] == [
        "http://hl7.org/fhir/StructureDefinition/vitalsigns", "http://hl7.org/fhir/StructureDefinition/bp",
    ]  # fmt: skip
    assert (row["meta"]["versionId"], row["status"]) == ("1", "final")
    assert row["category"][0]["coding"][0]["code"] == "vital-signs"
    assert [part["valueQuantity"]["value"] for part in row["component"]] == [128, 79, 66]
    assert row["basedOn"][0]["reference"].startswith("ServiceRequest/")
    device = api.get("/" + row["device"]["reference"]).json()
    assert device["serialNumber"] == world.serial == row["device"]["identifier"]["value"]


@pytest.mark.parametrize(
    ("code", "value", "category"),
    [
        ("2339-0", {"value": 110, "code": "mg/dL"}, "laboratory"),
        ("29463-7", {"value": 70, "code": "kg"}, "vital-signs"),
    ],
)
def test_glucose_is_no_vital_sign(world, api, code, value, category):
    coded = {"coding": [{"system": "http://loinc.org", "code": code}]}
    api.post("/Observation", observation(world, code=coded, valueQuantity=value))

    (row,) = found(api.get(f"/Observation?category={category}"))
    assert ("profile" in row["meta"]) == (category == "vital-signs")
    assert row["id"] == found(api.get(f"/Observation?code={code}"))[0]["id"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("date=2026-03-02", ["02"]), ("date=ge2026-03-03", ["03", "04"]), ("date=gt2026-03-03", ["04"]),
        ("date=lt2026-03-02", ["01"]), ("date=le2026-03-02", ["01", "02"]), ("date=ge2026-03-02&date=le2026-03-03", ["02", "03"]),
        ("date=2026-03", ["01", "02", "03", "04"]), ("date=2026-04", []),
        ("date=2026-03-02T07:00:00-06:00", ["02"]), ("date=2026-03-02T07:00:01-06:00", []),
        ("date=gt2026-03-03T07:00:00-06:00", ["04"]), ("date=ge2026-03-03T07:00:00-06:00", ["03", "04"]),
        ("code=85354-9", ["01", "02", "03", "04"]), ("code=http://loinc.org|85354-9&date=2026-03-01", ["01"]),
        ("code=urn:x|85354-9", []), ("code=8867-4", []), ("code=8867-4,85354-9&date=2026-03-04", ["04"]),
        ("category=laboratory", []), ("status=final&date=2026-03-01", ["01"]), ("status=amended", []),
        ("_sort=-date&_count=2", ["04", "03"]),
    ],
)  # fmt: skip
def test_readings_are_narrowed(world, api, query, expected):
    world.read(days("2026-03-01", "2026-03-04"))
    rows = found(api.get(f"/Observation?{query}"))

    assert [row["effectiveDateTime"][8:10] for row in rows] == expected


def test_a_day_is_the_patients_own_day(world, api):
    """A reading at 23:30 in Chicago is measured on the next day in UTC."""
    api.post("/Observation", observation(world, at="2026-03-09T04:30:00Z"))

    assert len(found(api.get("/Observation?date=2026-03-08"))) == 1
    assert found(api.get("/Observation?date=2026-03-09")) == []


def test_devices_and_patients_come_along_if_the_scope_allows_it(world, api):
    world.read(days("2026-03-01", "2026-03-02"))
    path = "/Observation?_include=Observation:device&_include=Observation:subject"
    kinds = [row["resource"]["resourceType"] for row in api.get(path).json()["entry"]]
    assert kinds == ["Observation", "Observation", "Device", "Patient"]

    only = FhirApi(token_of(api.client, ["system/Observation.rs"]), api.client)
    assert [row["resource"]["resourceType"] for row in only.get(path).json()["entry"]] == ["Observation"] * 2


def test_devices_are_found(world, api):
    for query in (f"identifier={world.serial}", f"patient=Patient/{world.patient.public_id}", "status=active"):
        assert [row["serialNumber"] for row in found(api.get(f"/Device?{query}"))] == [world.serial], query
    assert found(api.get("/Device?status=inactive")) == []


def test_pages_have_each_row_once_whatever_is_stored_meanwhile(world, api):
    world.read(days("2026-03-01", "2026-03-25"))
    before = set(Reading.objects.values_list("pk", flat=True))
    for query in ("_count=7", "_count=7&_sort=-date", "_count=7&_sort=date"):
        answer = api.get(f"/Observation?{query}")
        rows = found(answer)
        world.read(days("2026-04-01", "2026-04-03"), systolic=len(query) + 100)
        rows += walk(api, next_path(answer))
        ids = [row["id"] for row in rows]
        assert len(ids) == len(set(ids))
        assert {f"reading-{pk}" for pk in before} <= set(ids), query


def test_the_next_page_is_an_absolute_address_that_shows_nothing(world, api):
    for name in ("B2", "C3"):
        a_patient(world.practice, world.user("clinical_staff"), mrn=name, family="Ortega")
    answer = api.get("/Patient?family=ortega&_count=2")
    links = {row["relation"]: row["url"] for row in answer.json()["link"]}

    assert links["self"] == "http://testserver/api/fhir/Patient?family=ortega&_count=2"
    assert [name for name, _ in parse_qsl(urlsplit(links["next"]).query)] == ["_page"]
    assert "ortega" not in links["next"].lower()
    assert len(walk(api, "/Patient?family=ortega&_count=1")) == 3


def test_a_page_of_another_client_or_type_is_not_known(world, api):
    world.read(days("2026-03-01", "2026-03-03"))
    path = next_path(api.get("/Observation?_count=1"))
    other = an_api(world, name="Other")

    assert other.get(path).status_code == 404
    assert api.get(path.replace("Observation", "Patient")).status_code == 404
    assert api.get("/Observation?_page=" + "A" * 40).status_code == 404
    assert api.get(path[:-4]).status_code == 404


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("patiend=x", 400, "not-supported"), ("subject.name=x", 400, "not-supported"), ("code:in=x", 400, "not-supported"),
        ("_has:Patient:a:b=c", 400, "not-supported"), ("_tag=x", 400, "not-supported"), ("date=ne2026-01-01", 400, "not-supported"),
        ("date=yesterday", 400, "not-supported"), ("date=2026-02-30", 400, "not-supported"),
        ("date=2026-03-01T08:00:00", 400, "not-supported"), ("date=", 400, "not-supported"), ("_count=-1", 400, "not-supported"),
        ("_sort=code", 400, "not-supported"), ("patient=Group/1", 400, "not-supported"), ("_format=xml", 406, "not-supported"),
        ("code=a%00b", 400, "not-supported"), ("&".join(["code=1"] * 51), 400, "not-supported"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_and_never_ignored(api, query, status, code):
    answer = api.get(f"/Observation?{query}")

    assert (answer.status_code, issue(answer)["code"]) == (status, code)


def test_unknown_controls_are_ignored_and_named(world, api):
    world.read(days("2026-03-01", "2026-03-02"))
    answer = api.get("/Observation?_totalMethod=count&_elements=id")

    assert len(found(answer)) == 2
    (entry,) = [row for row in answer.json()["entry"] if row["search"]["mode"] == "outcome"]
    assert "_totalMethod" in entry["resource"]["issue"][0]["diagnostics"]
    assert answer.json()["link"][0]["url"].endswith("/Observation")


@pytest.mark.parametrize("query", ["_count=0&_totalMethod=count", "_summary=count", "_total=accurate&_count=0"])
def test_a_total_is_counted_without_rows(world, api, query):
    world.read(days("2026-03-01", "2026-03-03"))
    bundle = api.get(f"/Observation?{query}").json()

    assert bundle["total"] == 3
    assert not [row for row in bundle.get("entry", []) if row["search"]["mode"] == "match"]


def test_what_changed_since_a_moment_is_settled_first(world, api, pinned_day):
    world.read(days("2026-03-01", "2026-03-02"))
    stored = Reading.objects.order_by("pk").first()
    now = timezone.now()
    Reading.objects.filter(pk=stored.pk)  # stored_at is the database's own clock
    moment = stored.stored_at.isoformat().replace("+", "%2B")
    pinned_day.move_to(max(now, stored.stored_at))
    api = FhirApi(token_of(api.client), api.client)
    assert found(api.get(f"/Observation?_lastUpdated=ge{moment}")) == []

    pinned_day.shift(11)
    assert len(found(api.get(f"/Observation?_lastUpdated=ge{moment}"))) == 2
    assert found(api.get(f"/Observation?_lastUpdated=gt{moment}")) == []


def test_a_voided_reading_stays_with_its_status(world, api):
    world.read(days("2026-03-01", "2026-03-01"))
    row = Reading.objects.get()
    void_readings(
        world.practice.pk, [row.pk], reason="Wrong person", now=timezone.now(), by=world.user("clinical_staff")
    )

    resource = api.get(f"/Observation/reading-{row.pk}").json()
    assert (resource["status"], resource["meta"]["versionId"]) == ("entered-in-error", "2")
    assert api.get(f"/Observation/reading-{row.pk}/_history/1").json()["status"] == "final"
    assert api.get(f"/Observation/reading-{row.pk}/_history/3").status_code == 404
    assert len(found(api.get("/Observation?status=entered-in-error"))) == 1
    assert found(api.get("/Observation?status=final")) == []


def test_a_search_over_patients_discloses_each_of_them(world, api):
    nurse = world.user("clinical_staff")
    an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Hall"), serial="x9")
    world.read(days("2026-03-01", "2026-03-03"))
    world.read(days("2026-03-01", "2026-03-01"), serial="x9")
    api.get("/Observation")

    assert sorted(FhirDisclosure.objects.values_list("resource", "count")) == [("Observation", 1), ("Observation", 3)]
    assert Event.objects.get(action="fhir_search").subject == f"fhirclient:{api.client.public_id}"


def test_a_merged_patient_names_the_one_who_replaces_it(world, api):
    other = a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall")
    type(other).objects.filter(pk=other.pk).update(merged_into=world.patient)

    resource = api.get(f"/Patient/{other.public_id}").json()
    assert resource["active"] is False
    assert resource["link"][0] == {
        "other": {"reference": f"Patient/{world.patient.public_id}"}, "type": "replaced-by",
    }  # fmt: skip


def test_a_client_of_a_clinic_sees_only_its_patients(world):
    from enrollment.models import Clinic, Enrollment

    clinic = Clinic.objects.create(practice=world.practice, name="North")
    nurse = world.user("clinical_staff")
    north = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Hall"), serial="x9", clinic=clinic)
    world.read(days("2026-03-01", "2026-03-01"))
    world.read(days("2026-03-01", "2026-03-02"), serial="x9")
    client = a_client(world, ALL, clinics=[clinic.pk])
    api = FhirApi(token_of(client), client)

    assert [row["id"] for row in found(api.get("/Patient"))] == [north.patient.public_id]
    assert len(found(api.get("/Observation"))) == 2
    assert [row["serialNumber"] for row in found(api.get("/Device"))] == ["x9"]
    assert api.get(f"/Patient/{world.patient.public_id}").status_code == 404
    assert Enrollment.objects.filter(clinic=clinic).count() == 1
