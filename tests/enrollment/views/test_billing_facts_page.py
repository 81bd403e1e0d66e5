"""The page of billing facts: record, withdraw, end; who may; what is refused; the document of a visit."""

from datetime import date

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing.models import Rate
from enrollment.models import BILLING_FACTS, CareStatus, PriorAuthorization, QualifyingVisit
from enrollment.services import change_enrollment
from rpm_portal.audit.models import Event
from tests.builders import at
from tests.enrollment.views.test_enrollment_pages import signed_in
from timetracking.models import Visit

NOW = at("2026-04-02", "10:00:00")
STAY = {"kind": "inpatient", "starts_on": "2026-03-02", "place": "Mercy Hospital", "source": "discharge letter"}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=True):
        yield


def send(world, section, role="biller", **values):
    client = signed_in(world, role)
    return client.post(reverse("enroll:record_fact", args=[world.enrollment.public_id, section]), values)


def page(world, role="biller"):
    return signed_in(world, role).get(reverse("enroll:facts", args=[world.enrollment.public_id])).content.decode()


def test_a_biller_records_an_authorization_and_the_page_shows_who_and_how_it_is_known(world):
    answer = send(
        world, "authorization", payer=world.payer.pk, outcome="approved", number="PA-9", codes="99454, 99457 99454",
        units="12", starts_on="2026-01-01", ends_on="2026-12-31", source="letter of Apr 1",
    )  # fmt: skip

    assert answer.status_code == 302
    row = PriorAuthorization.objects.get()
    assert (row.codes, row.units, row.recorded_by) == (["99454", "99457"], 12, world.user("biller"))
    text = page(world)
    assert "No. PA-9, approved, 99454, 99457, Jan 1, 2026 to Dec 31, 2026, 0 of 12 units billed" in text
    assert "letter of Apr 1; Biller P" in text
    event = Event.objects.get(action="record_priorauthorization")
    assert event.detail == {"fact": row.public_id}
    assert event.subject == f"patient:{world.patient.public_id}"


def test_every_kind_is_recorded_with_its_form(world):
    sent = {
        "answer": {"asked_on": "2026-04-01", "asked_of": "patient", "answer": "none"},
        "claim": {"biller": "other", "biller_name": "Heart Center", "code": "g0557", "units": "1", "dos": "2026-03-31"},
        "status": {"kind": "hospice", "starts_on": "2026-03-02"},
        "visit": {"visited_on": "2025-10-01", "kind": "office", "seen_by": "Dr. Ito"},
    }
    for kind, values in sent.items():
        assert send(world, kind, source="patient by phone", **values).status_code == 302, kind
    text = page(world)

    assert all(BILLING_FACTS[kind].objects.count() == 1 for kind in sent)
    assert "the patient or caregiver said that nobody else bills" in text
    assert "G0557, 1 unit on Mar 31, 2026, billed by Heart Center" in text
    assert "Hospice election, from Mar 2, 2026" in text


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("status", STAY | {"starts_on": "tomorrow"}, "Enter a valid date"),
        ("status", STAY | {"ends_on": "2026-03-01"}, "The last day is before the first"),
        ("status", STAY | {"source": ""}, "This field is required"),
        ("visit", {"kind": "office", "seen_by": "x", "source": "x"}, "choose one recorded in the portal"),
        (
            "visit",
            {"kind": "office", "seen_by": "x", "source": "x", "visited_on": "2026-04-03"},
            "visit is in the future",
        ),
        (
            "visit",
            {"kind": "office", "seen_by": "x", "source": "x", "visited_on": "2026-04-01", "initiating": "on"},
            "An initiating visit needs its document",
        ),
        ("authorization", {"codes": "99454 RPM", "outcome": "denied"}, "This field is required"),
        (
            "claim",
            {"biller": "ours", "code": "99x54", "dos": "2026-03-01", "units": "1", "source": "x"},
            "Write the code as",
        ),
    ],
)
def test_a_refused_entry_returns_with_what_to_correct(world, kind, values, message):
    answer = send(world, kind, **values)

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not BILLING_FACTS[kind].objects.exists()


def test_the_stay_is_ended_and_then_withdrawn(world):
    send(world, "status", **STAY)
    row, client = CareStatus.objects.get(), signed_in(world, "clinical_staff")
    end = reverse("enroll:end_status", args=[world.enrollment.public_id, row.public_id])
    assert client.post(end, {"on": "2026-03-01", "source": "letter"}).status_code == 422
    assert client.post(end, {"on": "2026-03-09", "source": "letter"}).status_code == 302
    ended = CareStatus.objects.get(voided_at=None)
    withdraw = reverse("enroll:withdraw_fact", args=[world.enrollment.public_id, "status", ended.public_id])
    assert client.post(withdraw, {"reason": ""}).status_code == 422
    assert client.post(withdraw, {"reason": "another patient's letter"}).status_code == 302
    assert client.post(withdraw, {"reason": "another patient's letter"}).status_code == 422

    assert not CareStatus.objects.filter(voided_at=None).exists()
    assert "another patient&#x27;s letter" in page(world)


