"""Sign-in: passwords, second factors, lockouts, and how long a session lasts."""

import itertools
import re
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from axes.models import AccessAttempt
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from rpm_portal.accounts.models import SecondFactor
from rpm_portal.audit.models import Event
from rpm_portal.core.access import Role
from tests.builders import PASSWORD
from tests.test_access import in_admin

pytestmark = pytest.mark.django_db
SIGN_IN_URL = "/accounts/login/"


addresses = (f"192.0.2.{number % 250 + 1}" for number in itertools.count())


def sign_in(user, password=PASSWORD, client=None, address=None):
    """Sign in through the page, each time from a new address by default, because attempts are counted per address."""
    client = client or Client()
    answer = client.post(
        SIGN_IN_URL, {"login": user.email, "password": password}, REMOTE_ADDR=address or next(addresses)
    )
    return client, answer


def require_factor(world, policy):
    world.practice.second_factor = policy
    world.practice.save()


def test_a_new_practice_requires_a_second_factor_of_everybody():
    from rpm_portal.accounts.services import open_practice

    assert open_practice(name="New", zone="America/Chicago", by=None).second_factor == SecondFactor.EVERYBODY


@pytest.mark.parametrize("path", ["/", "/patients/", "/months/", "/audit/", "/styleguide/", "/search/"])
def test_without_the_required_factor_nothing_of_a_practice_is_shown(world, path):
    require_factor(world, SecondFactor.EVERYBODY)
    client, answer = sign_in(world.user("manager"))
    assert answer.status_code == 302
    answer = client.get(path)
    assert answer.status_code == 403
    assert b"Set up two-factor sign-in" in answer.content
    assert world.patient.family_name.upper().encode() not in answer.content
    assert client.get(path, HTTP_HX_REQUEST="true")["HX-Redirect"] == "/"
    # The page that sets one up is reachable.
    assert client.get("/accounts/2fa/totp/activate/").status_code in {200, 302}


def test_a_practice_may_require_the_factor_only_of_signers(world):
    require_factor(world, SecondFactor.SIGNERS)
    for role, status in {"clinical_staff": 200, "physician": 403, "manager": 403, "biller": 403, "admin": 403}.items():
        client, _ = sign_in(world.user(role))
        assert client.get("/", follow=True).status_code == status, role


def test_with_a_factor_the_password_alone_is_not_enough_and_a_code_works_once(world, code_of):
    require_factor(world, SecondFactor.EVERYBODY)
    nurse = world.user("clinical_staff")
    secret = generate_totp_secret()
    TOTP.activate(nurse, secret)
    client, answer = sign_in(nurse)
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/").status_code == 302, "not signed in yet"
    assert client.post(answer["Location"], {"code": "000000"}).status_code == 200
    code = code_of(secret)
    assert client.post(answer["Location"], {"code": code}).status_code == 302
    assert client.get("/").status_code == 200
    other, answer = sign_in(nurse)
    assert other.post(answer["Location"], {"code": code}).status_code == 200, "the same code again"
    assert other.get("/").status_code == 302


def test_the_django_admin_requires_a_second_factor(world, settings):
    settings.ADMIN_SECOND_FACTOR = True
    boss = world.user("admin")
    boss.is_staff = boss.is_superuser = True
    boss.save()
    client, _ = sign_in(boss)
    assert client.get("/admin/").status_code == 403
    TOTP.activate(boss, generate_totp_secret())
    assert client.get("/admin/")["Location"] == "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F"


def test_a_removed_factor_is_required_again(world):
    require_factor(world, SecondFactor.EVERYBODY)
    nurse = world.user("clinical_staff")
    client, _ = sign_in(nurse)
    totp = TOTP.activate(nurse, generate_totp_secret())
    assert client.get("/").status_code == 200
    from allauth.mfa.signals import authenticator_removed

    request = client.get("/").wsgi_request
    totp.instance.delete()
    authenticator_removed.send(sender=type(totp.instance), request=request, user=nurse, authenticator=totp.instance)
    request.session.save()
    assert client.get("/").status_code == 403
    assert Event.objects.filter(practice=world.practice, action="remove_factor").exists()


