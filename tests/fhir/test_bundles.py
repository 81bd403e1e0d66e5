"""Batch and transaction: independent entries, all or nothing, references within the Bundle, and large batches."""

import json

import pytest

from monitoring.intake import take_in
from monitoring.models import Delivery, DeliveryState, Reading, UnmatchedReading
from rpm_portal.audit.models import Event
from tests.builders import at, days
from tests.fhir.fhir_clients import an_api, issue, observation

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(world):
    return an_api(world)


def entry(resource, method="POST", url="Observation", **request):
    return {"resource": resource, "request": {"method": method, "url": url, **request}}


def bundle(*entries, kind="batch"):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def at_hour(world, hour, value=70, **more):
    return observation(world, value, at=f"2026-03-20T{hour:02d}:00:00-05:00", name=f"o{hour}", **more)


def responses(answer):
    assert answer.status_code == 200, answer.content
    return [row["response"] for row in answer.json()["entry"]]


def codes(answer):
    return [row["status"][:3] for row in responses(answer)]


def test_a_bad_entry_of_a_batch_keeps_no_good_one_out(world, api):
    answer = api.post("/", bundle(entry(at_hour(world, 7)), entry(at_hour(world, 8, 900)), entry(at_hour(world, 9))))

    rows = responses(answer)
    assert answer.json()["type"] == "batch-response"
    assert [row["status"] for row in rows] == ["201 Created", "422 Unprocessable Entity", "201 Created"]
    assert rows[1]["outcome"]["issue"][0]["expression"] == ["Bundle.entry[1].resource.value"]
    stored = list(Reading.objects.order_by("measured_at"))
    assert [row["location"].rpartition("/api/fhir/")[2] for row in (rows[0], rows[2])] == [
        f"Observation/reading-{row.pk}/_history/1" for row in stored
    ]  # fmt: skip
    assert rows[0]["etag"] == 'W/"1"'
    assert rows[0]["lastModified"]
    assert codes(api.post("", bundle(entry(at_hour(world, 7)), entry(at_hour(world, 9))))) == ["200", "200"]


def test_a_transaction_with_a_bad_entry_stores_nothing(world, api):
    body = bundle(entry(at_hour(world, 7)), entry(at_hour(world, 8, 900)), entry(at_hour(world, 9)), kind="transaction")
    answer = api.post("/", body)

    assert answer.status_code == 422
    assert [row["expression"] for row in answer.json()["issue"]] == [["Bundle.entry[1].resource.value"]]
    assert not Reading.objects.exists()
    assert not UnmatchedReading.objects.exists()
    delivery = Delivery.objects.get(source=api.client.source)
    assert delivery.state == DeliveryState.REFUSED


def test_a_transaction_names_all_bad_entries(world, api):
    other = observation(world, 70) | {"id": "reading-9", "status": "amended"}
    entries = [entry(at_hour(world, 7)), entry(at_hour(world, 8, 900)), entry(other, "PUT", "Observation/reading-9")]
    answer = api.post("/", bundle(*entries, kind="transaction"))

    assert [row["expression"][0] for row in answer.json()["issue"] if "expression" in row] == [
        "Bundle.entry[1].resource.value",
    ]  # fmt: skip
    assert len(answer.json()["issue"]) == 2
    assert not Reading.objects.exists()


def test_a_good_transaction_is_stored_whole(world, api):
    answer = api.post("/", bundle(entry(at_hour(world, 7)), entry(at_hour(world, 9)), kind="transaction"))

    assert (answer.json()["type"], codes(answer)) == ("transaction-response", ["201", "201"])
    assert Reading.objects.count() == 2
    assert Event.objects.get(action="fhir_batch").detail["count"] == 2


