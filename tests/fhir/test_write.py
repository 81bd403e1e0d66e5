"""Create and update of Observations: answers, conditions, refusals, and versions."""

import gzip
import json

import pytest
from django.db import connection
from django.test import Client

from enrollment.models import Clinic
from monitoring.models import Reading, ReadingDay, UnmatchedReading
from monitoring.services import open_source
from rpm_portal.audit.models import Event
from tests.builders import a_patient, an_enrollment, at, at_once
from tests.fhir.fhir_clients import ALL, FhirApi, a_client, an_api, issue, observation, token_of

pytestmark = pytest.mark.django_db
NOON = at("2026-03-20", "12:00:00")


@pytest.fixture
def api(world):
    return an_api(world)


def stored(answer):
    """The id in the Location of an answer."""
    return answer["Location"].partition("/Observation/")[2].partition("/")[0]


@pytest.mark.parametrize("path", ["/Observation", "/Observation/"])
def test_a_created_reading_is_answered_with_its_resource_and_address(world, api, path):
    answer = api.post(path, observation(world))

    row = Reading.objects.get()
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"http://testserver/api/fhir/Observation/reading-{row.pk}/_history/1"
    assert answer["ETag"] == 'W/"1"'
    assert answer["Last-Modified"]
    resource = answer.json()
    assert (resource["id"], resource["valueQuantity"]["value"]) == (f"reading-{row.pk}", 70)
    assert {"system": "urn:acme", "value": "o1"} in resource["identifier"]
    assert resource["subject"]["reference"] == f"Patient/{world.patient.public_id}"
    assert api.get(f"/Observation/{resource['id']}").json() == resource
    assert api.get(answer["Location"].partition("/api/fhir")[2]).json() == resource
    assert ReadingDay.objects.get().automatic == 1
    event = Event.objects.get(action="fhir_create")
    assert (event.subject, event.detail["status"]) == (f"patient:{world.patient.public_id}", 201)


def test_the_same_body_twice_is_one_reading(world, api):
    first, second = (api.post("/Observation", observation(world)) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Reading.objects.count() == 1


def test_a_body_without_an_identifier_is_found_again(world, api):
    body = observation(world)
    del body["identifier"]
    answers = [api.post("/Observation", body) for _ in range(2)]

    assert [row.status_code for row in answers] == [201, 200]
    assert stored(answers[0]) == stored(answers[1])


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_are_one_reading(live_world):
    api, statuses = an_api(live_world), []

    def send(_):
        statuses.append(api.post("/Observation", observation(live_world)).status_code)
        connection.close()

    at_once(send, times=10)
    assert sorted(statuses) == [200] * 9 + [201]
    assert Reading.objects.count() == 1


def test_the_id_and_meta_of_a_body_are_ignored(world, api):
    api.post("/Observation", observation(world, 70))
    answer = api.post("/Observation", observation(world, 71, name="o2", id="reading-1", meta={"versionId": "9"}))

    assert answer.status_code == 201
    assert Reading.objects.filter(voided_at__isnull=True).count() == 2
    assert answer.json()["meta"]["versionId"] == "1"


@pytest.mark.parametrize(
    ("prefer", "kind"),
    [
        ("return=minimal", None),
        ("return=representation", "Observation"),
        ("return=OperationOutcome", "OperationOutcome"),
    ],
)
def test_the_client_chooses_what_it_gets_back(world, api, prefer, kind):
    answer = api.post("/Observation", observation(world), prefer=prefer)

    assert answer.status_code == 201
    assert answer["Location"]
    assert (json.loads(answer.content)["resourceType"] if answer.content else None) == kind


@pytest.mark.parametrize(
    ("change", "code", "expression", "detail"),
    [
        ({"effectiveDateTime": "2026-03-20T08:00:00"}, "value", "Observation.effective", "unreadable"),
        ({"effectiveDateTime": "2099-01-01T00:00:00Z"}, "business-rule", "Observation.effective", "future"),
        ({"status": "preliminary"}, "value", "Observation.status", "unreadable"),
        ({"code": {"coding": []}}, "required", "Observation.code", "unreadable"),
        ({"device": {}}, "required", "Observation.device", "unreadable"),
        ({"valueQuantity": {"value": 900, "code": "kg"}}, "value", "Observation.value", "impossible"),
        ({"valueQuantity": {"value": 70, "code": "stone"}}, "code-invalid", "Observation.value", "unknown-unit"),
    ],
)
def test_a_refused_reading_names_what_to_change(world, api, change, code, expression, detail):
    answer = api.post("/Observation", observation(world, **change))

    found = issue(answer)
    assert (answer.status_code, found["severity"], found["code"]) == (422, "error", code)
    assert found["expression"] == [expression]
    assert found["details"]["coding"][0]["code"] == detail
    assert UnmatchedReading.objects.get().message in found["diagnostics"]
    assert not Reading.objects.exists()


def test_a_reading_of_an_unknown_device_waits_under_a_number(world, api):
    answer = api.post("/Observation", observation(world, device={"identifier": {"value": "never-seen"}}))

    row = UnmatchedReading.objects.get()
    assert (answer.status_code, issue(answer)["severity"]) == (202, "warning")
    assert f"Kept as {row.public_id}; do not send it again." in issue(answer)["diagnostics"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b"[]", 400), (b'{"resourceType": 7}', 400), (b'{"resourceType": "Patient"}', 400), (b"\xff", 400),
        (b'{"resourceType": "Observation", "a": NaN}', 400), (b"[" * 3000, 400), (b" " * (5 * 1024 * 1024), 413),
    ],
)  # fmt: skip
def test_a_body_that_is_no_observation_is_refused(api, body, status):
    answer = api.post("/Observation", body)

    assert answer.status_code == status
    assert issue(answer)["diagnostics"]


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json", 201),
        ("application/fhir+json; charset=utf-8", 201),
        ("application/fhir+xml", 415),
        ("text/plain", 415),
    ],
)
def test_json_is_read_under_both_names(world, api, media, status):
    assert api.post("/Observation", observation(world), content_type=media).status_code == status


