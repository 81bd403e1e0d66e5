"""Independent FHIR clients against the running server, used as their documentation shows: fhirpy and fhirclient."""

import logging

import pytest
from fhirclient import client as smart
from fhirclient.models.bundle import Bundle
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from monitoring.models import Reading
from tests.builders import days
from tests.fhir.fhir_clients import a_client, observation, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def token(live_world):
    return token_of(a_client(live_world))


@pytest.fixture
def fhirpy(live_server, token):
    return SyncFHIRClient(f"{live_server.url}/api/fhir", authorization=f"Bearer {token}")


@pytest.fixture
def fhirclient(live_server, token):
    logging.getLogger("fhirclient").setLevel(logging.ERROR)
    made = smart.FHIRClient(settings={"app_id": "test", "api_base": f"{live_server.url}/api/fhir"})
    made.prepare()
    made.server.session.headers["Authorization"] = f"Bearer {token}"
    return made


def content(world, value=70, **more):
    """An Observation without its type, which fhirpy takes apart from it."""
    return {key: row for key, row in observation(world, value, **more).items() if key != "resourceType"}


def test_fhirpy_reads_counts_and_walks_all_pages(live_world, fhirpy):
    live_world.read(days("2026-03-01", "2026-03-25"))
    rows = fhirpy.resources("Observation").search(patient=live_world.patient.public_id)

    assert rows.count() == 25
    assert len({row.id for row in rows.limit(10).fetch_all()}) == 25
    assert len(rows.sort("-date").limit(3).fetch()) == 3
    patient = fhirpy.reference("Patient", live_world.patient.public_id).to_resource()
    assert patient["birthDate"] == "1950-03-02"
    assert fhirpy.resources("Patient").search(family="ortega").first()["id"] == patient["id"]
    with pytest.raises(ResourceNotFound):
        fhirpy.get("Patient", "nobody")


def test_fhirpy_writes_updates_and_reads_why_it_was_refused(live_world, fhirpy):
    made = fhirpy.resource("Observation", **content(live_world))
    made.save()
    assert made.id == f"reading-{Reading.objects.get().pk}"

    made["status"], made["valueQuantity"]["value"] = "amended", 72
    made.save()
    again = fhirpy.get("Observation", made.id)
    assert (again["valueQuantity"]["value"], again["meta"]["versionId"]) == (72, "2")
    with pytest.raises(OperationOutcome) as refused:
        fhirpy.resource("Observation", **content(live_world, 900, name="o2")).save()
    assert refused.value.resource["issue"][0]["expression"] == ["Observation.value"]


def test_fhirpy_creates_once_by_identifier(live_world, fhirpy):
    for expected in (True, False):
        made = fhirpy.resource("Observation", **content(live_world))
        _, is_new = fhirpy.resources("Observation").search(identifier="urn:acme|o1").get_or_create(made)
        assert is_new is expected
    assert Reading.objects.count() == 1


def test_fhirclient_reads_searches_over_pages_and_is_refused_by_name(live_world, fhirclient):
    live_world.read(days("2026-03-01", "2026-03-05"))
    patient = Patient.read(live_world.patient.public_id, fhirclient.server)
    assert patient.birthDate.isostring == "1950-03-02"

    search = Observation.where(struct={"patient": live_world.patient.public_id, "_count": "2"})
    rows = list(search.perform_resources_iter(fhirclient.server))
    assert len({row.id for row in rows}) == 5
    assert {row.code.coding[0].code for row in rows} == {"85354-9"}
    with pytest.raises(FHIRNotFoundException):
        Patient.read("nobody", fhirclient.server)


def test_fhirclient_creates_a_reading_and_a_batch(live_world, fhirclient):
    made = Observation(observation(live_world))
    answer = made.create(fhirclient.server)
    assert answer["resourceType"] == "Observation"

    entries = [
        {"resource": observation(live_world, name=f"b{n}", at=f"2026-03-20T{n:02d}:00:00-05:00"),
         "request": {"method": "POST", "url": "Observation"}} for n in (10, 11)
    ]  # fmt: skip
    bundle = Bundle({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    result = fhirclient.server.post_json("", bundle.as_json()).json()
    assert [row["response"]["status"][:3] for row in result["entry"]] == ["201", "201"]
    assert Reading.objects.count() == 3