def test_an_initiating_visit_is_linked_to_a_visit_in_the_portal(world):
    visit = Visit.objects.create(
        practice=world.practice, patient=world.patient, provider=world.user("physician"),
        started_at=at("2026-01-04", "23:30:00"), ended_at=at("2026-01-04", "23:45:00"), recorded_by=world.user("physician"),
        recorded_at=at("2026-01-05"),
    )  # fmt: skip
    facts = {
        "linked_visit": visit.public_id,
        "kind": "office",
        "seen_by": "Dr. Ito",
        "initiating": "on",
        "source": "EHR",
    }
    assert send(world, "visit", **facts).status_code == 302

    row = QualifyingVisit.objects.get()
    assert (row.visited_on, row.linked_visit, row.initiating) == (date(2026, 1, 4), visit.public_id, True)


@pytest.mark.parametrize(("body", "accepted"), [(b"%PDF-1.4 note", True), (b"<html>", False)])
def test_an_uploaded_document_of_a_visit_is_returned_unchanged_and_other_files_are_refused(world, body, accepted):
    facts = {"visited_on": "2026-01-04", "kind": "office", "seen_by": "Dr. Ito", "initiating": "on", "source": "EHR"}
    answer = send(world, "visit", document=SimpleUploadedFile("note.pdf", body), **facts)

    assert answer.status_code == (302 if accepted else 422)
    assert QualifyingVisit.objects.exists() is accepted
    if accepted:
        row = QualifyingVisit.objects.get()
        answer = signed_in(world, "auditor").get(reverse("enroll:visit_document", args=[row.public_id]))
        assert answer.content == body
        assert answer["Content-Disposition"].startswith("attachment")
        assert Event.objects.filter(action="read_visit_document").count() == 1


def test_the_page_offers_no_therapy_plan_for_rpm_and_no_forms_to_an_auditor(world):
    assert "Therapy plans of care" not in page(world)
    assert "Add an entry" not in page(world, "auditor")
    assert send(world, "status", role="auditor", **STAY).status_code == 403
    assert not CareStatus.objects.exists()


def test_the_take_over_letter_names_the_other_practice_and_what_it_is_asked(world):
    client, url = signed_in(world), reverse("enroll:take_over", args=[world.enrollment.public_id])
    refused = client.get(url)
    assert refused.status_code == 422
    assert "which practice monitors or monitored the patient" in refused.content.decode()

    change_enrollment(
        enrollment=world.enrollment, reason="asked", by=world.user("clinical_staff"), now=NOW, other_monitoring="ended",
        other_monitoring_by="Heart Center", other_monitoring_ended_on=date(2025, 12, 31),
    )  # fmt: skip
    text = client.get(url).content.decode()

    assert "Heart Center" in text
    name = f"Miguel {world.patient.family_name}"
    assert f"{name} has chosen {world.practice.name} for remote physiologic monitoring from January 5, 2026." in text
    assert "The patient consented on January 5, 2026." in text
    assert "Physician P, MD, NPI 1234567893" in text
    assert Event.objects.filter(action="export_take_over_letter").count() == 1


@pytest.mark.slow
def test_the_consent_card_says_what_the_patient_is_expected_to_pay(world):
    client, url = signed_in(world), reverse("enroll:page", args=[world.enrollment.public_id])
    assert "No 2026 rate is on file for 99454, 99457, 99453; load the rates." in client.get(url).content.decode()

    for code, amount in (("99454", "52.11"), ("99457", "51.77"), ("99453", "21.71")):
        Rate.objects.create(practice=world.practice, code=code, year=2026, locality="national", facility=False, factor_class="nonqualifying", amount=amount, source="test")  # fmt: skip
    text = client.get(url).content.decode()
    assert "About $20.78 in a month with 99454 and 99457, and $4.34 once for 99453 (20% after the deductible)" in text

    send(world, "status", kind="qmb", starts_on="2026-01-01", source="eligibility answer")
    assert "the patient owes nothing, and no share may be collected" in client.get(url).content.decode()


def test_a_device_is_recorded_as_configured_supplied_and_monitored_by_us(world):
    assignment = world.enrollment.assignments.get()
    client, url = signed_in(world), reverse("enrollment:move_device", args=[assignment.device.public_id])
    assert "not recorded as configured" in signed_in(world).get(reverse("enroll:page", args=[world.enrollment.public_id])).content.decode()  # fmt: skip

    assert client.post(url, {"to": "configured"}).status_code == 302
    assignment.refresh_from_db()
    assert assignment.configured
    assert client.post(url, {"to": "configured"}).status_code == 422
    assert Event.objects.filter(action="confirm_configured").count() == 1
    page_of_device = client.get(reverse("enrollment:device", args=[assignment.device.public_id])).content.decode()
    assert "configured for daily use and transmission, supplied and monitored by us" in " ".join(page_of_device.split())


def test_a_fact_of_another_patient_is_not_found(world):
    send(world, "status", **STAY)
    row = CareStatus.objects.get()
    stranger = world.other
    url = reverse("enroll:withdraw_fact", args=[stranger.enrollment.public_id, "status", row.public_id])

    assert signed_in(stranger).post(url, {"reason": "not mine"}).status_code == 404
    row.refresh_from_db()
    assert row.voided_at is None
