"""The second check and the visit: what counts as a wrong answer, locks, scanners, parallel guesses, and the end."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import get_resolver

from rpm_portal.audit.models import Event
from rpm_portal.pages.patient.links import make_link, revoke_links, secret_of
from rpm_portal.pages.patient.models import FailedCheck, PatientVisit
from rpm_portal.pages.patient.visits import digest_of, visit_of
from tests.builders import a_patient, at
from tests.clock import HANG_TIMEOUT_SECONDS

NOW = at("2026-03-20", "10:00:00")
RIGHT = {"month": "3", "day": "2", "year": "1950"}  # of tests.builders.a_patient
WRONG = {"month": "4", "day": "2", "year": "1950"}


@pytest.fixture(autouse=True)
def at_ten():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def own_minute(monkeypatch):
    """The limit of a network address is counted in the broker; its own test sets it."""
    monkeypatch.setattr("rpm_portal.pages.patient.views.visit_pages.FROM_ADDRESS_A_MINUTE", 10_000)


@pytest.fixture
def link(world):
    return make_link(world.patient, by=None, now=NOW)


def check(link, client=None, **fields):
    values = {"secret": secret_of(link)} | RIGHT | fields
    return (client or Client()).post(f"/m/{link.selector}/", values)


def test_the_right_birth_date_begins_a_visit_with_a_cookie_of_its_own(world, link):
    client = Client()
    response = check(link, client)
    cookie = response.cookies["visit"]

    assert (response.status_code, response["Location"]) == (302, "/p/")
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/p/", "Strict", True)
    assert PatientVisit.objects.get().token_digest == digest_of(cookie.value)
    assert cookie.value not in str(PatientVisit.objects.values())
    assert "sessionid" not in response.cookies
    assert client.get("/p/").status_code == 200
    assert Event.objects.filter(action="begin_patient_visit", actor=None, role="patient").count() == 1


@pytest.mark.parametrize("selector", ["own", "unknown"])
def test_get_and_head_change_nothing_and_look_the_same_for_every_selector(world, link, selector):
    path = f"/m/{link.selector if selector == 'own' else 'zzzzzzzz'}/"
    before = Event.objects.count()
    for method in ("get", "head"):
        assert getattr(Client(), method)(path).status_code == 200

    assert (Event.objects.count(), FailedCheck.objects.count(), PatientVisit.objects.count()) == (before, 0, 0)


def test_a_scanner_that_submits_without_the_fragment_costs_no_try(link):
    for _ in range(8):
        assert check(link, secret="").status_code == 410

    assert not FailedCheck.objects.exists()
    assert check(link).status_code == 302


def test_a_link_may_be_opened_again_until_it_expires(link, at_ten):
    assert [check(link).status_code for _ in range(3)] == [302, 302, 302]
    at_ten.move_to(link.expires_at - timedelta(seconds=1))
    assert check(link).status_code == 302
    at_ten.move_to(link.expires_at)
    assert check(link).status_code == 410


def test_unknown_expired_ended_and_wrong_secrets_have_one_answer(world, link, at_ten):
    ended = make_link(world.patient, by=None, now=NOW - timedelta(hours=1))
    expired = make_link(world.patient, by=None, now=NOW - timedelta(days=8))
    bodies = [check(link, secret="x" * 22), check(expired), Client().post("/m/zzzzzzzz/", {"secret": "x"} | RIGHT)]
    revoke_links(world.patient, by=world.members["qhp"], now=NOW)
    bodies.append(check(ended))

    assert [response.status_code for response in bodies] == [410] * 4
    assert len({response.content for response in bodies}) == 1
    assert world.patient.family_name not in bodies[0].content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"month": "2", "day": "30"},
        {"month": "March"},
        {"day": ""},
        {"year": "50"},
        {"month": "13"},
        {"day": "\u0662"},  # an Arabic digit
        {"year": "19500"},
        {"day": "-2"},
    ],
)
def test_an_answer_that_is_no_date_is_explained_and_not_counted(link, fields):
    response = check(link, **fields)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not FailedCheck.objects.exists()


def test_a_wrong_date_is_counted_and_the_sixth_answer_is_locked_even_if_it_is_right(link):
    answers = [check(link, **WRONG) for _ in range(5)]
    assert [response.status_code for response in answers] == [422] * 5
    assert "Tries left: 4" in " ".join(answers[0].content.decode().split())

    assert check(link, **WRONG).status_code == 429
    assert check(link).status_code == 429
    assert FailedCheck.objects.count() == 5
    assert Event.objects.filter(action="lock_patient_link").count() == 1
    assert Event.objects.filter(action="fail_patient_check").count() == 4


def test_four_wrong_dates_lock_nothing(link):
    for _ in range(4):
        check(link, **WRONG)

    assert check(link).status_code == 302


def test_ten_wrong_dates_of_a_person_lock_each_link_for_24_hours(world, link, at_ten):
    second, third = (make_link(world.patient, by=None, now=NOW) for _ in range(2))
    for one in (link, second):
        for _ in range(5):
            assert check(one, **WRONG).status_code == 422
    assert check(third).status_code == 429

    at_ten.move_to(NOW + timedelta(hours=24) - timedelta(seconds=1))
    assert check(third).status_code == 429
    at_ten.move_to(NOW + timedelta(hours=24))
    assert check(third).status_code == 302


def test_the_lock_of_one_patient_is_not_that_of_another(world, link):
    other = make_link(a_patient(world.practice, world.user("qhp"), mrn="B2", family="Silva"), by=None, now=NOW)
    for _ in range(6):
        check(link, **WRONG)

    assert check(other).status_code == 302


def test_failed_checks_are_never_rewritten(link):
    check(link, **WRONG)
    for act in (
        lambda: FailedCheck.objects.all().delete(),
        lambda: FailedCheck.objects.update(failed_at=NOW + timedelta(days=1)),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


@pytest.mark.slow
def test_of_forty_guesses_at_once_exactly_five_are_judged(live_world):
    link = make_link(live_world.patient, by=None, now=NOW)
    statuses, start = [], threading.Barrier(8)

    def guess():
        start.wait(HANG_TIMEOUT_SECONDS)
        try:
            statuses.extend(check(link, **WRONG).status_code for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_TIMEOUT_SECONDS)

    assert sorted(statuses) == [422] * 5 + [429] * 35
    assert FailedCheck.objects.count() == 5


def test_more_than_thirty_answers_a_minute_from_an_address_wait(link, monkeypatch):
    monkeypatch.setattr("rpm_portal.pages.patient.views.visit_pages.is_within_limit", lambda *_, **__: False)

    assert check(link).status_code == 429
    assert not PatientVisit.objects.exists()


@pytest.mark.parametrize(
    ("moments", "status"),
    [
        ([timedelta(minutes=19, seconds=59)], 200),
        ([timedelta(minutes=20)], 403),
        ([timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=45), timedelta(minutes=59)], 200),
        ([timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=45), timedelta(minutes=60)], 403),
    ],
)
def test_a_visit_ends_after_twenty_idle_minutes_and_after_an_hour(link, at_ten, moments, status):
    client = Client()
    token = check(link, client).cookies["visit"].value
    for moment in moments:
        at_ten.move_to(NOW + moment)
        client.cookies["visit"] = token  # also a browser that keeps it longer
        response = client.get("/p/")

    assert response.status_code == status


def test_done_ends_the_visit_and_the_cookie_opens_nothing(link):
    client = Client()
    token = check(link, client).cookies["visit"].value
    response = client.post("/p/done/")

    assert response.status_code == 200
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    client.cookies["visit"] = token
    assert client.get("/p/").status_code == 403
    assert visit_of(token, now=NOW) is None


def test_ending_the_links_ends_the_visits(world, link):
    client = Client()
    check(link, client)
    revoke_links(world.patient, by=world.members["qhp"], now=NOW)

    assert client.get("/p/").status_code == 403


def patient_routes():
    found = next(item for item in get_resolver().url_patterns if getattr(item, "namespace", "") == "patient")
    return {route.name: str(route.pattern) for route in found.url_patterns}


def test_each_address_of_a_visit_needs_one_and_has_the_headers_of_the_page(world, link):
    for name, route in patient_routes().items():
        if name == "link":
            continue
        path = "/" + route.replace("<slug:selector>", link.selector).replace("<slug:public_id>", "abc")
        for method in ("get", "post"):
            response = getattr(Client(), method)(path)
            expected = {403} if route.startswith("p/") else {200, 410}
            assert response.status_code in expected, (name, method)
            policy = response["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response["Cache-Control"] == "no-store"
            assert response["Referrer-Policy"] == "same-origin"
            assert response["X-Robots-Tag"] == "noindex"
            assert response["X-Frame-Options"] == "DENY"


def test_a_form_without_the_csrf_token_is_refused(link):
    client = Client(enforce_csrf_checks=True)

    assert check(link, client).status_code == 403
    assert not PatientVisit.objects.exists()


def test_a_signed_in_member_of_staff_has_no_visit(world):
    client = Client()
    client.force_login(world.user("qhp"), backend="rpm_portal.accounts.backends.PortalBackend")

    assert client.get("/p/").status_code == 403
