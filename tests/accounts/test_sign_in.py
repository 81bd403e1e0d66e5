"""Who comes in, how long they stay, and what a second factor keeps shut."""

import itertools
import re
import time
from datetime import date, timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from axes.models import AccessAttempt
from django.core import mail
from django.test import Client
from django.utils import timezone

from rpm_portal.accounts.models import SecondFactor
from rpm_portal.audit.models import Event
from rpm_portal.core.access import Role
from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db
DOOR = "/accounts/login/"


addresses = (f"192.0.2.{number % 250 + 1}" for number in itertools.count())


def sign_in(user, password=PASSWORD, client=None, address=None):
    """Through the front door; from an address of its own each time, because addresses are counted too."""
    client = client or Client()
    answer = client.post(DOOR, {"login": user.email, "password": password}, REMOTE_ADDR=address or next(addresses))
    return client, answer


def demand(world, whom):
    world.practice.second_factor = whom
    world.practice.save()


def test_a_new_practice_asks_everybody_for_a_second_factor():
    from rpm_portal.accounts.services import open_practice

    assert open_practice(name="New", zone="America/Chicago", by=None).second_factor == SecondFactor.EVERYBODY


@pytest.mark.parametrize("path", ["/", "/patients/", "/months/", "/audit/", "/styleguide/", "/search/"])
def test_without_the_factor_that_is_asked_nothing_of_a_practice_is_shown(world, path):
    demand(world, SecondFactor.EVERYBODY)
    client, answer = sign_in(world.user("manager"))
    assert answer.status_code == 302
    answer = client.get(path)
    assert answer.status_code == 403
    assert b"One thing more" in answer.content
    assert world.patient.family_name.upper().encode() not in answer.content
    assert client.get(path, HTTP_HX_REQUEST="true")["HX-Redirect"] == "/"
    # The way to set one up is open.
    assert client.get("/accounts/2fa/totp/activate/").status_code in {200, 302}


def test_signers_alone_may_be_asked(world):
    demand(world, SecondFactor.SIGNERS)
    for role, status in {"clinical_staff": 200, "physician": 403, "manager": 403, "biller": 403, "admin": 403}.items():
        client, _ = sign_in(world.user(role))
        assert client.get("/", follow=True).status_code == status, role


def test_with_a_factor_the_password_alone_is_not_enough_and_a_code_works_once(world, code_of):
    demand(world, SecondFactor.EVERYBODY)
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


def test_the_admin_asks_for_it_too(world, settings):
    settings.ADMIN_SECOND_FACTOR = True
    boss = world.user("admin")
    boss.is_staff = boss.is_superuser = True
    boss.save()
    client, _ = sign_in(boss)
    assert client.get("/admin/").status_code == 403
    TOTP.activate(boss, generate_totp_secret())
    assert client.get("/admin/").status_code == 200


def test_a_factor_taken_away_is_asked_for_again(world):
    demand(world, SecondFactor.EVERYBODY)
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


def test_five_wrong_passwords_shut_the_pair_of_person_and_address_and_nobody_else(world):
    nurse, doctor = world.user("clinical_staff"), world.user("physician")
    for number in range(5):
        _, answer = sign_in(nurse, password=f"wrong-{number}", address="198.51.100.1")
    _, answer = sign_in(nurse, address="198.51.100.1")
    assert answer.status_code == 429
    assert b"Too many wrong passwords" in answer.content
    assert sign_in(doctor, address="198.51.100.1")[1].status_code == 302, "a colleague at the same address comes in"
    assert sign_in(nurse, address="198.51.100.77")[1].status_code == 302, "and the person from elsewhere"
    assert all("wrong" not in str(vars(attempt)) for attempt in AccessAttempt.objects.all()), "no password is kept"
    # The sixth is the right password at the shut door.
    assert Event.objects.filter(practice=world.practice, action="sign_in_failed").count() == 6


def test_four_wrong_ones_and_the_right_one_begin_anew(world):
    nurse = world.user("clinical_staff")
    for _ in range(2):
        for number in range(4):
            sign_in(nurse, password=f"wrong-{number}", address="198.51.100.2")
        assert sign_in(nurse, address="198.51.100.2")[1].status_code == 302


