"""Messages that did not go out: send again, another channel, close with a reason; and messages caught on a trial."""

from datetime import timedelta

import pytest

from enrollment.services.contacts import ledger
from enrollment.services.contacts.messages import queue_message
from rpm_portal.core.outbox import work
from rpm_portal.core.outbox.channels.models import CaughtMessage
from rpm_portal.core.outbox.models import OutboxRow
from tests.carrier.accounts import NUMBER, a_point, add_contact_rows, an_account
from tests.clock import TEST_DAY
from tests.test_access import signed_in

PAGE = "/messages/not-sent/"


@pytest.fixture
def client(world):
    return signed_in(world.user("manager"))


def test_the_page_lists_what_did_not_go_out_without_a_patients_name(world, client):
    add_contact_rows(world)
    add_contact_rows(world.other)

    body = client.get(PAGE).content.decode()

    assert body.count("Send again") == 1
    assert world.patient.family_name.upper() not in body
    assert NUMBER not in body


def test_an_unsure_message_is_listed_after_an_hour(world, client):
    add_contact_rows(world)
    OutboxRow.objects.update(state="unsure", changed_at=TEST_DAY - timedelta(minutes=50))
    assert "Send again" not in client.get(PAGE).content.decode()

    OutboxRow.objects.update(changed_at=TEST_DAY - timedelta(minutes=70))
    assert "it may arrive twice" in client.get(PAGE).content.decode()


def test_a_message_is_closed_with_a_reason_only(world, client):
    add_contact_rows(world)
    path = f"{PAGE}{world.not_sent.public_id}/"

    assert client.post(path, {"action": "close", "reason": " "}).status_code == 422
    assert client.post(path, {"action": "close", "reason": "Called instead."}).status_code == 302
    assert client.post(path, {"action": "again"}).status_code == 422
    assert "Everything went out." in client.get(PAGE).content.decode()


def test_a_message_is_sent_again(world, client):
    add_contact_rows(world)

    assert client.post(f"{PAGE}{world.not_sent.public_id}/", {"action": "again"}).status_code == 302

    assert OutboxRow.objects.get().state == "ready"


def test_another_channel_needs_consent_and_an_account(world, client):
    add_contact_rows(world)
    path = f"{PAGE}{world.not_sent.public_id}/"
    OutboxRow.objects.update(params={"purpose": "help_answer"})

    assert client.post(path, {"action": "other"}).status_code == 422
    a_point(world, "a@example.com", kind="email")
    an_account(world, kind="mail", provider="smtp", host="mail.example.com", sender="care@example.com")
    assert client.post(path, {"action": "other"}).status_code == 302

    closed, new = OutboxRow.objects.order_by("pk")
    assert (closed.close_reason, new.state) == ("Sent by e-mail.", "ready")


def test_a_message_of_another_practice_is_not_found(world, client):
    add_contact_rows(world.other)

    assert client.post(f"{PAGE}{world.other.not_sent.public_id}/", {"action": "again"}).status_code == 404


def test_on_a_trial_messages_stay_on_a_page_and_a_stop_word_typed_there_ends_texts(world, client, settings):
    settings.LOCAL_CHANNELS = True
    an_account(world, provider="local", secret="")
    point = a_point(world)
    queue_message(point, purpose="help_answer", key="h1", now=TEST_DAY)
    work.work_batch(lambda: TEST_DAY)

    body = client.get("/messages/caught/").content.decode()
    assert "Lakeside Clinic: call us at 312-555-0100." in body
    message = CaughtMessage.objects.get()
    assert client.post("/messages/caught/", {"message": message.pk, "text": "Baja"}).status_code == 302
    assert "asked to stop" in ledger.refusal(point, "sms")


def test_the_page_and_the_local_provider_do_not_exist_elsewhere(world, client):
    an_account(world, provider="local", secret="")
    row = queue_message(a_point(world), purpose="help_answer", key="h1", now=TEST_DAY)
    work.work_batch(lambda: TEST_DAY)

    row.refresh_from_db()
    assert row.state == "refused"
    assert client.get("/messages/caught/").status_code == 404


def test_a_message_of_another_practice_cannot_be_answered(world, client, settings):
    settings.LOCAL_CHANNELS = True
    account = an_account(world.other, provider="local", secret="")
    message = CaughtMessage.objects.create(
        practice=world.other.practice, account=account, address=NUMBER, body="x", at=TEST_DAY
    )

    assert client.post("/messages/caught/", {"message": message.pk, "text": "stop"}).status_code == 404
