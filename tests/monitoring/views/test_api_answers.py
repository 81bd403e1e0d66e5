"""What a sender reads: the result of each entry with reason and sentence, and the status of the whole answer."""

import json

import pytest
from django.test import Client

from enrollment import services as enrollment
from monitoring.models import UnmatchedReading
from monitoring.services import open_source
from tests.builders import at
from tests.conftest import SHARED

CASES = SHARED / "cases" / "readings"
NOON = at("2026-03-20", "12:00:00")
EIGHT = "2026-03-20T08:00:00-05:00"


def post(world, body, shape="portal", path="/api/readings/"):
    key = open_source(practice=world.practice, name=shape, shape=shape, now=NOON)[1]
    return Client().post(path, json.dumps(body), content_type="application/json", headers={"x-api-key": key})


def pressure(world, **more):
    reading = {"device": world.serial, "metric": "blood_pressure", "systolic": 128, "diastolic": 79}
    return {**reading, "measured_at": EIGHT, **more}


def test_every_entry_of_our_own_format_has_its_result(world):
    entries = [
        pressure(world), pressure(world), pressure(world, device="never-seen"),
        pressure(world, measured_at="2026-03-20T08:00:00"), pressure(world, measured_at="1970-01-01T00:00:01Z"),
        pressure(world, measured_at="2099-01-01T00:00:00Z"),
    ]  # fmt: skip
    answer = post(world, {"readings": entries})

    assert answer.status_code == 200
    rows = answer.json()["entries"]
    assert [(row["entry"], row["result"], row.get("reason")) for row in rows] == [
        (0, "new", None), (1, "known", None), (2, "waiting", "unknown_device"), (3, "refused", "unreadable"),
        (4, "waiting", "not_assigned"), (5, "refused", "future"),
    ]  # fmt: skip
    assert rows[0].keys() == {"entry", "result"}
    assert "offset" in rows[3]["message"]
    assert answer.json()["unmatched"] == 4


@pytest.mark.parametrize(
    ("change", "status"),
    [({"systolic": 320}, 200), ({"systolic": 321}, 422), ({"device": "never-seen"}, 200), ({"metric": "mood"}, 422)],
)
def test_a_single_refused_reading_is_an_error_and_a_waiting_one_is_not(world, change, status):
    answer = post(world, {"readings": [pressure(world, **change)]})

    assert answer.status_code == status
    if status == 422:
        row = UnmatchedReading.objects.get()
        assert (answer.json()["detail"], answer.json()["entries"][0]["reason"]) == (row.message, row.reason)


def test_a_refusal_beside_a_stored_reading_is_no_error_of_the_body(world):
    assert post(world, {"readings": [pressure(world), pressure(world, systolic=999)]}).status_code == 200


def test_a_vendor_reads_the_refusal_in_an_answer_that_makes_it_send_no_more(world):
    body = {"metric": "mood", "hwi_device_id": world.serial, "timestamp": "2026-03-20T12:00:00Z", "value_1": 1}
    answer = post(world, body, "tenovi", "/api/tenovi/")

    assert answer.status_code == 200
    assert answer.json()["entries"][0] | {"message": ""} == {
        "entry": 0, "result": "refused", "reason": "unreadable", "message": "",
    }  # fmt: skip


def observation(world, **more):
    return {
        "resourceType": "Observation", "identifier": [{"value": "o1"}], "status": "final", "effectiveDateTime": EIGHT,
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "device": {"identifier": {"value": world.serial}}, "valueQuantity": {"value": 70, "code": "kg"}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "status", "severity", "expression"),
    [
        ({"effectiveDateTime": "2026-03-20T08:00:00"}, 422, "error", "Observation.effective"),
        ({"effectiveDateTime": "2099-01-01T00:00:00Z"}, 422, "error", "Observation.effective"),
        ({"status": "preliminary"}, 422, "error", "Observation.status"),
        ({"code": {"coding": []}}, 422, "error", "Observation.code"),
        ({"device": {}}, 422, "error", "Observation.device"),
        ({"valueQuantity": {"value": 900, "code": "kg"}}, 422, "error", "Observation.value"),
        ({"valueQuantity": {"value": 70, "code": "stone"}}, 422, "error", "Observation.value"),
        ({"device": {"identifier": {"value": "never-seen"}}}, 202, "warning", "Observation.device"),
    ],
)
def test_a_single_observation_is_answered_with_the_element_to_change(world, change, status, severity, expression):
    answer = post(world, observation(world, **change), "fhir", "/api/fhir/Observation")

    (issue,) = answer.json()["issue"]
    assert (answer.status_code, issue["severity"]) == (status, severity)
    assert issue.get("expression") == ([expression] if expression else None)
    row = UnmatchedReading.objects.first()
    assert row is None or row.message in issue["diagnostics"]


def test_a_single_observation_that_is_stored_is_answered_with_its_address(world):
    first, second = (post(world, observation(world), "fhir", "/api/fhir/Observation") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first["Location"] == second["Location"]
    assert "Stored as a reading." in first.json()["issue"][0]["diagnostics"]


def test_each_entry_of_a_bundle_names_its_own_element(world):
    resources = [observation(world), observation(world, effectiveDateTime="2026-03-20")]
    body = {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": row} for row in resources]}
    answer = post(world, body, "fhir", "/api/fhir/")

    assert (answer.status_code, answer.json()["type"]) == (200, "batch-response")
    first, second = (entry["response"] for entry in answer.json()["entry"])
    assert (first["status"][:3], second["status"][:3]) == ("201", "422")
    assert second["outcome"]["issue"][0]["expression"] == ["Bundle.entry[1].resource.effective"]


def test_the_same_large_bundle_is_answered_entry_by_entry_again(world):
    rows = [pressure(world, measured_at=f"2026-03-19T{n // 60:02d}:{n % 60:02d}:00Z") for n in range(100)]
    key = open_source(practice=world.practice, name="p", shape="portal", now=NOON)[1]
    for result in ("new", "known"):
        answer = Client().post(
            "/api/readings/", json.dumps({"readings": rows}), content_type="application/json",
            headers={"x-api-key": key},
        )  # fmt: skip
        assert [row["result"] for row in answer.json()["entries"]] == [result] * 100


@pytest.mark.skipif(not CASES.exists(), reason="the shared folder is absent")
@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("F40", "/api/fhir", 200), ("F41", "/api/fhir/Observation", 422), ("F49", "/api/fhir/Observation/", 201),
        ("P21", "/api/readings", 200), ("P11", "/api/readings", 200),
    ],
)  # fmt: skip
def test_a_case_is_answered_as_its_sender_needs(world, monkeypatch, name, path, status):
    nurse, case = world.user("clinical_staff"), json.loads((CASES / f"{name}.json").read_text())
    for serial in ("SN-77", "chi-bp"):
        device = enrollment.add_device(model=world.cuff, serial=serial, by=nurse)
        enrollment.assign_device(
            device=device, enrollment=world.enrollment, starts_at=at("2026-04-01", "00:00:00"), by=nurse
        )
    monkeypatch.setattr("monitoring.views.api.timezone.now", lambda: at("2026-09-01"))

    assert post(world, case["body"], case["door"], path).status_code == status
