"""A practice's own sign-in by OpenID Connect: who can use it, and what its session opens."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from rpm_portal.accounts.models import Membership, SecondFactor, SingleSignOn
from rpm_portal.audit.models import Event
from rpm_portal.core.access import Role
from tests.builders import PASSWORD
from tests.identity_provider import CLIENT, SECRET, Provider
from tests.test_access import in_admin

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def provider():
    server = Provider()
    yield server
    server.stop()


@pytest.fixture
def sso(world, provider, settings):
    settings.SINGLE_SIGN_ON = True
    provider.broken = False
    return SingleSignOn.objects.create(
        practice=world.practice, issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET,
        domains=["harbor.example", "example.com"], is_on=True,
    )  # fmt: skip


def page_of(sso):
    return f"/accounts/own/{sso.public_id}/"


def sign_in(sso, provider, client=None, **claims):
    """Follow the redirects to the provider and back; returns the browser and the last answer."""
    client = client or Client()
    provider.claims = claims
    away = client.get(f"{page_of(sso)}go/")
    assert away.status_code == 302, away.content
    return client, client.get(provider.authorize(away["Location"]))


def events(world, action):
    return list(Event.objects.filter(practice=world.practice, action=action))


def test_a_person_with_a_role_signs_in_and_is_bound_to_the_account(world, sso, provider):
    nurse = world.user("clinical_staff")
    client, answer = sign_in(sso, provider, sub="n-1", email=nurse.email.upper(), name="Somebody Else")
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    page = client.get("/")
    assert page.status_code == 200
    assert world.practice.name.encode() in page.content
    assert SocialAccount.objects.get(user=nurse).extra_data == {}, "no further data of the person is stored"
    assert events(world, "bind_sign_in")
    assert events(world, "sign_in")[-1].detail == {"by": "the practice's own sign-in"}
    # Later only the account counts: its address there may have changed, and the name here stays.
    again, answer = sign_in(sso, provider, sub="n-1", email="renamed@elsewhere.example")
    assert answer["Location"] == "/"
    assert again.get("/").status_code == 200
    nurse.refresh_from_db()
    assert nurse.get_full_name() != "Somebody Else"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"email": "nobody@example.com"}, b"has a role in this practice today"),
        ({"email": "rosa@another.example"}, b"does not vouch for your e-mail"),
        ({"email": ""}, b"does not vouch"),
        ({}, b"does not vouch"),
        ({"email": "example.com"}, b"has a role in this practice today"),
    ],
)
def test_a_person_without_a_role_is_refused_and_gets_no_account(world, sso, provider, claims, why):
    client, answer = sign_in(sso, provider, sub="x-1", **claims)
    assert answer.status_code == 403
    assert why in answer.content
    assert client.get("/").status_code == 302
    assert not SocialAccount.objects.exists()
    assert events(world, "sign_in_refused")


def test_an_unverified_address_is_refused(world, sso, provider):
    email = world.user("clinical_staff").email
    _, answer = sign_in(sso, provider, sub="x-1", email=email, email_verified=False)
    assert answer.status_code == 403


def test_a_provider_cannot_sign_in_people_of_another_practice(world, sso, provider):
    stranger = Membership.objects.filter(practice=world.other.practice).first().user
    sso.domains = [stranger.email.rpartition("@")[2]]
    sso.save()
    client, answer = sign_in(sso, provider, sub="x-2", email=stranger.email)
    assert answer.status_code == 403
    assert client.get("/").status_code == 302


def test_its_session_opens_only_its_own_practice(world, sso, provider):
    nurse = world.user("clinical_staff")
    Membership.objects.create(
        practice=world.other.practice, user=nurse, role=Role.MANAGER, starts_on=timezone.now().date()
    )
    client, _ = sign_in(sso, provider, sub="n-1", email=nurse.email)
    page = client.get("/")
    assert world.other.practice.name.encode() not in page.content
    assert client.post("/practice/switch/", {"practice": world.other.practice.public_id}).status_code == 404
    assert not Event.objects.filter(practice=world.other.practice, action="sign_in").exists()
    client.force_login(nurse)


def test_its_session_opens_neither_the_django_admin_nor_second_factors(world, sso, provider):
    boss = world.user("admin")
    boss.is_staff = boss.is_superuser = True
    boss.save()
    client, _ = sign_in(sso, provider, sub="b-1", email=boss.email)
    for path in (
        "/admin/", "/admin/accounts/user/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/generate/", "/accounts/password/change/",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert b"This needs your password" in answer.content, path


def test_a_second_account_is_not_bound_to_the_same_person(world, sso, provider):
    nurse = world.user("clinical_staff")
    sign_in(sso, provider, sub="n-1", email=nurse.email)
    _, answer = sign_in(sso, provider, sub="n-2", email=nurse.email)
    assert answer.status_code == 403
    assert b"bound to this person already" in answer.content


def test_a_person_who_left_is_refused_at_the_next_request_and_sign_in(world, sso, provider):
    nurse = world.user("clinical_staff")
    client, _ = sign_in(sso, provider, sub="n-1", email=nurse.email)
    assert client.get("/").status_code == 200
    row = Membership.objects.get(practice=world.practice, user=nurse)
    row.ends_on = timezone.now().date() - timedelta(days=2)
    row.save()
    assert client.get("/").status_code == 403
    _, answer = sign_in(sso, provider, sub="n-1", email=nurse.email)
    assert answer.status_code == 403
    assert b"no role in this practice today" in answer.content


def test_the_portals_second_factor_is_required_unless_the_practice_accepts_the_providers(world, sso, provider):
    world.practice.second_factor = SecondFactor.EVERYBODY
    world.practice.save()
    nurse = world.user("clinical_staff")
    client, _ = sign_in(sso, provider, sub="n-1", email=nurse.email, amr=["pwd", "mfa"])
    answer = client.get("/")
    assert answer.status_code == 403
    assert b"sign in with your password once" in answer.content
    sso.vouches_for_factor = True
    sso.save()
    client, _ = sign_in(sso, provider, sub="n-1", email=nurse.email, amr=["pwd"])
    assert client.get("/").status_code == 403, "it was not shown"
    client, _ = sign_in(sso, provider, sub="n-1", email=nurse.email, amr=["pwd", "mfa"])
    assert client.get("/").status_code == 200


def test_a_factor_confirmed_by_the_provider_counts_only_for_that_sign_in(world, sso, provider):
    """One sign-in is abandoned before the code; then another person uses a password in the same browser."""
    world.practice.second_factor = SecondFactor.EVERYBODY
    world.practice.save()
    sso.vouches_for_factor = True
    sso.save()
    nurse, manager = world.user("clinical_staff"), world.user("manager")
    TOTP.activate(nurse, generate_totp_secret())
    client, answer = sign_in(sso, provider, sub="n-1", email=nurse.email, amr=["mfa"])
    assert "/2fa/authenticate/" in answer["Location"], "a person with a factor here must show it"
    assert client.get("/").status_code == 302, "not signed in yet"
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": manager.email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.77")
    assert client.get("/").status_code == 403


def test_the_code_is_required_after_the_providers_sign_in(world, sso, provider, code_of):
    nurse = world.user("clinical_staff")
    secret = generate_totp_secret()
    TOTP.activate(nurse, secret)
    client, answer = sign_in(sso, provider, sub="n-1", email=nurse.email)
    assert "an-access-token" not in str(dict(client.session))
    assert client.get(answer["Location"]).status_code == 200
    assert client.post(answer["Location"], {"code": code_of(secret)})["Location"] == "/"
    assert client.get("/").status_code == 200
    # Switched off before the code was entered: the person starts again at the sign-in page.
    client, answer = sign_in(sso, provider, sub="n-1", email=nurse.email)
    sso.is_on = False
    sso.save()
    assert client.get(answer["Location"])["Location"].startswith("/accounts/login/")


def test_a_practice_may_refuse_sessions_by_password(world, sso, provider):
    world.practice.own_sign_in_only = True
    world.practice.save()
    nurse = world.user("clinical_staff")
    client = Client()
    client.post("/accounts/login/", {"login": nurse.email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.78")
    answer = client.get("/patients/")
    assert answer.status_code == 403
    assert b"sign-in of its own" in answer.content
    assert world.patient.family_name.encode() not in answer.content
    client, _ = sign_in(sso, provider, sub="n-1", email=nurse.email)
    assert client.get("/patients/").status_code == 200


def test_switching_it_off_ends_its_pages_and_sessions(world, sso, provider, settings):
    nurse = world.user("clinical_staff")
    client, _ = sign_in(sso, provider, sub="n-1", email=nurse.email)
    for off in ("practice", "portal"):
        sso.is_on = off == "portal"
        sso.save()
        settings.SINGLE_SIGN_ON = off == "practice"
        assert client.get("/").status_code == 403, off
        assert Client().get(page_of(sso)).status_code == 404
        assert Client().get(f"{page_of(sso)}go/").status_code == 404
        assert Client().get(f"{page_of(sso)}back/?code=1&state=2").status_code == 404


@pytest.mark.parametrize("query", ["", "?code=1", "?state=x&code=1", "?error=access_denied", "?error=x&state=%00"])
def test_a_callback_that_no_session_began_signs_nobody_in(sso, query):
    answer = Client().get(f"{page_of(sso)}back/{query}")
    assert answer.status_code in {400, 403}
    assert b"You are not signed in" in answer.content or answer.status_code == 400


def test_an_authorization_code_is_refused_in_another_browser(world, sso, provider):
    provider.claims = {"sub": "n-1", "email": world.user("clinical_staff").email}
    back = provider.authorize(Client().get(f"{page_of(sso)}go/")["Location"])
    stranger = Client()
    assert stranger.get(back).status_code == 403
    assert stranger.get("/").status_code == 302


def test_an_unreachable_provider_is_reported(sso, provider):
    provider.broken = True
    answer = Client().get(f"{page_of(sso)}go/")
    assert answer.status_code == 502
    assert b"does not answer as it should" in answer.content


def test_its_page_names_the_provider_and_the_sign_in_page_links_to_it(sso):
    client = Client()
    assert b"Sign in through my practice" not in client.get("/accounts/login/").content
    page = client.get(page_of(sso))
    assert b"127.0.0.1" in page.content
    assert sso.practice.name.encode() not in page.content
    assert page_of(sso).encode() in client.get("/accounts/login/").content
    client.cookies["practice_sign_in"] = "../../../x"
    assert client.get("/accounts/login/").status_code == 200


def test_the_secret_is_encrypted_and_the_django_admin_never_shows_it(world, sso, client):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM accounts_singlesignon")
        assert SECRET not in cursor.fetchone()[0]
    client = in_admin(world.user("admin"))
    address = f"/admin/accounts/singlesignon/{sso.pk}/change/"
    assert SECRET.encode() not in client.get(address).content
    form = {"practice": world.practice.pk, "issuer": "https://login.harbor.example", "client_id": "two",
            "client_secret": "", "domains": "harbor.example", "is_on": "on"}  # fmt: skip
    before = (sso.client_id, sso.issuer, sso.domains)
    assert client.post(address, form | {"client_secret": "renewed"}).status_code == 302
    sso.refresh_from_db()
    assert (sso.client_id, sso.issuer, sso.domains) == before, "one person changes nothing that signs people in"
    assert sso.client_secret == "renewed"
    SingleSignOn.objects.update(is_on=False, client_secret=SECRET)
    assert client.post(address, form).status_code == 302
    sso.refresh_from_db()
    assert (sso.client_id, sso.client_secret, sso.domains) == ("two", SECRET, ["harbor.example"])
    assert not sso.is_on, "two administrators of the practice switch it on"
    for wrong in (
        {"issuer": "http://login.harbor.example"},
        {"domains": "Harbor Example"},
        {"issuer": "ftp://x.example"},
    ):
        assert client.post(address, form | wrong).status_code == 200, wrong


@pytest.mark.parametrize(
    "path",
    ["/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/", "/accounts/sessions/",
     "/accounts/password/change/", "/accounts/logout/", "/accounts/reauthenticate/"],
)  # fmt: skip
def test_allauths_pages_link_to_no_url_that_is_left_out(world, path):
    """Only the redirects of the social sign-in have URLs here; a page that links to another one would fail."""
    client = Client()
    client.post(
        "/accounts/login/", {"login": world.user("manager").email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.79"
    )
    assert client.get(path, follow=True).status_code == 200