def test_a_compressed_body_is_read_and_one_that_grows_is_not(world, api):
    small = gzip.compress(json.dumps(observation(world)).encode())
    assert api.post("/Observation", small, content_encoding="gzip").status_code == 201

    bomb = gzip.compress(b" " * (3 * 1024 * 1024))
    assert api.post("/Observation", bomb, content_encoding="gzip").status_code == 413


@pytest.mark.parametrize("by_query", [False, True])
def test_a_conditional_create_stores_once(world, api, by_query):
    """Fhirpy puts the condition into the query of the POST."""

    def create(body):
        if by_query:
            return api.post("/Observation?identifier=urn:acme|o1", body)
        return api.post("/Observation", body, if_none_exist="identifier=urn:acme|o1")

    first, second = create(observation(world, 70)), create(observation(world, 99))

    assert (first.status_code, second.status_code) == (201, 200)
    assert second["Location"] == first["Location"]
    assert second.json()["valueQuantity"]["value"] == 70
    assert Reading.objects.count() == 1


def test_a_condition_that_finds_several_stores_nothing(world, api):
    for name, moment in (("a", "08"), ("b", "09")):
        body = observation(world, at=f"2026-03-20T{moment}:00:00-05:00", name=name)
        body["identifier"].append({"system": "urn:x", "value": "same", "use": "usual"})
        api.post("/Observation", body)
    answer = api.post("/Observation", observation(world, name="c"), if_none_exist="identifier=urn:x|same")

    assert (answer.status_code, issue(answer)["code"]) == (412, "multiple-matches")


@pytest.mark.parametrize(
    ("header", "query", "status"),
    [
        ("code=1", "", 412),
        ("identifier=a&code=1", "", 412),
        ("identifier=", "", 412),
        ("", "?code=1", 400),
        ("", "?_id=1", 400),
    ],
)
def test_another_condition_is_refused(world, api, header, query, status):
    answer = api.post(f"/Observation{query}", observation(world), if_none_exist=header)

    assert answer.status_code == status
    assert not Reading.objects.exists()


