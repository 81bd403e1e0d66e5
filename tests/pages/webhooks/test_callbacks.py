"""Callbacks of carriers: genuine, forged, replayed, reordered, too large, and of another practice."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from enrollment.services.contacts import ledger
from rpm_portal.audit.models import Event
from rpm_portal.core.outbox import registry, services, work
from rpm_portal.core.outbox.channels.models import HookBody
from rpm_portal.core.outbox.channels.twilio_shaped import signature
from rpm_portal.core.outbox.models import OutboxRow, SendReceipt
from rpm_portal.pages.webhooks import handle, tasks
from tests.carrier.accounts import NUMBER, a_point, an_account
from tests.clock import TEST_DAY
from tests.core.outbox.kinds import recorded_kind

FORM = "application/x-www-form-urlencoded"
PUBLIC = "https://portal.example.com"


@pytest.fixture(autouse=True)
def _public_address(settings):
    settings.PUBLIC_URL = PUBLIC


def sent_row(world, account, monkeypatch, sid="SM1"):
    kind = recorded_kind(monkeypatch)
    kind.outcome = lambda row: registry.accepted(sid)
    row = services.queue(
        practice=world.practice,
        kind="test",
        reference="point:x",
        key=sid,
        destination=account.destination,
        now=TEST_DAY,
    )
    work.work_batch(lambda: TEST_DAY)
    return row


def post(path, fields, secret="carrier-secret", **more):
    fields = list(fields.items())
    headers = {"X-Twilio-Signature": signature(secret, PUBLIC + path, fields), **more.pop("headers", {})}
    return Client(enforce_csrf_checks=True).post(path, urlencode(fields), content_type=FORM, headers=headers, **more)


def receipt_path(account, row):
    return f"/api/hooks/{account.public_id}/sms/{row.public_id}/"


def inbound_path(account):
    return f"/api/hooks/{account.public_id}/inbound/"


def status_of(row):
    row.refresh_from_db()
    return row.state


def test_receipts_in_any_order_and_twice_give_the_last_state(world, monkeypatch):
    account = an_account(world)
    row = sent_row(world, account, monkeypatch)
    for status in ("delivered", "sent", "delivered", "queued"):
        answer = post(receipt_path(account, row), {"MessageSid": "SM1", "MessageStatus": status})
        assert (answer.status_code, answer.content) == (204, b"")

    assert status_of(row) == "delivered"
    assert SendReceipt.objects.count() == HookBody.objects.count() == 3
    assert HookBody.objects.filter(handled_at__isnull=True).count() == 0


def test_a_failed_delivery_keeps_the_carriers_code(world, monkeypatch):
    account = an_account(world)
    row = sent_row(world, account, monkeypatch)

    post(receipt_path(account, row), {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005"})

    assert (status_of(row), row.code) == ("undelivered", "30005")


@pytest.mark.parametrize(
    "headers", [{"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "\u00e9"}, {"X-Twilio-Signature": "AAAA"}]
)
def test_a_forged_callback_is_refused_and_recorded_once_an_hour(world, monkeypatch, headers):
    account = an_account(world)
    row = sent_row(world, account, monkeypatch)
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}

    assert [post(receipt_path(account, row), fields, headers=headers).status_code for _ in range(3)] == [403] * 3
    assert status_of(row) == "accepted"
    assert Event.objects.filter(action="callback_refused").count() == 1
    assert HookBody.objects.count() == 0


def test_the_signature_of_another_account_is_refused(world, monkeypatch):
    account = an_account(world)
    an_account(world.other, secret="other-secret")
    row = sent_row(world, account, monkeypatch)

    answer = post(receipt_path(account, row), {"MessageSid": "SM1", "MessageStatus": "sent"}, secret="other-secret")

    assert answer.status_code == 403


def test_a_row_of_another_account_or_practice_is_not_found(world, monkeypatch):
    account = an_account(world)
    theirs = an_account(world.other)
    row = sent_row(world, account, monkeypatch)

    assert post(receipt_path(theirs, row), {"MessageSid": "SM1", "MessageStatus": "sent"}).status_code == 404
    assert post(f"/api/hooks/{account.public_id}/sms/nothing/", {"MessageSid": "SM1"}).status_code == 404
    assert post("/api/hooks/nothing/inbound/", {"MessageSid": "SM1"}).status_code == 404


def test_an_earlier_secret_is_accepted_for_its_time(world, monkeypatch):
    account = an_account(world, secret="new", earlier_secret="old", earlier_until=TEST_DAY.replace(hour=20))
    row = sent_row(world, account, monkeypatch)
    fields = {"MessageSid": "SM1", "MessageStatus": "sent"}

    assert post(receipt_path(account, row), fields, secret="old").status_code == 204
    account.earlier_until = TEST_DAY
    account.save()
    assert post(receipt_path(account, row), fields, secret="old").status_code == 403


def test_other_methods_sizes_and_characters_are_refused(world):
    account = an_account(world)
    path = inbound_path(account)

    assert Client().get(path).status_code == 405
    assert post(path, {"Body": "x" * 65_536}).status_code == 413
    assert post(path, {"Body": "a\x00b", "MessageSid": "IN1"}).status_code == 400
    assert Client().post(path, b"Body=%FF", content_type=FORM).status_code == 400
    assert post(path, {"Body": "Hello"}).status_code == 400
    assert HookBody.objects.count() == 0


def test_a_stop_word_is_honored_in_the_same_request_and_a_replay_changes_nothing(world):
    account, point = an_account(world), a_point(world)
    fields = {"MessageSid": "IN1", "From": NUMBER, "To": account.sender, "Body": "Stop!"}

    assert post(inbound_path(account), fields).status_code == 204
    assert "asked to stop" in ledger.refusal(point, "sms")
    ledger.record_act(point, channel="sms", act="given", how="form", now=TEST_DAY, by=world.members["clinical_staff"])
    assert post(inbound_path(account), fields).status_code == 204

    assert ledger.refusal(point, "sms") == ""


def test_the_text_is_encrypted_in_its_row(world):
    from django.db import connection

    account = an_account(world)
    post(inbound_path(account), {"MessageSid": "IN1", "From": NUMBER, "Body": "My cuff is broken"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM outbox_hookbody")
        (stored,) = cursor.fetchone()
    assert "cuff" not in stored
    assert stored.startswith("s1:")


def test_a_callback_whose_handling_failed_is_handled_by_the_sweep(world, monkeypatch, pinned_day):
    account, point = an_account(world), a_point(world)
    with monkeypatch.context() as patch:
        patch.setattr(handle, "receive_text", lambda *args, **more: 1 / 0)
        answer = post(inbound_path(account), {"MessageSid": "IN1", "From": NUMBER, "Body": "stop"})
    assert answer.status_code == 204
    assert ledger.refusal(point, "sms") == ""

    pinned_day.shift(120)
    assert tasks.sweep_callbacks() == 1
    assert tasks.sweep_callbacks() == 0
    assert ledger.refusal(point, "sms") != ""


def test_callbacks_are_limited_for_each_account(world, monkeypatch, still_clock):
    from rpm_portal.pages.webhooks import views

    monkeypatch.setattr(views, "PER_MINUTE", 2)
    account, other = an_account(world), an_account(world.other)
    fields = {"MessageSid": "IN1", "From": NUMBER, "Body": "Hello"}

    assert [post(inbound_path(account), fields).status_code for _ in range(3)] == [204, 204, 429]
    assert post(inbound_path(other), fields).status_code == 204


def test_the_gateway_reports_from_its_network_with_its_secret(world, monkeypatch):
    account = an_account(world, provider="kannel", secret="x")
    row = sent_row(world, account, monkeypatch, sid="K")
    OutboxRow.objects.filter(pk=row.pk).update(provider_id=row.public_id)
    path = receipt_path(account, row)
    query = {"status": "8", "id": row.public_id, "key": account.hook_secret}

    assert Client().get(path, {**query, "key": "h" * 31}).status_code == 403
    assert Client().get(path, query, REMOTE_ADDR="203.0.113.9").status_code == 403
    assert Client().post(path, query).status_code == 405
    for status in ("1", "8"):
        assert Client().get(path, {**query, "status": status}).status_code == 204
    assert status_of(row) == "delivered"
    assert account.hook_secret not in HookBody.objects.first().body


def test_an_account_that_receives_nothing_has_no_callbacks(world):
    account = an_account(world, provider="local")

    assert post(inbound_path(account), {"MessageSid": "IN1"}).status_code == 403
