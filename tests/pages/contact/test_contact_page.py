"""The page of contact points: add, consent, caregivers with a code, and messages that may ask to stop."""

import re

import pytest

from enrollment.models import Caregiver, ContactPoint
from enrollment.services.contacts import ledger, points
from rpm_portal.audit.models import Event
from tests.builders import PASSWORD
from tests.carrier.accounts import NUMBER, a_point, add_contact_rows
from tests.test_access import signed_in

POINT = {"kind": "mobile", "value": "312 555 0142", "language": "es", "opens": "9", "closes": "20", "weekends": "on"}
CAREGIVER = {
    "name": "Rosa Ortega", "relation": "daughter", "since": "2026-11-01", "until": "", "basis": "patient_agreed",
    "may_answer": "on", "password": PASSWORD,
}  # fmt: skip


@pytest.fixture
def client(world):
    user = world.user("clinical_staff")
    user.set_password(PASSWORD)
    user.save()
    return signed_in(user)


def page_of(world):
    return f"/patients/{world.patient.public_id}/contact/"


def test_a_number_is_added_and_may_not_be_texted_without_consent(world, client):
    answer = client.post(f"{page_of(world)}add/", POINT, follow=True)

    point = ContactPoint.objects.get()
    assert (point.value, point.opens, point.closes, point.language) == (NUMBER, 9, 20, "es")
    body = answer.content.decode()
    assert "(312) 555-0142" in body
    assert "No consent for texts is recorded." in body


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"value": "911"}, "ten digits"),
        ({"opens": "20", "closes": "9"}, "before the last"),
        ({"opens": "7"}, "Select a valid"),
    ],
)
def test_a_wrong_number_or_hour_returns_with_the_rule(world, client, change, sentence):
    answer = client.post(f"{page_of(world)}add/", {**POINT, **change})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert ContactPoint.objects.count() == 0


def test_consent_and_its_end_are_recorded_with_an_event_each(world, client):
    point = a_point(world, consent=False)
    path = f"/contact-points/{point.public_id}/consent/"

    client.post(path, {"channel": "sms", "act": "given", "how": "spoken"})
    assert ledger.refusal(point, "sms") == ""
    client.post(path, {"channel": "sms", "act": "withdrawn", "how": "letter", "text": "No more texts"})

    assert "asked to stop" in ledger.refusal(point, "sms")
    assert "No more texts" in client.get(page_of(world)).content.decode()
    assert Event.objects.filter(action="record_channel_consent").count() == 2


@pytest.mark.parametrize("act", ["resumed", "blocked_by_provider", "x", ""])
def test_only_agreement_and_its_end_are_recorded_by_hand(world, client, act):
    point = a_point(world, consent=False)

    answer = client.post(f"/contact-points/{point.public_id}/consent/", {"channel": "sms", "act": act, "how": "spoken"})

    assert answer.status_code == 422
    assert ledger.last_event(point, "sms") is None


def test_a_caregiver_gets_a_code_that_is_shown_once(world, client):
    answer = client.post(f"/patients/{world.patient.public_id}/caregivers/", CAREGIVER)

    code = re.search(r'code is <b class="hash">(\d{6})</b>', answer.content.decode())[1]
    assert points.is_code_of(Caregiver.objects.get(), code)
    assert code not in client.get(page_of(world)).content.decode()
    assert code not in str(list(Event.objects.values_list("detail", flat=True)))


def test_a_caregiver_needs_the_password(world, client):
    answer = client.post(f"/patients/{world.patient.public_id}/caregivers/", {**CAREGIVER, "password": "wrong"})

    assert answer.status_code == 422
    assert Caregiver.objects.count() == 0


def test_a_number_is_removed_suspended_and_used_again(world, client):
    point = a_point(world)
    path = f"/contact-points/{point.public_id}/"

    for action, reason in (("wrong_number", "wrong_number"), ("resume", "")):
        client.post(path, {"action": action})
        point.refresh_from_db()
        assert point.suspended_because == reason
    client.post(path, {"action": "end"})
    assert client.post(path, {"action": "end"}).status_code == 422
    assert "No number or address is recorded" in client.get(page_of(world)).content.decode()


@pytest.mark.parametrize(("stop", "allowed"), [("yes", False), ("no", True)])
def test_a_message_that_may_ask_to_stop_is_decided_once(world, client, stop, allowed):
    add_contact_rows(world)
    path = f"/stop-requests/{world.stop_request.public_id}/"
    assert "No more messages" in client.get("/stop-requests/").content.decode()

    assert client.post(path, {"stop": stop}).status_code == 302
    assert client.post(path, {"stop": stop}).status_code == 422
    assert (ledger.refusal(world.point, "sms") == "") is allowed
    assert "No message waits" in client.get("/stop-requests/").content.decode()