def test_a_device_can_be_named_as_the_search_found_it(world, api):
    (device,) = api.get("/Device").json()["entry"]
    body = observation(world, device={"reference": f"Device/{device['resource']['id']}"})

    assert api.post("/Observation", body).status_code == 201


def test_a_reading_for_another_patient_than_the_devices_is_refused(world, api):
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Hall"), serial="x9")
    wrong = observation(world, subject={"reference": f"Patient/{other.patient.public_id}"})
    answer = api.post("/Observation", wrong)

    assert (answer.status_code, issue(answer)["expression"]) == (422, ["Observation.subject"])
    assert not Reading.objects.exists()
    assert not UnmatchedReading.objects.exists()
    right = observation(world, subject={"reference": f"Patient/{world.patient.public_id}"})
    assert api.post("/Observation", right).status_code == 201
    own = observation(world, name="o2", at="2026-03-20T09:00:00-05:00", subject={"reference": "Patient/p-1"})
    assert api.post("/Observation", own).status_code == 201


def test_a_client_of_one_clinic_does_not_read_what_it_wrote_for_another(world):
    clinic = Clinic.objects.create(practice=world.practice, name="North")
    client = a_client(world, ALL, clinics=[clinic.pk])
    answer = FhirApi(token_of(client), client).post("/Observation", observation(world))

    assert (answer.status_code, answer.json()["resourceType"]) == (201, "OperationOutcome")
    assert world.patient.public_id not in answer.content.decode()


def change_of(api, answer, **changes):
    """The resource of an answer, read again and changed, as a client sends it back."""
    return api.get(f"/Observation/{stored(answer)}").json() | changes


def kilograms(value):
    return {"value": value, "system": "http://unitsofmeasure.org", "code": "kg"}


@pytest.mark.parametrize("has_identifier", [True, False])
def test_an_amended_reading_keeps_its_id_and_has_a_new_version(world, api, has_identifier):
    body = observation(world, 70)
    if not has_identifier:
        del body["identifier"]
    first = api.post("/Observation", body)
    changed = change_of(api, first, status="amended", valueQuantity=kilograms(72))
    answer = api.put(f"/Observation/{stored(first)}", changed, if_match='W/"1"')

    assert answer.status_code == 200, answer.content
    assert (answer["ETag"], answer.json()["status"]) == ('W/"2"', "amended")
    assert answer.json()["id"] == stored(first)
    read = api.get(f"/Observation/{stored(first)}").json()
    assert (read["valueQuantity"]["value"], read["meta"]["versionId"]) == (72, "2")
    old = api.get(f"/Observation/{stored(first)}/_history/1").json()
    assert (old["valueQuantity"]["value"], old["status"]) == (70, "final")
    assert [row["resource"]["id"] for row in api.get("/Observation").json()["entry"]] == [stored(first)]
    assert ReadingDay.objects.get().automatic == 1
    again = api.put(f"/Observation/{stored(first)}", read | {"valueQuantity": kilograms(73)})
    assert (again.status_code, again["ETag"]) == (200, 'W/"3"')


@pytest.mark.parametrize("has_identifier", [True, False])
def test_a_retracted_reading_counts_for_no_day(world, api, has_identifier):
    body = observation(world, 70)
    if not has_identifier:
        del body["identifier"]
    first = api.post("/Observation", body)
    answer = api.put(f"/Observation/{stored(first)}", change_of(api, first, status="entered-in-error"))

    assert (answer.status_code, answer.json()["status"], answer["ETag"]) == (200, "entered-in-error", 'W/"2"')
    assert ReadingDay.objects.get().automatic == 0
    assert api.get(f"/Observation/{stored(first)}").json()["status"] == "entered-in-error"
    assert Event.objects.filter(action="fhir_update").count() == 1


