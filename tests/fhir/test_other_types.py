"""Coverage, orders, consents, practitioners, visits, contacts and alerts: found, narrowed, and of one practice only."""

import base64

import pytest
from django.utils import timezone

from rpm_portal.fhir.registry import registry
from rpm_portal.fhir.resources import TYPES
from tests.builders import at, days
from tests.fhir.fhir_clients import an_api
from timetracking.models import Call, Visit

pytestmark = pytest.mark.django_db
SCOPES = [f"system/{kind.name}.rs" for kind in TYPES if not kind.scope_of]


def visit_of(world, day="2026-03-05"):
    return Visit.objects.create(
        practice=world.practice, patient=world.patient, provider=world.user("physician"), started_at=at(day, "10:00:00"),
        ended_at=at(day, "10:20:00"), recorded_by=world.user("physician"), recorded_at=at(day, "11:00:00"),
    )  # fmt: skip


@pytest.fixture
def full(world):
    """A row of every type in both practices."""
    for one in (world, world.other):
        one.read(days("2026-03-01", "2026-03-02"), systolic=160, serial=one.serial)
        one.call("2026-03-03")
        one.visit = visit_of(one)
    return world


@pytest.fixture
def api(full):
    return an_api(full, SCOPES)


def found(api, path):
    answer = api.get(path)
    assert answer.status_code == 200, answer.content
    return [row["resource"] for row in answer.json().get("entry", [])]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("Coverage?status=active", 1), ("Coverage?status=draft", 0), ("Coverage?status=active,draft", 1),
        ("Coverage?patient={p}", 1), ("Coverage?beneficiary=Patient/{p}", 1), ("Coverage?patient=x", 0),
        ("ServiceRequest?patient={p}", 1), ("ServiceRequest?status=active&authored=2026-01-05", 1),
        ("ServiceRequest?authored=gt2026-01-05", 0), ("ServiceRequest?requester=http://hl7.org/fhir/sid/us-npi|1234567893", 1),
        ("ServiceRequest?requester=1245319599", 0),
        ("Consent?patient={p}", 1), ("Consent?status=active", 1), ("Consent?status=inactive", 0), ("Consent?date=2026-01-05", 1),
        ("Consent?date=lt2026-01-05", 0),
        ("Practitioner", 3), ("Practitioner?identifier=1234567893", 1), ("Practitioner?identifier=urn:x|1234567893", 0),
        ("Practitioner?family=p", 3),
        ("Encounter?patient={p}", 1), ("Encounter?date=2026-03-05", 1), ("Encounter?date=2026-03-06", 0),
        ("Communication?patient={p}", 1), ("Communication?sent=2026-03-03", 1), ("Communication?sent=ge2026-03-04", 0),
        ("DocumentReference?patient={p}", 1), ("DocumentReference?type=order&status=current", 1), ("DocumentReference?type=x", 0),
        ("DocumentReference?date=2026-01-05", 1),
        ("Task?patient={p}", 1), ("Task?status=requested", 1), ("Task?status=completed", 0), ("Task?owner=x", 0),
    ],
)  # fmt: skip
def test_a_search_finds_the_rows_of_the_practice(full, api, query, count):
    rows = found(api, "/" + query.format(p=full.patient.public_id))

    assert len(rows) == count
    assert full.other.patient.public_id not in str(rows)


def test_every_type_has_an_element_of_its_row(full, api):
    def first(kind):
        (row, *_) = found(api, f"/{kind}")
        assert api.get(f"/{kind}/{row['id']}").json() == row
        return row

    assert first("Coverage")["subscriberId"] == "1EG4TE5MK73"
    assert first("ServiceRequest")["reasonCode"][0]["coding"][0]["code"] == "I10"
    assert first("Consent")["dateTime"] == "2026-01-05"
    assert first("Practitioner")["identifier"][0]["value"]
    assert first("Encounter")["period"]["start"] == "2026-03-05T16:00:00+00:00"
    contact = first("Communication")
    assert (contact["status"], contact["sent"]) == ("completed", "2026-03-03T22:00:00+00:00")
    assert "Talked it through" not in str(contact)
    task = first("Task")
    assert (task["priority"], task["status"]) == ("urgent", "requested")
    assert api.get("/" + task["focus"]["reference"]).status_code == 200


@pytest.mark.parametrize(
    "kind",
    [
        "Coverage",
        "ServiceRequest",
        "Consent",
        "Encounter",
        "Communication",
        "Task",
        "Practitioner",
        "DocumentReference",
    ],
)
def test_rows_of_another_practice_do_not_exist(full, kind):
    theirs = found(an_api(full.other, SCOPES, name="Theirs"), f"/{kind}")
    api = an_api(full, SCOPES)

    assert theirs
    for row in theirs:
        assert api.get(f"/{kind}/{row['id']}").status_code == 404


def test_voided_visits_and_contacts_say_so(full, api):
    Visit.objects.filter(pk=full.visit.pk).update(voided_at=timezone.now(), void_reason="Wrong patient")
    nurse = full.user("clinical_staff")
    Call.objects.filter(practice=full.practice).update(
        voided_at=timezone.now(), void_reason="Wrong patient", voided_by=nurse
    )

    assert found(api, "/Encounter")[0]["status"] == "entered-in-error"
    assert found(api, "/Communication")[0]["status"] == "entered-in-error"


def test_the_document_of_an_order_is_read_as_a_resource_or_as_its_pdf(full, api):
    (row,) = found(api, "/DocumentReference")
    path = "/" + row["content"][0]["attachment"]["url"]

    pdf = api.get(path, accept="application/pdf")
    assert (pdf.status_code, pdf["Content-Type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert base64.b64decode(api.get(path).json()["data"])[:5] == b"%PDF-"
    without = an_api(full, ["system/ServiceRequest.rs"], name="Without")
    assert without.get(path).status_code == 403
    assert api.get("/Binary").status_code == 405


@pytest.mark.parametrize("kind", registry())
def test_an_id_of_any_form_is_answered(full, api, kind):
    for own in ("x", "0", "a-b-c", "coverage-", f"{kind.lower()}-999999999", f"{kind.lower()}-{'9' * 19}", "A" * 64):
        assert api.get(f"/{kind}/{own}").status_code == 404, own
