"""Accounts of channels: secrets that are never shown, step-up, and what a manager sees."""

import pytest
from django.db import connection

from rpm_portal.audit.models import Event
from rpm_portal.core.outbox.channels.models import ChannelAccount
from tests.builders import PASSWORD
from tests.carrier.accounts import an_account
from tests.test_access import signed_in

SECRET = "s3cret-of-the-carrier-9876"
FORM = {
    "kind": "sms", "provider": "twilio_shaped", "account_name": "AC1", "new_secret": SECRET, "host": "", "port": "587",
    "sender": "(312) 555-0199", "outside_name": "Lakeside Clinic", "help_phone": "312-555-0100", "per_day": "100",
    "per_month_cents": "5000", "cents_per_part": "1", "baa_signed_on": "2026-01-05", "is_on": "on", "password": PASSWORD,
}  # fmt: skip
PAGE = "/settings/channels/"


@pytest.fixture
def client(world):
    user = world.user("manager")
    user.set_password(PASSWORD)
    user.save()
    return signed_in(user)


def test_an_account_is_opened_and_its_secret_is_encrypted_and_not_shown(world, client):
    answer = client.post(PAGE, FORM, follow=True)

    account = ChannelAccount.objects.get()
    assert answer.redirect_chain == [(f"{PAGE}{account.public_id}/", 302)]
    assert SECRET not in answer.content.decode()
    assert "9876" in answer.content.decode()
    assert (account.secret, account.sender) == (SECRET, "+13125550199")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, hook_secret FROM outbox_channelaccount")
        assert all(stored.startswith("s1:") for stored in cursor.fetchone())
    event = Event.objects.get(action="open_channel")
    assert SECRET not in str(event.detail)


def test_a_wrong_password_opens_nothing(world, client):
    answer = client.post(PAGE, {**FORM, "password": "wrong"})

    assert answer.status_code == 422
    assert SECRET not in answer.content.decode()
    assert ChannelAccount.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "mail"}, "This provider does not send e-mail."), ({"new_secret": ""}, "Enter the account and its secret."),
        ({"outside_name": "Cl\u00ednica"}, "triple the price"), ({"sender": "911"}, "ten digits"),
        ({"provider": "local"}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_an_account_that_could_not_send_is_refused(world, client, change, sentence):
    if change.get("kind") == "mail":
        change = {**change, "sender": "care@example.com"}

    answer = client.post(PAGE, {**FORM, **change})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert ChannelAccount.objects.count() == 0


def test_a_second_account_in_use_is_refused(world, client):
    an_account(world)

    answer = client.post(PAGE, FORM)

    assert answer.status_code == 422
    assert "Switch it off first" in answer.content.decode()


def test_a_new_secret_keeps_the_earlier_one_for_a_day_and_an_empty_one_changes_nothing(world, client):
    account = an_account(world)
    page = f"{PAGE}{account.public_id}/"

    client.post(page, {**FORM, "new_secret": ""})
    account.refresh_from_db()
    assert (account.secret, account.earlier_secret) == ("carrier-secret", "")
    client.post(page, FORM)
    account.refresh_from_db()
    assert (account.secret, account.earlier_secret) == (SECRET, "carrier-secret")
    assert account.earlier_until is not None