def test_a_stale_version_is_not_overwritten(world, api):
    first = api.post("/Observation", observation(world, 70))
    changed = change_of(api, first, status="amended", valueQuantity=kilograms(72))
    path = f"/Observation/{stored(first)}"
    assert api.put(path, changed, if_match='W/"1"').status_code == 200

    answer = api.put(path, changed | {"valueQuantity": kilograms(75)}, if_match='W/"1"')
    assert (answer.status_code, issue(answer)["code"]) == (412, "conflict")
    assert api.put(path, changed, if_match="nonsense").status_code == 412
    assert api.get(path).json()["valueQuantity"]["value"] == 72


@pytest.mark.parametrize(
    ("change", "status", "expression"),
    [
        ({"effectiveDateTime": "2026-03-20T09:00:00-05:00"}, 422, "Observation.effective"),
        ({"device": {"identifier": {"value": "x"}}}, 422, "Observation.device"),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}, "valueQuantity": {"value": 60, "code": "/min"}}, 422, "Observation.code"),
        ({"subject": {"reference": "Patient/another"}}, 422, "Observation.subject"),
        ({"status": "final"}, 422, "Observation.status"),
        ({"id": "reading-9"}, 400, "Observation.id"),
        ({"valueQuantity": {"value": 900, "code": "kg"}}, 422, "Observation"),
    ],
)  # fmt: skip
def test_an_update_changes_only_values_and_status(world, api, change, status, expression):
    first = api.post("/Observation", observation(world, 70))
    body = change_of(api, first, status="amended", valueQuantity=kilograms(72)) | change
    answer = api.put(f"/Observation/{stored(first)}", body)

    assert (answer.status_code, issue(answer)["expression"]) == (status, [expression])
    assert api.get(f"/Observation/{stored(first)}").json()["meta"]["versionId"] == "1"


def test_only_the_sender_of_a_reading_updates_it(world, api):
    first = api.post("/Observation", observation(world, 70))
    body = change_of(api, first, status="entered-in-error")
    other = an_api(world, name="Other")
    _, key = open_source(practice=world.practice, name="Gateway 2", shape="fhir", now=NOON)

    assert other.put(f"/Observation/{stored(first)}", body).status_code == 405
    by_key = Client().put(
        f"/api/fhir/Observation/{stored(first)}", json.dumps(body), content_type="application/json",
        headers={"x-api-key": key},
    )  # fmt: skip
    assert by_key.status_code == 405
    assert api.put("/Observation/reading-999999", body | {"id": "reading-999999"}).status_code == 405


def test_what_a_person_voided_stays_voided(world, api):
    from monitoring.readings.void import void_readings

    first = api.post("/Observation", observation(world, 70))
    void_readings(
        world.practice.pk, [Reading.objects.get().pk], reason="Not hers", now=NOON, by=world.user("clinical_staff")
    )
    answer = api.put(
        f"/Observation/{stored(first)}", change_of(api, first, status="amended", valueQuantity=kilograms(72))
    )

    assert answer.status_code == 409, answer.content
    assert api.get(f"/Observation/{stored(first)}").json()["status"] == "entered-in-error"


def test_the_key_of_a_source_writes_and_reads_nothing(world):
    _, key = open_source(practice=world.practice, name="Gateway 2", shape="fhir", now=NOON)

    def send(method, path, body, **headers):
        return Client().generic(
            method, f"/api/fhir{path}", json.dumps(body), content_type="application/json",
            headers={"x-api-key": key} | headers,
        )  # fmt: skip

    body = observation(world, 70)
    first, again = (
        send("POST", "/Observation", body),
        send("POST", "/Observation", body, prefer="return=representation"),
    )
    assert (first.status_code, issue(first)["diagnostics"]) == (201, "Stored as a reading.")
    assert world.patient.public_id not in first.content.decode()
    assert (again.status_code, again["Location"]) == (200, first["Location"])
    changed = again.json() | {"status": "amended", "valueQuantity": kilograms(72)}
    assert send("PUT", f"/Observation/{stored(first)}", changed)["ETag"] == 'W/"2"'
    assert send("GET", f"/Observation/{stored(first)}", {}).status_code == 401