def test_a_transaction_that_fails_inside_stores_nothing(world, api, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("lost")

    monkeypatch.setattr("monitoring.intake.take_in.evaluate", fail)
    answer = api.post("/", bundle(entry(at_hour(world, 7)), kind="transaction"))

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert not Reading.objects.exists()
    assert not Delivery.objects.filter(source=api.client.source).exists()


def test_an_entry_refers_to_a_device_of_its_bundle(world, api):
    device = {"resourceType": "Device", "identifier": [{"value": world.serial}]}
    reading = at_hour(world, 7, device={"reference": "urn:uuid:d1"})
    entries = [
        {"fullUrl": "urn:uuid:d1", "resource": device, "request": {"method": "POST", "url": "Device", "ifNoneExist": "identifier=x"}},
        entry(reading),
    ]  # fmt: skip
    answer = api.post("/", bundle(*entries, kind="transaction"))

    assert codes(answer) == ["200", "201"]
    assert Reading.objects.get().device.serial == world.serial


def test_a_conditional_entry_stores_once(world, api):
    conditional = entry(at_hour(world, 7), ifNoneExist="identifier=urn:acme|o7")
    assert codes(api.post("/", bundle(conditional))) == ["201"]
    answer = api.post(
        "/", bundle(conditional, entry(at_hour(world, 8)), entry(at_hour(world, 9), ifNoneExist="code=x"))
    )

    assert codes(answer) == ["200", "201", "412"]
    assert Reading.objects.count() == 2


def test_updates_and_reads_are_entries_too(world, api):
    first = api.post("/Observation", at_hour(world, 7)).json()
    amended = first | {"status": "amended", "valueQuantity": {"value": 72, "code": "kg"}}
    own = f"Observation/{first['id']}"
    answer = api.post(
        "/", bundle(
            entry(amended, "PUT", own, ifMatch='W/"1"'), entry(amended, "PUT", own, ifMatch='W/"7"'),
            {"request": {"method": "GET", "url": f"Patient/{world.patient.public_id}"}},
            {"request": {"method": "GET", "url": "Observation?code=29463-7"}},
            {"request": {"method": "GET", "url": "Patient/none"}},
            entry(at_hour(world, 8)),
        )
    )  # fmt: skip

    assert codes(answer) == ["200", "412", "200", "200", "404", "201"]
    rows = answer.json()["entry"]
    assert rows[0]["response"]["etag"] == 'W/"2"'
    assert rows[2]["resource"]["resourceType"] == "Patient"
    assert rows[3]["resource"]["type"] == "searchset"
    assert not UnmatchedReading.objects.exists()


def test_a_wrong_subject_is_refused_in_its_entry_only(world, api):
    from tests.builders import a_patient, an_enrollment

    other = an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2"), serial="x9")
    wrong = at_hour(world, 8, subject={"reference": f"Patient/{other.patient.public_id}"})
    answer = api.post("/", bundle(entry(at_hour(world, 7)), entry(wrong)))

    assert codes(answer) == ["201", "422"]
    assert responses(answer)[1]["outcome"]["issue"][0]["expression"] == ["Bundle.entry[1].resource.subject"]
    assert Reading.objects.count() == 1


@pytest.mark.parametrize(
    "body", [{"resourceType": "Patient"}, {"resourceType": "Bundle", "type": "batch", "entry": {}}]
)
def test_a_body_that_is_no_list_of_entries_is_refused(api, body):
    assert api.post("/", body).status_code == 400


def test_an_empty_batch_has_an_empty_answer(api):
    assert codes(api.post("/", bundle())) == []


def test_a_body_of_five_megabytes_is_refused_before_it_is_read(api):
    answer = api.post("/", b'{"resourceType": "Bundle"' + b" " * (5 * 1024 * 1024) + b"}")

    assert (answer.status_code, issue(answer)["code"]) == (413, "too-long")
    assert not Delivery.objects.filter(source=api.client.source).exists()


def test_a_large_batch_waits_for_the_worker_and_its_result_is_read_later(world, api, settings, monkeypatch):
    settings.INTAKE_AT_ONCE = 2
    monkeypatch.setattr("rpm_portal.fhir.views.write.enqueue_delivery", lambda pk: None)
    rows = [
        at_hour(world, 7),
        at_hour(world, 8, 900),
        at_hour(world, 9, device={"identifier": {"value": "never-seen"}}),
    ]
    answer = api.post("/", bundle(*(entry(row) for row in rows)))

    assert answer.status_code == 202
    path = answer["Content-Location"].partition("/api/fhir")[2]
    assert path.startswith("/async/")
    waiting = api.get(path)
    assert (waiting.status_code, waiting["Retry-After"], waiting.content) == (202, "5", b"")
    take_in.work(Delivery.objects.get(source=api.client.source).pk, now=at("2026-03-21"))

    done = api.get(path)
    assert (done.json()["type"], codes(done)) == ("batch-response", ["201", "422", "202"])
    assert responses(done)[0]["location"].endswith(f"Observation/reading-{Reading.objects.get().pk}/_history/1")
    other = an_api(world, name="Other")
    assert other.get(path).status_code == 404


def test_a_large_transaction_is_refused(world, api, settings):
    settings.INTAKE_AT_ONCE = 2
    answer = api.post("/", bundle(*(entry(at_hour(world, hour)) for hour in (7, 8, 9)), kind="transaction"))

    assert (answer.status_code, issue(answer)["code"]) == (413, "too-costly")
    assert not Reading.objects.exists()


def test_a_large_batch_with_reads_is_refused_whole(world, api, settings):
    settings.INTAKE_AT_ONCE = 2
    read = {"request": {"method": "GET", "url": "Patient"}}
    answer = api.post("/", bundle(entry(at_hour(world, 7)), read, entry(at_hour(world, 8))))

    assert answer.status_code == 400
    assert not Reading.objects.exists()


def test_the_archive_and_the_server_have_the_same_observations(world, api):
    from monitoring.fhir import all_observations
    from monitoring.readings.states import current_rows

    world.read(days("2026-03-01", "2026-03-03"))
    first = api.post("/Observation", at_hour(world, 7)).json()
    api.put(f"/Observation/{first['id']}", first | {"status": "amended", "valueQuantity": {"value": 72, "code": "kg"}})
    served = [row["resource"] for row in api.get("/Observation").json()["entry"]]
    rows = current_rows(Reading.objects.filter(practice=world.practice)).order_by("pk")

    assert json.loads(json.dumps(list(all_observations(world.practice.pk, rows)))) == served
    assert len(served) == 4