def test_five_wrong_passwords_lock_the_pair_of_person_and_address_and_nobody_else(world):
    nurse, doctor = world.user("clinical_staff"), world.user("physician")
    for number in range(5):
        _, answer = sign_in(nurse, password=f"wrong-{number}", address="198.51.100.1")
    _, answer = sign_in(nurse, address="198.51.100.1")
    assert answer.status_code == 429
    assert b"Too many wrong passwords" in answer.content
    assert sign_in(doctor, address="198.51.100.1")[1].status_code == 302, "a colleague at the same address signs in"
    assert sign_in(nurse, address="198.51.100.77")[1].status_code == 302, "and the person from another address"
    assert all("wrong" not in str(vars(attempt)) for attempt in AccessAttempt.objects.all()), "no password is stored"
    # The sixth is the right password during the lockout.
    assert Event.objects.filter(practice=world.practice, action="sign_in_failed").count() == 6


def test_the_right_password_after_four_wrong_ones_resets_the_count(world):
    nurse = world.user("clinical_staff")
    for _ in range(2):
        for number in range(4):
            sign_in(nurse, password=f"wrong-{number}", address="198.51.100.2")
        assert sign_in(nurse, address="198.51.100.2")[1].status_code == 302


def test_an_unknown_person_gets_the_same_answer(world):
    known = sign_in(world.user("qhp"), password="not-it")[1]
    unknown = Client().post(SIGN_IN_URL, {"login": "nobody@example.com", "password": "not-it"}, REMOTE_ADDR="192.0.2.9")
    without_tokens = lambda body: re.sub(rb'value="[^"]*"|"x-csrftoken": "[^"]*"', b"", body)  # noqa: E731
    assert known.status_code == unknown.status_code == 200
    assert without_tokens(known.content) == without_tokens(unknown.content)


@pytest.mark.parametrize(("idle", "inside"), [(15 * 60 - 1, True), (15 * 60, False)])
def test_a_session_ends_at_the_idle_limit(world, still_clock, idle, inside):
    client, _ = sign_in(world.user("clinical_staff"))
    client.get("/")
    session = client.session
    session["acted_at"] = time.time() - idle
    session.save()
    assert client.get("/").status_code == (200 if inside else 302)


@pytest.fixture
def is_action(world):
    """A function from a request to whether it keeps the session of the client it gets."""
    client, _ = sign_in(world.user("clinical_staff"))
    client.get("/")

    def keeps(request) -> bool:
        session = client.session
        session["acted_at"] = before = time.time() - 600
        session.save()
        request(client)
        return client.session["acted_at"] > before

    return keeps


ACT, HTMX = {"X-Portal-Act": "1"}, {"HX-Request": "true"}


def test_polling_is_not_an_action(is_action):
    since = timezone.now().isoformat()
    assert not is_action(lambda client: client.get("/timer/"))
    assert not is_action(lambda client: client.get("/worklist/news/", {"since": since}))
    assert not is_action(lambda client: client.get("/alerts/news/", {"since": since}))
    assert not is_action(lambda client: client.get("/session/"))


def test_what_scripts_send_is_an_action_only_with_their_header(is_action):
    for send in (
        lambda client, headers: client.post("/session/stay/", headers=headers),
        lambda client, headers: client.post("/timer/beat/", headers=headers),
        lambda client, headers: client.get("/patients/", headers={**HTMX, **headers}),
        lambda client, headers: client.get("/patients/", headers={"Sec-Fetch-Mode": "cors", **headers}),
    ):
        assert not is_action(lambda client, send=send: send(client, {}))
        assert is_action(lambda client, send=send: send(client, ACT))


def test_opening_a_page_and_sending_a_form_are_actions(is_action):
    assert is_action(lambda client: client.get("/patients/"))
    assert is_action(lambda client: client.get("/patients/", headers={"Sec-Fetch-Mode": "navigate"}))
    assert is_action(lambda client: client.post("/timer/stop/"))


