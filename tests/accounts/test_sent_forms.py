"""Each form's action is done once: repeated, at once, with other content, after a refusal, and across people."""

import contextlib
import re
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone
from psycopg import errors

from billing.close.moves import start_computing
from billing.models import MonthClose
from enrollment.models import Patient
from monitoring.models import Note
from rpm_portal.accounts.models import Invitation, SentForm
from rpm_portal.accounts.sent_forms import PREVIEWS, READ_ONLY, delete_old_keys, new_key
from rpm_portal.audit.models import Event
from rpm_portal.core.access import Role, may
from rpm_portal.core.days import Month, local_day
from tests import test_access as access
from tests.accounts.test_people import typed
from tests.builders import at, at_once
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.test_access import TABLE, _full_world
from timetracking import timers
from timetracking.models import TimeEntry

HTMX = {"HX-Request": "true"}


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="rpm_portal.accounts.backends.PortalBackend")
    return client


@pytest.fixture
def nurse(world):
    return signed_in(world.user("clinical_staff"))


def address(world) -> str:
    return reverse("monitoring:write_note", args=[world.enrollment.public_id])


def note(key, text="The cuff is small."):
    return {"once": key, "text": text}


def test_the_same_form_sent_eight_times_is_done_once_with_the_same_answer(world, nurse):
    form = note(new_key())
    answers = [nurse.post(address(world), form) for _ in range(8)]

    assert Note.objects.count() == 1
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer["Location"] for answer in answers}) == 1


@pytest.mark.slow
def test_the_same_form_sent_eight_times_at_once_is_done_once(live_world):
    form, user, statuses = note(new_key()), live_world.user("clinical_staff"), []
    clients = [signed_in(user) for _ in range(8)]

    at_once(lambda number: statuses.append(clients[number].post(address(live_world), form).status_code), times=8)

    assert Note.objects.count() == 1
    assert statuses == [302] * 8


def test_the_key_with_other_content_or_at_another_address_is_refused(world, nurse):
    key = new_key()
    nurse.post(address(world), note(key))
    assert nurse.post(address(world), note(key, "Another text.")).status_code == 422
    answer = nurse.post(reverse("timetracking:stop_timer"), note(key))

    assert (answer.status_code, Note.objects.count()) == (422, 1)
    assert "submitted before with other content" in answer.content.decode()


def test_a_refused_form_is_corrected_with_the_same_key(world, nurse):
    key = new_key()
    assert nurse.post(address(world), note(key, "")).status_code == 422
    assert SentForm.objects.count() == 0
    assert nurse.post(address(world), note(key)).status_code == 302
    assert Note.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 21, "x" * 65, "not a key with 22 chars"])
def test_a_form_without_a_key_is_refused_and_nothing_is_done(world, nurse, key):
    """22 to 64 characters are a key; a shorter or a longer one is none."""
    answer = nurse.post(address(world), note(key))

    assert (answer.status_code, Note.objects.count(), SentForm.objects.count()) == (400, 0, 0)
    assert "reload the page, and send the form again" in answer.content.decode()
    for number, key in enumerate(("x" * 22, "x" * 64), 1):
        assert nurse.post(address(world), note(key)).status_code == 302
        assert Note.objects.count() == number


@pytest.mark.slow
def test_every_form_of_the_access_table_needs_a_key_except_the_listed_ones(db):
    world = _full_world()
    clients = {role: access.signed_in(world.user(role)) for role in Role if role in world.members}
    for name, (permission, verb, _) in TABLE.items():
        if verb != "POST":
            continue
        client = next(client for role, client in clients.items() if may(role, permission))
        with transaction.atomic():
            status = client.post(access.url_of(name, world), {"once": "", "to": "held"}).status_code
            transaction.set_rollback(True)
        assert (status == 400) != (name in READ_ONLY or name in PREVIEWS), (name, status)


