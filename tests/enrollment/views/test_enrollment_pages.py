"""Pages of enrollment: eight cards in any order, drafts, search, documents, devices, and refusals on the page."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrollment.models import CardDraft, ConsentScript, Enrollment, Patient
from enrollment.queries import record_of
from enrollment.services import clear_draft, drafts_of, save_draft
from monitoring.alerts.limits import add_conditions
from monitoring.models import Threshold
from rpm_portal.audit.models import Event
from tests.builders import PASSWORD, a_patient, at, is_blocking_another_connection
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for

NOW = at("2026-03-10", "10:00:00")
TODAY = "2026-03-10"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=True):
        yield


def signed_in(world, role="clinical_staff"):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def opened(world, client, **more):
    person = {
        "family_name": "Bell", "given_name": "Ada", "born_on": "1951-05-14", "sex": "F", "mrn": "N-1", "phone": "",
        "language": "en", "zone": "", "program": "RPM", "billing_provider": world.members["physician"].pk,
    } | more  # fmt: skip
    return client.post(reverse("enroll:start"), person)


def save(client, row, card, **fields):
    return client.post(reverse("enroll:keep", args=[row.public_id, card]), fields)


RELATIONSHIP = {
    "established_on": "2026-02-20", "established_by": "office note", "diagnosis": "I10", "diagnosis_kind": "chronic",
    "condition": "Hypertension", "other_monitoring": "no",
}  # fmt: skip
ORDER = {
    "measures": "blood pressure", "frequency": "daily", "device_kind": "cuff", "starts_on": TODAY,
    "ends_on": "2027-03-09", "necessity": "Values at home differ.", "goals": "Below 130/80.",
}  # fmt: skip
COVERAGE = {"member_id": "1EG4-TE5-MK73", "starts_on": "2026-01-01"}
DISCLOSURES = {"cost_told": "on", "one_provider_told": "on", "right_to_stop_told": "on"}


def consent(world, **more):
    script = ConsentScript.objects.get(practice=world.practice, program="RPM", language="en")
    return {"script": script.pk, "given_on": TODAY, "mode": "phone", "given_by": "patient", **DISCLOSURES} | more


@pytest.mark.slow
def test_eight_cards_in_an_odd_order_and_the_service_starts(world):
    nurse, doctor = signed_in(world), signed_in(world, "physician")
    row = Enrollment.objects.get(public_id=opened(world, nurse).url.split("/")[2])
    add_conditions(practice=world.practice, by=None)
    serial = {"serial": "NEW-1", "model": world.cuff.pk, "means": "here"}

    assert save(nurse, row, "device", **serial).status_code == 302
    assert save(nurse, row, "education", on=TODAY, means="visit", minutes="12", teach_back="on").status_code == 302
    assert save(nurse, row, "consent", **consent(world)).status_code == 302
    assert save(nurse, row, "limits", **{"blood_pressure-1-high": "150", "goals": "Below 130/80."}).status_code == 302
    assert save(nurse, row, "coverage", payer=world.payer.pk, **COVERAGE).status_code == 302
    refusal = nurse.post(reverse("enroll:move", args=[row.public_id]), {"to": "active", "on": TODAY})
    assert refusal.status_code == 422
    assert b"No signed order in effect" in refusal.content
    assert save(nurse, row, "relationship", **RELATIONSHIP).status_code == 302
    # The nurse prepares the order; the provider sees her values and signs.
    assert save(nurse, row, "order", **ORDER).status_code == 302
    assert not row.orders.exists()
    assert b"Values at home differ." in doctor.get(reverse("enroll:page", args=[row.public_id])).content
    assert save(doctor, row, "order", **ORDER, password=PASSWORD).status_code == 302
    assert nurse.post(reverse("enroll:move", args=[row.public_id]), {"to": "active", "on": TODAY}).status_code == 302
    page = nurse.get(reverse("enroll:page", args=[row.public_id])).content.decode()

    row.refresh_from_db()
    assert (row.state, str(row.started_on)) == ("active", TODAY)
    assert "8 of 8 cards done" in page
    assert Threshold.objects.get(enrollment=row, part=1).high == 150
    assert not [draft for draft in CardDraft.objects.filter(enrollment=row) if draft.values]


def test_a_draft_survives_leaving_the_page(world):
    client = signed_in(world)
    new = reverse("enroll:autosave", args=["new", "start"])
    assert client.post(new, {"family_name": "Bell", "mrn": "N-1"}).status_code == 200
    assert b'value="Bell"' in client.get(reverse("enroll:start")).content
    assert b'value="Bell"' not in signed_in(world, "physician").get(reverse("enroll:start")).content
    row = Enrollment.objects.get(public_id=opened(world, client).url.split("/")[2])
    assert b'value="Bell"' not in client.get(reverse("enroll:start")).content

    typed = reverse("enroll:autosave", args=[row.public_id, "order"])
    client.post(typed, {"measures": "weight", "password": "hunter2-hunter2", "csrfmiddlewaretoken": "x", "once": "y"})
    page = client.get(reverse("enroll:page", args=[row.public_id])).content.decode()
    assert 'value="weight"' in page
    assert set(CardDraft.objects.get(enrollment=row).values) == {"measures"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("card", "fields", "message"),
    [
        ("person", {"family_name": "Bell", "given_name": "Ada", "born_on": "2030-01-01", "sex": "F", "mrn": "N-1", "language": "en"}, "lies in the past"),
        ("coverage", {"member_id": "1SG4TE5MK73", "starts_on": TODAY}, "11 characters"),
        ("relationship", RELATIONSHIP | {"diagnosis": "HTN"}, "ICD-10-CM code"),
        ("relationship", RELATIONSHIP | {"established_on": "2027-01-01"}, "in the future"),
        ("relationship", RELATIONSHIP | {"other_monitoring": "ended"}, "which practice"),
        ("order", ORDER | {"starts_on": "2026-03-01", "password": PASSWORD}, "Say why"),
        ("order", ORDER | {"ends_on": "2026-03-01", "password": PASSWORD}, "order_ends"),
        ("order", ORDER | {"password": "wrong"}, "not your password"),
        ("order", ORDER, "to sign"),
        ("consent", {"given_on": "2026-01-01"}, "30 days"),
        ("consent", {"given_on": "2026-03-09"}, "Say why"),
        ("consent", {"cost_told": ""}, "what it may cost"),
        ("consent", {"mode": "paper"}, "Upload the signed paper"),
        ("device", {"serial": "cuff-p", "means": "here"}, "another patient"),
        ("device", {"serial": "unknown", "means": "here"}, "not in stock"),
        ("device", {"serial": "359021041000013", "means": "here"}, "IMEI"),
        ("education", {"on": TODAY, "means": "phone", "minutes": "5"}, "shown it back"),
        ("limits", {"blood_pressure-1-high": "90", "blood_pressure-1-low": "150"}, "must lie below"),
        ("limits", {"blood_pressure-1-high": "NaN"}, "Enter a number"),
    ],
)  # fmt: skip
def test_a_refusal_is_shown_on_the_page_with_the_typed_values(world, card, fields, message):
    client = signed_in(world, "physician")
    row = Enrollment.objects.get(public_id=opened(world, client).url.split("/")[2])
    if card == "order":
        save(client, row, "relationship", **RELATIONSHIP)
    if card == "consent":
        fields = consent(world, **fields)
    if card == "coverage":
        fields = {**fields, "payer": world.payer.pk}
    if card == "device":
        fields = {**fields, "model": world.cuff.pk if fields["serial"].startswith("3590") else ""}
    answer = save(client, row, card, **fields)
    text = answer.content.decode()

    assert answer.status_code == 422
    assert message in text
    typed = [v for v in fields.values() if isinstance(v, str) and v not in {PASSWORD, "wrong", "on"}]
    assert typed[0] in text
    record = record_of(row, today=NOW.date())
    assert [record.coverages, record.orders, record.consents, record.assignments] == [[], [], [], []]


@pytest.mark.slow
def test_five_wrong_passwords_at_a_signature_lock_signing(world):
    client = signed_in(world, "physician")
    row = Enrollment.objects.get(public_id=opened(world, client).url.split("/")[2])
    save(client, row, "relationship", **RELATIONSHIP)
    for _ in range(5):
        save(client, row, "order", **ORDER, password="wrong")
    answer = save(client, row, "order", **ORDER, password=PASSWORD)

    assert b"Wait ten minutes" in answer.content
    assert not row.orders.exists()
    assert Event.objects.filter(action="signature_refused").count() == 6
    with time_machine.travel(NOW + timedelta(minutes=11)):
        assert save(client, row, "order", **ORDER, password=PASSWORD).status_code == 302


def test_a_likely_twin_is_shown_before_a_person_is_registered_twice(world):
    client = signed_in(world)
    twin = {"family_name": "Ortegap", "given_name": "Miguel", "born_on": "1950-03-02", "mrn": "N-7"}
    answer = opened(world, client, **twin)

    assert answer.status_code == 422
    assert b"This may be a patient on file" in answer.content
    assert opened(world, client, **twin, not_a_twin="1").status_code == 302
    assert Patient.objects.for_practice(world.practice).count() == 2


def test_the_same_program_twice_is_refused_with_a_sentence_and_adds_no_person(world):
    client = signed_in(world)
    again = client.post(
        reverse("enroll:start"),
        {"patient": world.patient.public_id, "program": "RPM", "billing_provider": world.members["physician"].pk},
    )
    assert b"already enrolled in the program" in again.content
    taken = opened(world, client, mrn=world.patient.mrn, not_a_twin="1")
    assert taken.status_code == 422
    assert Patient.objects.for_practice(world.practice).count() == 1


def test_a_patient_of_another_practice_cannot_be_enrolled(world):
    client = signed_in(world)
    theirs = {
        "patient": world.other.patient.public_id,
        "program": "CCM",
        "billing_provider": world.members["physician"].pk,
    }

    assert client.post(reverse("enroll:start"), theirs).status_code == 404
    foreign = opened(world, client, billing_provider=world.other.members["physician"].pk)
    assert foreign.status_code == 422
    assert b"Select a valid choice" in foreign.content


def test_the_search_is_a_post_and_records_no_name_in_the_audit(world):
    client = signed_in(world)
    a_patient(world.practice, world.user("physician"), mrn="Z-9", family="Zimmer")
    matches = client.post(reverse("enrollment:find_patients"), {"q": "zim z-9"})

    assert b"ZIMMER" in matches.content
    assert client.get(reverse("enrollment:find_patients")).status_code == 405
    assert b"ZIMMER" in client.post(reverse("enrollment:patients"), {"q": "zimmer 1950"}).content
    assert not any("zim" in str(event.detail).lower() for event in Event.objects.all())
    assert b"cuff-p" not in client.post(reverse("enrollment:find_devices"), {"serial": "cuff"}).content


def test_the_pdf_of_an_order_is_the_same_bytes_each_time(world):
    client = signed_in(world)
    order = world.enrollment.orders.get()
    page = client.get(reverse("enrollment:order", args=[order.public_id])).content.decode()
    first, second = (client.get(reverse("enrollment:order_pdf", args=[order.public_id])) for _ in range(2))

    assert "Order for remote physiologic monitoring, No. 1" in page
    assert "NPI 1234567893" in page
    assert first.content.startswith(b"%PDF-")
    assert first.content == second.content
    assert first["Content-Disposition"] == 'attachment; filename="order-1.pdf"'


def test_a_paper_is_downloaded_unchanged_and_never_shown_inline(world):
    client = signed_in(world)
    row = world.enrollment
    paper = SimpleUploadedFile("<script>.pdf", b"%PDF-1.4 signed by hand", content_type="text/html")
    fields = consent(world, mode="paper", paper=paper)
    assert save(client, row, "consent", **fields).status_code == 302
    answer = client.get(reverse("enrollment:paper", args=[row.consents.exclude(paper=None).get().paper.public_id]))

    assert answer.content == b"%PDF-1.4 signed by hand"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("to", "fields", "state"),
    [
        ("returned", {}, "stock"),
        ("lost", {"reason": "left on a bus"}, "lost"),
        ("quarantine", {"reason": "screen broken"}, "quarantine"),
        ("swap", {"serial": "spare-1", "reason": "battery"}, "stock"),
    ],
)
def test_devices_are_returned_lost_set_aside_and_swapped(world, to, fields, state):
    from enrollment import services

    client = signed_in(world)
    services.add_device(model=world.cuff, serial="spare-1", by=world.user("physician"))
    device = world.enrollment.assignments.get().device
    answer = client.post(reverse("enrollment:move_device", args=[device.public_id]), {"to": to, **fields})
    device.refresh_from_db()

    assert answer.status_code == 302
    assert device.state == state
    assigned = [row.device.serial for row in world.enrollment.assignments.filter(ends_at=None)]
    assert assigned == (["spare-1"] if to == "swap" else [])


@pytest.mark.parametrize("fields", [{"to": "swap"}, {"to": "lost"}, {"to": "fly"}, {"to": "swap", "serial": "nowhere"}])
def test_an_incomplete_device_action_shows_what_is_missing(world, fields):
    device = world.enrollment.assignments.get().device
    answer = signed_in(world).post(reverse("enrollment:move_device", args=[device.public_id]), fields)

    assert answer.status_code == 422
    assert b'role="alert"' in answer.content
    assert world.enrollment.assignments.get().ends_at is None


def test_the_page_of_an_enrollment_takes_constant_statements(world, django_assert_max_num_queries):
    client = signed_in(world)
    with django_assert_max_num_queries(40):
        client.get(reverse("enroll:page", args=[world.enrollment.public_id]))


def test_a_diagnosis_changed_after_the_order_requires_a_new_order(world):
    client = signed_in(world, "physician")
    page = reverse("enroll:page", args=[world.enrollment.public_id])
    assert b"Sign a new one" not in client.get(page).content
    save(client, world.enrollment, "relationship", **(RELATIONSHIP | {"diagnosis": "I11.0"}))

    assert b"No. 1 names I10, the enrollment I11.0. Sign a new one." in client.get(page).content
    assert world.enrollment.orders.get().diagnosis == "I10"


def test_values_typed_before_the_card_was_saved_are_not_stored_as_a_draft(world):
    common = {"practice": world.practice, "user": world.user("clinical_staff"), "enrollment": world.enrollment}
    now = timezone.now()
    clear_draft(card="order", now=now, **common)
    save_draft(card="order", values={"goals": "old"}, now=now, drawn_at=now - timedelta(seconds=2), **common)
    assert drafts_of(**common) == {}
    save_draft(card="order", values={"goals": "new"}, now=now, drawn_at=now + timedelta(seconds=2), **common)
    assert drafts_of(**common)["order"].values == {"goals": "new"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_draft_that_arrives_while_its_card_is_saved_is_not_stored(live_world):
    common = {
        "practice": live_world.practice,
        "user": live_world.user("clinical_staff"),
        "enrollment": live_world.enrollment,
    }
    now = timezone.now()
    drawn_at = now - timedelta(seconds=2)

    def save_late_draft():
        save_draft(card="device", values={"serial": "SN-1"}, now=now, drawn_at=drawn_at, **common)
        connection.close()

    thread = threading.Thread(target=save_late_draft, daemon=True)
    with transaction.atomic():
        clear_draft(card="device", now=now, **common)
        thread.start()
        wait_for(is_blocking_another_connection)
    thread.join(HANG_TIMEOUT_SECONDS)
    assert not thread.is_alive()
    assert drafts_of(**common) == {}
