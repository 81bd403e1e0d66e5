"""The export: everything of a patient or a practice, nobody else's, neutral cells, audited, for administrators alone."""

import csv
import hashlib
import io
import json
import zipfile

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from enrollment import services
from rpm_portal.audit.models import Event
from rpm_portal.pages.export.bundle import TABLES
from tests.builders import PASSWORD, TOLD, a_patient, an_enrollment, at, days

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(live_world):
    client = Client()
    client.force_login(live_world.user("admin"), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def archive(client, **said):
    answer = client.post(reverse("export"), {"what": "practice", "password": PASSWORD, **said})
    assert answer.status_code == 200, answer.content
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def table(found, name):
    return list(csv.DictReader(io.StringIO(found.read(f"csv/{name}.csv").decode())))


def lines(found, kind):
    return [json.loads(line) for line in found.read(f"fhir/{kind}.ndjson").decode().splitlines()]


def test_a_practice_comes_out_whole_and_alone(live_world, client):
    world = live_world
    world.read(days("2026-03-01", "2026-03-04"))
    world.work("2026-03-02", 600)
    world.call("2026-03-02")
    nurse = world.user("clinical_staff")
    an_enrollment(world, a_patient(world.practice, nurse, mrn="=1+1", family="Núñez"), serial="x9")
    found = archive(client)
    text = "".join(found.read(name).decode(errors="replace") for name in found.namelist())

    assert len(table(found, "readings")) == len(lines(found, "Observation")) == 4
    assert len(table(found, "patients")) == len(lines(found, "Patient")) == 2
    assert len(table(found, "time_entries")) == len(table(found, "calls")) == 1
    assert {row["mrn"] for row in table(found, "patients")} == {"A1", "'=1+1"}
    assert world.other is None or world.other.patient.public_id not in text
    manifest = json.loads(found.read("manifest.json"))
    assert all(hashlib.sha256(found.read(name)).hexdigest() == digest for name, digest in manifest["sha256"].items())
    assert Event.objects.get(action="export").subject == "practice"


def test_resources_say_what_fhir_asks(live_world, client):
    live_world.read(days("2026-03-01", "2026-03-01"))
    found = archive(client)
    (reading,) = lines(found, "Observation")
    (order,) = lines(found, "ServiceRequest")
    (coverage,) = lines(found, "Coverage")

    assert reading["code"]["coding"][0]["code"] == "85354-9"
    assert [(c["code"]["coding"][0]["code"], c["valueQuantity"]["value"]) for c in reading["component"]] == [
        ("8480-6", 128), ("8462-4", 79), ("8867-4", 66),
    ]  # fmt: skip
    assert reading["effectiveDateTime"].endswith("+00:00")
    assert order["requester"]["identifier"]["value"] == "1234567893"
    assert order["subject"] == coverage["beneficiary"] == reading["subject"]
    assert coverage["identifier"][0]["value"] == "1EG4TE5MK73"


def test_one_patient_by_record_number_with_the_papers_as_they_were(live_world, client):
    world = live_world
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Hall"), serial="x9")
    now = at("2026-03-10")
    for row, body in ((world.enrollment, b"%PDF-mine"), (other, b"%PDF-theirs")):
        services.record_consent(
            enrollment=row, given_on=now.date(), mode="paper", taken_by=nurse, now=now, paper=body, **TOLD
        )
    found = archive(client, what="patient", record_number="A1")

    assert {row["mrn"] for row in table(found, "patients")} == {"A1"}
    assert [found.read(name) for name in found.namelist() if name.startswith("papers/")] == [b"%PDF-mine"]
    assert Event.objects.get(action="export").subject == f"patient:{world.patient.public_id}"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"password": "wrong"}, "not your password"),
        ({"password": ""}, "Enter your password"),
        ({"what": "patient", "record_number": "C-77"}, "No patient of this practice"),
        ({"what": "all"}, "Choose the whole practice"),
    ],
)
def test_an_export_that_may_not_be_is_refused_and_leaves_no_archive(client, said, shown):
    answer = client.post(reverse("export"), {"what": "practice", "password": PASSWORD, **said})

    assert answer.status_code == 422
    assert shown in answer.content.decode()
    assert not Event.objects.filter(action="export").exists()


def test_every_table_that_tells_of_a_patient_is_in_the_archive():
    there = {model for _, model, _ in TABLES}
    without = {"CardDraft", "ConsentPaper", "MonthTotal", "Standing", "WorklistRow", "Claim", "LineReview", "Delivery"}
    for model in apps.get_models():
        if model.__name__.startswith("Historical") or model._meta.app_label in {"accounts", "audit"}:
            continue
        names = {field.name for field in model._meta.fields}
        if names & {"patient", "enrollment"} and model.__name__ not in without:
            assert model in there, model.__name__