def test_a_key_is_one_persons(world, nurse):
    key = new_key()
    nurse.post(address(world), note(key))
    assert signed_in(world.user("physician")).post(address(world), note(key)).status_code == 302

    assert Note.objects.count() == 2


def test_two_forms_with_the_same_content_are_two_acts(world, nurse):
    for _ in range(2):
        nurse.post(address(world), note(new_key()))

    assert Note.objects.count() == 2


def test_neither_content_nor_names_are_stored_with_the_key(world, nurse):
    nurse.post(address(world), note(new_key(), "Ortega's cuff"))
    row = SentForm.objects.get()

    assert "Ortega" not in repr(row.__dict__)
    assert re.fullmatch(r"[0-9a-f]{64}", row.body_digest)


def test_an_htmx_repetition_shows_the_present_state(world, nurse):
    key, start = new_key(), reverse("timetracking:start_timer", args=[world.enrollment.public_id])
    assert nurse.post(start, {"activity": "review", "once": key}, headers=HTMX).status_code == 200
    nurse.post(reverse("timetracking:stop_timer"), {"once": new_key()}, headers=HTMX)
    answer = nurse.post(start, {"activity": "review", "once": key}, headers=HTMX)

    assert answer["HX-Refresh"] == "true"
    assert TimeEntry.objects.count() == 1


