"""The export: all data of a patient or a practice and no other, safe CSV cells, audited, for administrators only."""

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
from tests.builders import CONSENT_STATEMENTS, PASSWORD, a_patient, an_enrollment, at, days

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(live_world):
    client = Client()
    client.force_login(live_world.user("admin"), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def archive(client, **typed):
    response = client.post(reverse("export"), {"what": "practice", "password": PASSWORD, **typed})
    assert response.status_code == 200, response.content
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def table(exported, name):
    return list(csv.DictReader(io.StringIO(exported.read(f"csv/{name}.csv").decode())))


def lines(exported, kind):
    return [json.loads(line) for line in exported.read(f"fhir/{kind}.ndjson").decode().splitlines()]


@pytest.mark.slow
def test_a_practice_export_is_complete_and_has_no_data_of_another(live_world, client):
    world = live_world
    world.read(days("2026-03-01", "2026-03-04"))
    world.work("2026-03-02", 600)
    world.call("2026-03-02")
    nurse = world.user("clinical_staff")
    an_enrollment(world, a_patient(world.practice, nurse, mrn="=1+1", family="Núñez"), serial="x9")
    exported = archive(client)
    text = "".join(exported.read(name).decode(errors="replace") for name in exported.namelist())

    assert len(table(exported, "readings")) == len(lines(exported, "Observation")) == 4
    assert len(table(exported, "patients")) == len(lines(exported, "Patient")) == 2
    assert len(table(exported, "time_entries")) == len(table(exported, "calls")) == 1
    assert {row["mrn"] for row in table(exported, "patients")} == {"A1", "'=1+1"}
    assert world.other is None or world.other.patient.public_id not in text
    manifest = json.loads(exported.read("manifest.json"))
    assert all(hashlib.sha256(exported.read(name)).hexdigest() == digest for name, digest in manifest["sha256"].items())
    assert Event.objects.get(action="export").subject == "practice"


@pytest.mark.slow
def test_resources_have_the_fields_that_fhir_requires(live_world, client):
    live_world.read(days("2026-03-01", "2026-03-01"))
    exported = archive(client)
    (reading,) = lines(exported, "Observation")
    (order,) = lines(exported, "ServiceRequest")
    (coverage,) = lines(exported, "Coverage")

    assert reading["code"]["coding"][0]["code"] == "85354-9"
    assert [(c["code"]["coding"][0]["code"], c["valueQuantity"]["value"]) for c in reading["component"]] == [
        ("8480-6", 128), ("8462-4", 79), ("8867-4", 66),
    ]  # fmt: skip
    assert reading["effectiveDateTime"].endswith("+00:00")
    assert order["requester"]["identifier"]["value"] == "1234567893"
    assert order["subject"] == coverage["beneficiary"] == reading["subject"]
    assert coverage["identifier"][0]["value"] == "1EG4TE5MK73"


@pytest.mark.slow
def test_one_patient_is_exported_by_record_number_with_the_uploaded_documents(live_world, client):
    world = live_world
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Hall"), serial="x9")
    now = at("2026-03-10")
    for row, body in ((world.enrollment, b"%PDF-mine"), (other, b"%PDF-theirs")):
        services.record_consent(
            enrollment=row, given_on=now.date(), mode="paper", taken_by=nurse, now=now, paper=body, **CONSENT_STATEMENTS
        )
    exported = archive(client, what="patient", record_number="A1")

    assert {row["mrn"] for row in table(exported, "patients")} == {"A1"}
    assert [exported.read(name) for name in exported.namelist() if name.startswith("papers/")] == [b"%PDF-mine"]
    assert Event.objects.get(action="export").subject == f"patient:{world.patient.public_id}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"password": "wrong"}, "not your password"),
        ({"password": ""}, "Enter your password"),
        ({"what": "patient", "record_number": "C-77"}, "No patient of this practice"),
        ({"what": "all"}, "Choose the whole practice"),
    ],
)
def test_an_invalid_export_is_refused_and_creates_no_archive(client, typed, message):
    response = client.post(reverse("export"), {"what": "practice", "password": PASSWORD, **typed})

    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Event.objects.filter(action="export").exists()


def test_every_table_with_patient_data_is_in_the_archive():
    exported = {model for _, model, _ in TABLES}
    without = {
        "CardDraft",
        "TextDraft",
        "ConsentPaper",
        "MonthTotal",
        "Standing",
        "WorklistRow",
        "Claim",
        "LineReview",
        "Delivery",
        "LineBalance",
        "FhirDisclosure",
        "PatientLink",
        "FailedCheck",
        "PatientVisit",
        "EhrPatient",
    }
    for model in apps.get_models():
        if model.__name__.startswith("Historical") or model._meta.app_label in {"accounts", "audit"}:
            continue
        names = {field.name for field in model._meta.fields}
        if names & {"patient", "enrollment"} and model.__name__ not in without:
            assert model in exported, model.__name__