def test_who_is_not_known_hears_the_same(world):
    known = sign_in(world.user("qhp"), password="not-it")[1]
    unknown = Client().post(DOOR, {"login": "nobody@example.com", "password": "not-it"}, REMOTE_ADDR="192.0.2.9")
    strip = lambda body: re.sub(rb'value="[^"]*"|"x-csrftoken": "[^"]*"', b"", body)  # noqa: E731
    assert known.status_code == unknown.status_code == 200
    assert strip(known.content) == strip(unknown.content)


@pytest.mark.parametrize(("idle", "inside"), [(15 * 60 - 1, True), (15 * 60, False)])
def test_a_session_ends_without_an_act_at_the_limit(world, still_clock, idle, inside):
    client, _ = sign_in(world.user("clinical_staff"))
    client.get("/")
    session = client.session
    session["acted_at"] = time.time() - idle
    session.save()
    assert client.get("/").status_code == (200 if inside else 302)


def test_what_a_page_asks_by_itself_is_no_act_and_a_beat_of_the_timer_is(world):
    client, _ = sign_in(world.user("clinical_staff"))
    client.get("/")

    def acted(ask):
        session = client.session
        session["acted_at"] = before = time.time() - 600
        session.save()
        ask()
        return client.session["acted_at"] > before

    since = timezone.now().isoformat()
    assert not acted(lambda: client.get("/timer/"))
    assert not acted(lambda: client.get("/worklist/news/", {"since": since}))
    assert not acted(lambda: client.get("/alerts/news/", {"since": since}))
    assert not acted(lambda: client.get("/session/"))
    assert acted(lambda: client.post("/session/stay/"))
    assert acted(lambda: client.post("/timer/beat/"))
    assert acted(lambda: client.get("/patients/"))


def test_twelve_hours_end_a_session_however_busy_it_was(world):
    client, _ = sign_in(world.user("clinical_staff"))
    client.get("/")
    session = client.session
    session["came_at"] = time.time() - 12 * 3600 - 1
    session.save()
    assert client.get("/").status_code == 302
    assert Event.objects.filter(practice=world.practice, action="sign_out").exists()


def test_asking_how_long_it_holds_tells_a_stranger_nothing(world):
    told = Client().get("/session/").json()
    assert told["left"] == 0
    assert set(told) == {"left", "token"}


def test_a_session_is_listed_and_ended_from_another(world):
    nurse = world.user("clinical_staff")
    one, _ = sign_in(nurse)
    two, _ = sign_in(nurse)
    assert one.get("/").status_code == two.get("/").status_code == 200
    page = one.get("/accounts/sessions/")
    assert page.status_code == 200
    one.post("/accounts/sessions/")
    assert two.get("/").status_code == 302
    assert one.get("/").status_code == 200


def test_an_auditor_whose_day_is_over_is_out(world):
    client, _ = sign_in(world.user("auditor"))
    assert client.get("/").status_code == 200
    member = world.members["auditor"]
    member.starts_on, member.ends_on = date(2026, 1, 1), (timezone.now() - timedelta(days=2)).date()
    member.save()
    assert client.get("/").status_code == 403
    assert member.role == Role.AUDITOR


def test_a_session_that_was_planted_is_another_one_after_signing_in(world):
    client = Client()
    client.get(DOOR)
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
    "towards",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil.example",
     "http://testserver.evil.example/", "\thttps://evil.example", "///evil.example"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(world, towards):
    user = world.user("clinical_staff")
    said = {"login": user.email, "password": PASSWORD, "next": towards}
    answer = Client().post(DOOR, said, REMOTE_ADDR=next(addresses))
    assert answer.status_code == 302
    assert answer["Location"] == "/"


@pytest.mark.parametrize("forged", ["evil.example", "testserver@evil.example", "testserver, evil.example"])
def test_a_forged_host_is_refused(forged):
    assert Client().get(DOOR, HTTP_HOST=forged).status_code == 400


def test_a_forwarded_host_is_not_believed(world):
    mail.outbox.clear()
    Client().post(
        "/accounts/password/reset/", {"email": world.user("manager").email}, HTTP_X_FORWARDED_HOST="evil.example"
    )
    assert mail.outbox
    assert not [one for one in mail.outbox if "evil.example" in one.body]
