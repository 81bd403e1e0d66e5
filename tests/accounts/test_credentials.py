"""Password, second factors, recovery codes and lockouts: each change through the pages is recorded and mailed."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.utils import timezone

from rpm_portal.accounts.credentials import memberships_of
from rpm_portal.accounts.models import Membership, SecondFactor
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link
from rpm_portal.core.access import Role
from tests.builders import PASSWORD
from tests.keys import SecurityKey

# Messages are sent after the commit.
pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "copper-lantern-hollow"
LOCAL = {"HTTP_HOST": "localhost"}


@pytest.fixture
def nurse(live_world):
    """A nurse with a role in two practices, and a third one that has ended."""
    user = live_world.user("clinical_staff")
    Membership.objects.create(practice=live_world.other.practice, user=user, role=Role.BILLER, starts_on="2020-01-01")
    return user


def sign_in(user, password=PASSWORD):
    client = Client(**LOCAL)
    answer = client.post("/accounts/login/", {"login": user.email, "password": password}, REMOTE_ADDR="192.0.2.60")
    return client, answer


def reauthenticated(user):
    """Sign in and enter the password again, as the pages of second factors require."""
    client, _ = sign_in(user)
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    mail.outbox.clear()
    return client


def events(world, action):
    """The details of the events of a kind; asserts that both practices have the same number."""
    rows = [
        list(Event.objects.filter(practice=owner.practice, action=action).order_by("number"))
        for owner in (world, world.other)
    ]
    assert len(rows[0]) == len(rows[1]), "an event in each practice of the person"
    assert first_broken_link(world.practice) is None
    return [row.detail for row in rows[0]]


def only_mail(user, subject):
    """Assert that one message was sent, to the person, and that it contains no secret."""
    assert [(message.subject, message.to) for message in mail.outbox] == [(subject, [user.email])]
    body = mail.outbox[0].body
    assert not any(word in body for word in (PASSWORD, WORDS, "http"))
    assert re.search(r"on [A-Z][a-z]{2} \d{1,2}, 20\d\d at \d{1,2}:\d\d [AP]M C[SD]T\.", body), body


@pytest.mark.slow
def test_a_changed_password_is_an_event_and_a_message_and_ends_other_sessions(live_world, nurse):
    client, elsewhere = sign_in(nurse)[0], sign_in(nurse)[0]
    mail.outbox.clear()
    fields = {"oldpassword": PASSWORD, "password1": WORDS, "password2": WORDS}
    assert client.post("/accounts/password/change/", fields | {"oldpassword": "wrong"}).status_code == 200
    assert events(live_world, "change_password") == []
    assert client.post("/accounts/password/change/", fields).status_code == 302
    assert events(live_world, "change_password") == [{}]
    only_mail(nurse, "Your password was changed")
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert sign_in(nurse, WORDS)[1]["Location"] == "/"


@pytest.mark.slow
def test_a_password_is_not_changed_without_its_event(live_world, nurse, monkeypatch):
    client, _ = sign_in(nurse)

    def fail(**_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("rpm_portal.accounts.credentials.record", fail)
    client.raise_request_exception = False
    fields = {"oldpassword": PASSWORD, "password1": WORDS, "password2": WORDS}
    assert client.post("/accounts/password/change/", fields).status_code == 500
    nurse.refresh_from_db()
    assert nurse.check_password(PASSWORD)


@pytest.mark.slow
def test_a_reset_is_an_event_when_asked_for_and_when_done(live_world, nurse):
    visitor = Client(**LOCAL)
    assert visitor.post("/accounts/password/reset/", {"email": nurse.email.upper()})["Location"].endswith("/done/")
    assert visitor.get("/accounts/password/reset/done/").status_code == 200
    assert events(live_world, "ask_password_reset") == [{}]
    assert mail.outbox[0].subject == "Reset your RPM Portal password"
    link = re.search(r"http://localhost(/\S+)", mail.outbox[0].body)[1]
    mail.outbox.clear()
    form = visitor.get(link)["Location"]
    assert visitor.get(form).status_code == 200
    assert visitor.post(form, {"password1": "short", "password2": "short"}).status_code == 200
    assert visitor.post(form, {"password1": WORDS, "password2": WORDS})["Location"].endswith("/key/done/")
    assert visitor.get("/accounts/password/reset/key/done/").status_code == 200
    assert events(live_world, "reset_password") == [{}]
    only_mail(nurse, "Your password was reset")
    assert b"Bad Token" in Client(**LOCAL).get(link).content, "the link works once"
    client, answer = sign_in(nurse, WORDS)
    assert answer["Location"] == "/"
    # A factor can be set up after a reset: the reset wrote no unconfirmed address.
    assert not EmailAddress.objects.exists()
    client.post("/accounts/reauthenticate/", {"password": WORDS})
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_an_unknown_address_gets_the_same_page_and_a_mail_without_a_link(live_world):
    known, unknown = (
        Client(**LOCAL).post("/accounts/password/reset/", {"email": email})
        for email in (live_world.user("biller").email, "stranger@example.org")
    )
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.subject for message in mail.outbox][1:] == ["No RPM Portal account has this address"]
    assert "http" not in mail.outbox[1].body


def test_a_reset_is_looked_up_and_mailed_after_the_response(live_world, rf):
    """The time of the response then says nothing about the address."""
    from rpm_portal.accounts.views.account import password_reset

    for email in (live_world.user("biller").email, "stranger@example.org"):
        request = Client().get("/accounts/login/").wsgi_request
        request.method, request.POST = "POST", {"email": email}
        request._dont_enforce_csrf_checks = True
        with context.request_context(request):
            response = password_reset(request)
        assert (response.status_code, mail.outbox) == (302, []), email
        response.close()
        assert [message.to for message in mail.outbox] == [[email]]
        mail.outbox.clear()


def test_a_failing_mail_server_does_not_undo_a_change(live_world, nurse, monkeypatch, settings):
    settings.EMAIL_BACKEND = "tests.accounts.test_credentials.Away"
    client, _ = sign_in(nurse)
    fields = {"oldpassword": PASSWORD, "password1": WORDS, "password2": WORDS}
    assert client.post("/accounts/password/change/", fields).status_code == 302
    assert events(live_world, "change_password") == [{}]
    assert Client(**LOCAL).post("/accounts/password/reset/", {"email": nurse.email}).status_code == 302
    assert events(live_world, "ask_password_reset") == [{}]


class Away:
    """A mail backend that refuses every connection."""

    def __init__(self, **_):
        pass

    def send_messages(self, _):
        raise ConnectionRefusedError


@pytest.mark.slow
def test_an_authenticator_app_is_set_up_and_removed(live_world, nurse, code_of):
    client = reauthenticated(nurse)
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    assert events(live_world, "add_factor") == []
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    assert events(live_world, "add_factor") == [{"kind": "totp"}]
    assert events(live_world, "generate_recovery_codes") == [{"kind": "recovery_codes"}]
    only_mail(nurse, "A second factor was added")
    assert "authenticator app" in mail.outbox[0].body
    assert secret not in str(list(Event.objects.values("detail")))
    for path in ("", "recovery-codes/", "recovery-codes/download/", "totp/deactivate/"):
        assert client.get(f"/accounts/2fa/{path}").status_code == 200, path

    mail.outbox.clear()
    assert client.post("/accounts/2fa/recovery-codes/generate/")["Location"] == "/accounts/2fa/recovery-codes/"
    assert len(events(live_world, "generate_recovery_codes")) == 2
    only_mail(nurse, "New recovery codes were generated")
    codes = RecoveryCodes(Authenticator.objects.get(user=nurse, type="recovery_codes")).get_unused_codes()
    assert not any(code in mail.outbox[0].body for code in codes)

    mail.outbox.clear()
    assert client.post("/accounts/2fa/totp/deactivate/")["Location"] == "/accounts/2fa/"
    assert {"kind": "totp"} in events(live_world, "remove_factor")
    only_mail(nurse, "A second factor was removed")
    assert not Authenticator.objects.filter(user=nurse).exists()


def test_a_wrong_code_at_sign_in_is_an_event_each_time_and_one_message(live_world, nurse, code_of):
    secret = generate_totp_secret()
    TOTP.activate(nurse, secret)
    client, answer = sign_in(nurse)
    for _ in range(3):
        assert client.post(answer["Location"], {"code": "000000"}).status_code == 200
    assert events(live_world, "factor_failed") == [{"kind": "totp"}] * 3
    only_mail(nurse, "A second factor was refused")
    assert client.post(answer["Location"], {"code": code_of(secret)})["Location"] == "/"
    assert len(events(live_world, "factor_failed")) == 3


def test_a_wrong_code_before_a_sensitive_action_is_an_event_and_a_message(live_world, code_of):
    admin = live_world.user("admin")
    secret = generate_totp_secret()
    TOTP.activate(admin, secret)
    client, answer = sign_in(admin)
    client.post(answer["Location"], {"code": code_of(secret)})
    session = client.session
    for row in session["account_authentication_methods"]:
        row["at"] -= 600
    session.save()
    mail.outbox.clear()
    answer = client.post("/export/", {"what": "practice", "password": PASSWORD, "code": "000000"})
    assert answer.status_code == 422
    assert Event.objects.filter(practice=live_world.practice, action="factor_failed").count() == 1
    only_mail(admin, "A second factor was refused")


def test_a_recovery_code_is_an_event_with_how_many_are_left(live_world, nurse):
    TOTP.activate(nurse, generate_totp_secret())
    codes = RecoveryCodes.activate(nurse).get_unused_codes()
    client, answer = sign_in(nurse)
    assert client.post(answer["Location"], {"code": codes[0]})["Location"] == "/"
    assert events(live_world, "use_recovery_code") == [{"left": len(codes) - 1}]
    only_mail(nurse, "A recovery code was used")
    again, answer = sign_in(nurse)
    assert again.post(answer["Location"], {"code": codes[0]}).status_code == 200, "once"
    assert len(events(live_world, "use_recovery_code")) == 1


@pytest.mark.slow
def test_a_security_key_is_added_shown_refused_and_removed(live_world, nurse):
    key, client = SecurityKey(), reauthenticated(nurse)
    page = client.get("/accounts/2fa/webauthn/add/")
    fields = {"name": "Blue key", "credential": key.register(page.context["js_data"]["creation_options"])}
    assert client.post("/accounts/2fa/webauthn/add/", fields).status_code == 302
    assert events(live_world, "add_factor") == [{"kind": "webauthn"}]
    only_mail(nurse, "A second factor was added")
    row = Authenticator.objects.get(user=nurse, type="webauthn")
    assert client.get("/accounts/2fa/webauthn/").status_code == 200
    edit = f"/accounts/2fa/webauthn/keys/{row.pk}/edit/"
    assert client.get(edit).status_code == 200
    assert client.post(edit, {"name": "Red key"}).status_code == 302

    mail.outbox.clear()
    visitor, answer = sign_in(nurse)
    sign_in_url = answer["Location"]
    for wrong in ('{"id": 7}', '{"id": "x", "rawId": "x", "response": 7}', "sign"):
        options = visitor.get(sign_in_url).context["js_data"]["request_options"]
        credential = key.sign(options, wrongly=True) if wrong == "sign" else wrong
        assert visitor.post(sign_in_url, {"credential": credential}).status_code == 200, wrong
    assert events(live_world, "factor_failed") == [{"kind": "webauthn"}] * 3
    only_mail(nurse, "A second factor was refused")
    options = visitor.get(sign_in_url).context["js_data"]["request_options"]
    assert visitor.post(sign_in_url, {"credential": key.sign(options)})["Location"] == "/"

    # Shown again before a sensitive action.
    page = visitor.get("/accounts/2fa/webauthn/reauthenticate/?next=/people/")
    answer = visitor.post(
        "/accounts/2fa/webauthn/reauthenticate/",
        {"credential": key.sign(page.context["js_data"]["request_options"]), "next": "/people/"},
    )
    assert answer["Location"] == "/people/"

    mail.outbox.clear()
    assert client.post(f"/accounts/2fa/webauthn/keys/{row.pk}/remove/").status_code == 302
    assert {"kind": "webauthn"} in events(live_world, "remove_factor")
    only_mail(nurse, "A second factor was removed")


@pytest.mark.slow
def test_a_lockout_is_one_event_and_one_message(live_world, nurse):
    for _ in range(4):
        sign_in(nurse, "wrong")
    assert events(live_world, "sign_in_locked") == []
    for _ in range(4):
        assert sign_in(nurse, "wrong")[1].status_code == 429
    assert events(live_world, "sign_in_locked") == [{}]
    assert len(events(live_world, "sign_in_failed")) == 8
    only_mail(nurse, "Sign-in was locked for ten minutes")


@pytest.mark.slow
def test_a_lockout_of_an_unknown_address_mails_nobody(live_world):
    for _ in range(6):
        Client().post("/accounts/login/", {"login": "stranger@example.org", "password": "x"}, REMOTE_ADDR="192.0.2.61")
    assert mail.outbox == []
    assert not Event.objects.filter(action="sign_in_locked").exists()


def test_a_person_without_a_role_gets_only_the_message(live_world, nurse):
    Membership.objects.filter(user=nurse).update(ends_on="2020-01-02")
    before = Event.objects.count()
    Client(**LOCAL).post("/accounts/password/reset/", {"email": nurse.email})
    assert len(mail.outbox) == 1
    assert Event.objects.count() == before


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "in_force"), [("America/Chicago", True), ("Pacific/Kiritimati", False)])
def test_a_membership_is_in_force_by_the_local_day_of_its_practice(live_world, zone, in_force):
    """At 3:00 UTC it is still June 30 in Chicago, and already July 1 in Kiritimati."""
    member = live_world.members["biller"]
    Membership.objects.filter(pk=member.pk).update(starts_on="2026-01-01", ends_on="2026-06-30")
    live_world.practice.zone = zone
    live_world.practice.save()
    now = timezone.datetime(2026, 7, 1, 3, tzinfo=timezone.get_default_timezone())
    assert bool(memberships_of(member.user, now=now)) is in_force


@pytest.mark.slow
def test_a_required_second_factor_can_be_set_up_after_a_reset(live_world, code_of):
    nurse = live_world.user("clinical_staff")
    live_world.practice.second_factor = SecondFactor.EVERYBODY
    live_world.practice.save()
    visitor = Client(**LOCAL)
    visitor.post("/accounts/password/reset/", {"email": nurse.email})
    form = visitor.get(re.search(r"http://localhost(/\S+)", mail.outbox[0].body)[1])["Location"]
    visitor.post(form, {"password1": WORDS, "password2": WORDS})
    client, _ = sign_in(nurse, WORDS)
    assert client.get("/").status_code == 403
    client.post("/accounts/reauthenticate/", {"password": WORDS})
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}).status_code == 302
    assert client.get("/").status_code == 200