def test_a_form_that_fails_halfway_keeps_nothing_and_can_be_sent_again(world, nurse, monkeypatch):
    key = new_key()
    with monkeypatch.context() as patch:
        patch.setattr("monitoring.views.notes.redirect", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            nurse.post(address(world), note(key))
    assert (Note.objects.count(), SentForm.objects.count()) == (0, 0)
    nurse.post(address(world), note(key))
    assert Note.objects.count() == 1


@pytest.mark.parametrize("error", [errors.UniqueViolation, errors.LockNotAvailable, errors.DeadlockDetected])
def test_a_lost_race_answers_409_with_a_sentence(world, nurse, monkeypatch, error):
    def lose(*_):
        raise OperationalError("lost") from error()

    monkeypatch.setattr("monitoring.views.notes.redirect", lose)
    answer = nurse.post(address(world), note(new_key()))

    assert answer.status_code == 409
    waited = error is errors.LockNotAvailable
    assert ("working on the same records" if waited else "changed the same record") in answer.content.decode()


@pytest.mark.slow
def test_a_form_that_waits_too_long_for_a_month_says_that_others_work_on_it(live_world):
    """The database waits twenty seconds for a lock. Whoever locks or computes a month may take longer."""
    manager, month = live_world.user("manager"), Month(2026, 3)
    close = start_computing(practice=live_world.practice, month=month, by=manager, now=at("2026-04-03"))
    client, is_locked, answered = signed_in(manager), threading.Event(), threading.Event()

    def lock_month():
        with contextlib.closing(connection), transaction.atomic():
            MonthClose.objects.select_for_update().get(pk=close.pk)
            is_locked.set()
            answered.wait(HANG_TIMEOUT_SECONDS)

    thread = threading.Thread(target=lock_month, daemon=True)
    thread.start()
    is_locked.wait(HANG_TIMEOUT_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
        answer = client.post(reverse("billing:compute_month", args=[str(month)]), {"once": new_key()})
        cursor.execute("RESET lock_timeout")
    answered.set()
    thread.join(HANG_TIMEOUT_SECONDS)

    assert answer.status_code == 409
    assert "while a month is computed or locked" in answer.content.decode()
    assert SentForm.objects.count() == 0, "the form can be sent again"


def test_a_preview_is_not_an_act(world, nurse):
    today = local_day(timezone.now(), world.practice.zone)
    values = {
        "on": f"{today}", "start": "08:00", "end": "08:10", "activity": "review", "reason": "home visit",
        "look": "1", "once": new_key(),
    }  # fmt: skip
    enter = reverse("timetracking:enter", args=[world.enrollment.public_id])
    for _ in range(2):
        assert nurse.post(enter, values).status_code == 200
    assert SentForm.objects.count() == 0


def test_every_form_of_a_page_has_its_own_key(world, nurse):
    page = nurse.get(reverse("chart", args=[world.patient.public_id])).content.decode()
    keys = re.findall(r'name="once" value="([^"]+)"', page)

    assert len(keys) == page.count('name="csrfmiddlewaretoken"') > 3
    assert len(set(keys)) == len(keys)


def test_the_names_of_views_without_a_key_exist():
    for name in READ_ONLY | set(PREVIEWS):
        namespace, _, short = name.rpartition(":")
        resolver = get_resolver()
        if namespace:
            resolver = resolver.namespace_dict[namespace][1]
        assert short in resolver.reverse_dict, name


def test_a_key_costs_two_statements_more(world, nurse):
    timers.start_timer(
        enrollment=world.enrollment,
        activity="review",
        by=world.members["clinical_staff"],
        now=at("2026-11-18", "09:00:00"),
    )

    nurse.post(address(world), note(new_key()))
    with CaptureQueriesContext(connection) as captured:
        nurse.post(address(world), note(new_key()))

    assert len([query for query in captured if '"accounts_sentform"' in query["sql"]]) == 2


def test_keys_are_deleted_after_two_days(world, nurse):
    nurse.post(address(world), note(new_key()))
    now = timezone.now()

    assert delete_old_keys(before=now - timedelta(hours=1)) == 0
    assert delete_old_keys(before=now + timedelta(hours=1)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.MANAGER, Role.PHYSICIAN, Role.CLINICAL_STAFF, Role.BILLER])
def test_no_form_of_the_access_table_is_done_twice(db, role):
    """Each POST that is done answers the same again and writes no second event."""
    world, done = _full_world(), []
    client = access.signed_in(world.user(role))
    for name, (permission, verb, _) in TABLE.items():
        if verb != "POST" or name in READ_ONLY or not may(role, permission):
            continue
        with transaction.atomic():
            form = {"to": "held", "reason": "look up", "conclusion": "called", "once": new_key()}
            first = client.post(access.url_of(name, world), form)
            if first.status_code < 400:
                events = Event.objects.count()
                second = client.post(access.url_of(name, world), form)
                assert Event.objects.count() == events, name
                assert second.get("Location") == first.get("Location"), name
                assert second.status_code == (302 if first.status_code == 302 else 409), name
                done.append(name)
            transaction.set_rollback(True)
    assert done


def test_the_same_new_patient_from_six_windows_at_once_is_kept_once_and_nobody_gets_an_error_page(live_world):
    """Different windows have different keys; the database keeps one row, and the others get a refusal or 409."""
    clients = [signed_in(live_world.user("clinical_staff")) for _ in range(6)]
    statuses = []
    person = {
        "family_name": "Twinny", "given_name": "Ada", "born_on": "1951-05-14", "sex": "F", "mrn": "TW1", "phone": "",
        "language": "en", "zone": "", "program": "RPM", "billing_provider": live_world.members["physician"].pk,
    }  # fmt: skip
    address = reverse("enroll:start")

    at_once(
        lambda number: statuses.append(clients[number].post(address, person | {"once": new_key()}).status_code), times=6
    )

    assert sorted(set(statuses) - {302, 409, 422}) == []
    assert statuses.count(302) == Patient.objects.filter(practice=live_world.practice, mrn="TW1").count() == 1


@pytest.mark.slow
def test_the_same_invitation_six_times_at_once_is_sent_once_and_nobody_gets_an_error_page(live_world):
    clients = [signed_in(live_world.user("manager")) for _ in range(6)]
    form, statuses = typed(), []

    at_once(
        lambda number: statuses.append(clients[number].post("/people/invite/", form | {"once": new_key()}).status_code),
        times=6,
    )

    assert sorted(set(statuses) - {200, 409, 422}) == []
    assert Invitation.objects.filter(practice=live_world.practice, withdrawn_at=None).count() == 1
