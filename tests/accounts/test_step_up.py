"""Sensitive actions require the password and, if the person has one, the second factor."""

import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from rpm_portal.accounts.stepup import FACTOR_VALID_FOR
from rpm_portal.audit.models import Event
from tests.builders import PASSWORD
from tests.test_access import signed_in

METHODS_KEY = "account_authentication_methods"


@pytest.fixture
def admin(world):
    """An administrator with an authenticator app."""
    user = world.user("admin")
    user.secret = generate_totp_secret()
    TOTP.activate(user, user.secret)
    return user


def export(client, **fields):
    return client.post("/export/", {"what": "practice", "password": PASSWORD, **fields})


@pytest.mark.django_db(transaction=True)
def test_the_password_alone_exports_nothing_if_a_factor_is_set_up(world, admin):
    client = signed_in(admin)
    assert "The code from your phone" in client.get("/export/").content.decode()
    answer = export(client)
    assert answer.status_code == 422
    assert "Enter the code" in answer.content.decode()
    answer = export(client, code="000000")
    assert answer.status_code == 422
    assert "wrong or was used already" in answer.content.decode()
    refusals = Event.objects.filter(practice=world.practice, action="signature_refused")
    assert [event.detail for event in refusals] == [{"act": "export"}]
    assert not Event.objects.filter(action="export").exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_code_is_accepted_and_counts_for_five_minutes_in_this_session_only(admin, code_of):
    client, elsewhere = signed_in(admin), signed_in(admin)
    code = code_of(admin.secret)
    assert export(client, code=code).status_code == 200
    assert export(client).status_code == 200
    assert "The code from your phone" not in client.get("/export/").content.decode()
    assert export(elsewhere, code=code).status_code == 422  # used

    session = client.session
    for record in session[METHODS_KEY]:
        record["at"] = time.time() - FACTOR_VALID_FOR.total_seconds() + 60  # a busy machine takes seconds for a request
    session.save()
    assert export(client).status_code == 200
    session = client.session
    for record in session[METHODS_KEY]:
        record["at"] = time.time() - FACTOR_VALID_FOR.total_seconds() - 1
    session.save()
    assert export(client).status_code == 422


@pytest.mark.slow
@pytest.mark.parametrize(("later", "status"), [(timedelta(0), 200), (timedelta(seconds=1), 422)])
@pytest.mark.django_db(transaction=True)
def test_a_code_is_valid_until_the_end_of_its_half_minute(admin, still_clock, code_of, later, status):
    still_clock.move_to(timezone.now().replace(second=29))
    client, code = signed_in(admin), code_of(admin.secret)
    still_clock.shift(later)
    assert export(client, code=code).status_code == status


@pytest.mark.django_db(transaction=True)
def test_a_wrong_password_with_a_right_code_does_not_use_the_code_up(admin, code_of):
    client, code = signed_in(admin), code_of(admin.secret)
    assert export(client, password="wrong", code=code).status_code == 422
    assert export(client, code=code).status_code == 200


def test_a_person_with_only_a_key_is_sent_to_the_page_that_asks_for_it(world):
    Authenticator.objects.create(user=world.user("manager"), type=Authenticator.Type.WEBAUTHN, data={})
    manager = signed_in(world.user("manager"))
    page = manager.get("/people/").content.decode()
    assert "/accounts/2fa/webauthn/reauthenticate/?next=/people/" in page
    answer = manager.post(
        "/people/invite/",
        {"given_name": "A", "family_name": "B", "email": "a@example.org", "role": "biller", "password": PASSWORD},
    )
    assert answer.status_code == 422
    assert b"security key first" in answer.content


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/people/{biller}/end/", {"reason": "Left"}),
        ("/months/2026-03/seal/", {}),
        ("/months/2026-03/claims/send/", {}),
        ("/months/2026-03/claims/confirm/", {"reason": "The card was corrected"}),
    ],
)
def test_every_sensitive_action_requires_the_second_factor(world, path, fields):
    from billing.close.moves import start_computing
    from rpm_portal.core.days import Month
    from tests.builders import at

    user = world.user("manager")
    start_computing(practice=world.practice, month=Month(2026, 3), by=user, now=at("2026-04-03"))
    TOTP.activate(user, generate_totp_secret())
    path = path.format(biller=world.members["biller"].public_id)
    answer = signed_in(user).post(path, {"password": PASSWORD, "shape": "csv", **fields})
    assert answer.status_code == 422
    assert "Enter the code from your phone" in answer.content.decode()