@pytest.mark.parametrize("path", ["/people/", "/patients/none/", "/timer/beat/"])
def test_a_page_that_is_refused_or_missing_is_not_an_action(is_action, path):
    assert not is_action(lambda client: client.get(path, headers=ACT))


def test_every_request_that_a_page_repeats_is_made_by_htmx_and_so_is_no_action():
    """htmx marks its requests by HX-Request; the scripts add the header of an act only for an event of a person."""
    texts = [path.read_text() for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html")]
    repeated = [tag for text in texts for tag in re.findall(r"<[^<>]*every \d+m?s[^<>]*>", text)]

    assert repeated
    assert [tag for tag in repeated if "hx-get=" not in tag] == []


def test_a_session_ends_after_twelve_hours_even_if_it_was_busy(world):
    client, _ = sign_in(world.user("clinical_staff"))
    client.get("/")
    session = client.session
    session["came_at"] = time.time() - 12 * 3600 - 1
    session.save()
    assert client.get("/").status_code == 302
    assert Event.objects.filter(practice=world.practice, action="sign_out").exists()


def test_the_remaining_time_reveals_nothing_to_a_stranger(world):
    answer = Client().get("/session/").json()
    assert answer["left"] == 0
    assert set(answer) == {"left", "token"}


def test_a_session_is_listed_and_can_be_ended_from_another(world):
    nurse = world.user("clinical_staff")
    client, _ = sign_in(nurse)
    other, _ = sign_in(nurse)
    assert client.get("/").status_code == other.get("/").status_code == 200
    page = client.get("/accounts/sessions/")
    assert page.status_code == 200
    client.post("/accounts/sessions/")
    assert other.get("/").status_code == 302
    assert client.get("/").status_code == 200


def test_an_auditor_is_refused_after_the_last_day(world):
    client, _ = sign_in(world.user("auditor"))
    assert client.get("/").status_code == 200
    member = world.members["auditor"]
    member.starts_on, member.ends_on = date(2026, 1, 1), (timezone.now() - timedelta(days=2)).date()
    member.save()
    assert client.get("/").status_code == 403
    assert member.role == Role.AUDITOR


def test_signing_in_replaces_a_planted_session_id(world):
    client = Client()
    client.get(SIGN_IN_URL)
    client.session.save()
    session = client.session
    session["planted"] = True
    session.save()
    planted = client.cookies["sessionid"].value if "sessionid" in client.cookies else session.session_key
    sign_in(world.user("clinical_staff"), client=client)
    assert client.session.session_key != planted
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert stranger.get("/").status_code == 302


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil.example",
     "http://testserver.evil.example/", "\thttps://evil.example", "///evil.example"],
)  # fmt: skip
def test_signing_in_does_not_redirect_to_another_site(world, target):
    user = world.user("clinical_staff")
    fields = {"login": user.email, "password": PASSWORD, "next": target}
    answer = Client().post(SIGN_IN_URL, fields, REMOTE_ADDR=next(addresses))
    assert answer.status_code == 302
    assert answer["Location"] == "/"


@pytest.mark.parametrize("forged", ["evil.example", "testserver@evil.example", "testserver, evil.example"])
def test_a_forged_host_is_refused(forged):
    assert Client().get(SIGN_IN_URL, HTTP_HOST=forged).status_code == 400


def test_a_forwarded_host_is_ignored(world):
    mail.outbox.clear()
    Client().post(
        "/accounts/password/reset/", {"email": world.user("manager").email}, HTTP_X_FORWARDED_HOST="evil.example"
    )
    assert mail.outbox
    assert not [message for message in mail.outbox if "evil.example" in message.body]


def test_signing_out_clears_the_browser_and_the_token_is_no_script_readable_cookie(world):
    client, _ = sign_in(world.user("clinical_staff"))
    assert client.cookies["csrftoken"]["httponly"]
    assert "Clear-Site-Data" not in client.get("/")
    assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache", "storage"'
    boss = in_admin(world.user("admin"))
    assert boss.post("/admin/logout/")["Clear-Site-Data"] == '"cache", "storage"'
    assert boss.get("/").status_code == 302
