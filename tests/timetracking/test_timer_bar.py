"""Views of the timer bar: number of statements, changes in other windows, switches, refusals."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollment import services as enrollment
from rpm_portal.core.days import Month
from tests.builders import PASSWORD, a_patient, an_enrollment, at
from timetracking import timers
from timetracking.models import StartPolicy, TimeEntry

NINE = at("2026-03-10", "09:00:00")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def nurse(world):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def post(client, path, data=None, *, at_=NINE):
    with time_machine.travel(at_, tick=False):
        return client.post(path, data or {}, headers=HTMX)


def statements(captured) -> list[str]:
    """The executed statements, without transaction control, the session's activity time, which is written at most
    twice a minute, and the form's key, which costs the same two in every form (tests/accounts/test_sent_forms.py)."""
    marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK", 'UPDATE "django_session"')
    marks += tuple(f'{verb} "accounts_sentform"' for verb in ("INSERT INTO", "UPDATE", "DELETE FROM"))
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(marks)]


def test_no_request_takes_more_than_six_statements(world, nurse):
    here = world.enrollment
    other = an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall"))
    steps = [
        ("start", f"/timer/start/{here.public_id}/", {"activity": "review"}),
        ("beat", "/timer/beat/", {}),
        ("activity", f"/timer/start/{here.public_id}/", {"activity": "plan"}),
        ("switch", f"/timer/start/{other.public_id}/", {"activity": "review", "stop_other": "1"}),
        ("stop", "/timer/stop/", {}),
        ("start again", f"/timer/start/{here.public_id}/", {"activity": "review"}),
        ("pause", "/timer/pause/", {}),
    ]
    for step, (name, path, data) in enumerate(steps):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = post(nurse, path, data, at_=NINE + timedelta(minutes=step))
        assert response.status_code in {200, 204}, name
        assert len(statements(captured)) <= 6, "\n".join([name, *statements(captured)])
    assert TimeEntry.objects.filter(stopped_at__isnull=False, voided_at=None).count() == 4


def test_a_change_of_activity_starts_a_new_entry_at_the_same_second(world, nurse):
    url = f"/timer/start/{world.enrollment.public_id}/"
    post(nurse, url, {"activity": "review"})
    bar = post(nurse, url, {"activity": "plan"}, at_=NINE + timedelta(seconds=90)).content.decode()

    first, second = TimeEntry.objects.order_by("started_at")
    assert first.stopped_at == second.started_at == NINE + timedelta(seconds=90)
    assert "Adjusting the plan" in bar
    assert "month 1:30" in bar


def test_a_repeated_start_changes_nothing(world, nurse):
    url = f"/timer/start/{world.enrollment.public_id}/"
    post(nurse, url, {"activity": "review"})
    post(nurse, url, {"activity": "review"}, at_=NINE + timedelta(seconds=90))

    assert TimeEntry.objects.get().started_at == NINE


def test_a_switch_that_is_refused_leaves_the_first_timer_running(world, nurse):
    other = an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall"))
    enrollment.discharge(enrollment=other, on=date(2026, 3, 1), reason="done", by=world.user("physician"), now=NINE)
    post(nurse, f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"})
    post(nurse, "/timer/beat/", at_=NINE + timedelta(minutes=3))

    response = post(
        nurse,
        f"/timer/start/{other.public_id}/",
        {"activity": "review", "stop_other": "1"},
        at_=NINE + timedelta(minutes=5),
    )

    assert response.status_code == 422
    assert "only an active one earns time" in response.content.decode()
    assert "Start as non-billable" in response.content.decode()
    assert TimeEntry.objects.get().stopped_at is None


def test_non_billable_time_can_be_recorded_for_a_discharged_patient(world, nurse):
    enrollment.discharge(
        enrollment=world.enrollment, on=date(2026, 3, 1), reason="done", by=world.user("physician"), now=NINE
    )
    assert post(nurse, f"/timer/start/{world.enrollment.public_id}/", {"activity": "admin"}).status_code == 200
    assert not TimeEntry.objects.get().billable


def test_a_window_that_shows_the_running_timer_gets_no_content(world, nurse):
    assert nurse.get("/timer/?shown=none", headers=HTMX).status_code == 204
    timers.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["clinical_staff"], now=at("2026-03-10")
    )
    changed = nurse.get("/timer/?shown=none", headers=HTMX)
    assert changed.status_code == 200
    assert "ORTEGAP" in changed.content.decode()
    token = TimeEntry.objects.get().public_id
    assert nurse.get(f"/timer/?shown={token}", headers=HTMX).status_code == 204
    nurse.post("/timer/stop/")
    assert "No timer running" in nurse.get(f"/timer/?shown={token}", headers=HTMX).content.decode()


def test_the_timer_outlives_the_session(world):
    user = world.user("clinical_staff")
    for _ in range(2):
        client = Client()
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        client.post(f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"})
        assert "ORTEGAP" in client.get("/timer/", headers=HTMX).content.decode()
        client.post("/accounts/logout/")
    assert TimeEntry.objects.count() == 1


def test_the_bar_shows_that_a_patient_asked_not_to_be_called(world, nurse):
    post(nurse, f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"})
    shown = []
    for asked in (False, True):
        enrollment.change_patient(
            patient=world.patient, reason="She asked", by=world.user("clinical_staff"), now=NINE, no_calls=asked
        )
        with time_machine.travel(NINE + timedelta(minutes=1), tick=False):
            page = nurse.get("/timer/", headers=HTMX).content.decode()
        assert "ORTEGAP" in page
        shown.append("do not call" in page)
    assert shown == [False, True]


def test_a_timer_in_another_practice_names_nobody(world, nurse):
    timers.start_timer(
        enrollment=world.other.enrollment, activity="review", by=world.other.members["clinical_staff"], now=NINE
    )
    type(world.other.patient).objects.filter(pk=world.other.patient.pk).update(no_calls=True)
    from rpm_portal.accounts.services import add_member

    add_member(
        practice=world.practice, user=world.other.user("clinical_staff"), role="clinical_staff", credential="RN", npi="",
        starts_on=date(2020, 1, 1), by=None,
    )  # fmt: skip
    client = Client()
    client.force_login(world.other.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    client.post("/practice/switch/", {"practice": world.practice.public_id})
    for path in ("/timer/", f"/patients/{world.patient.public_id}/"):
        page = client.get(path).content.decode()
        assert "in another practice" in page
        assert "ORTEGAC" not in page
        assert "do not call" not in page
    asked = client.post(f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"}, headers=HTMX)
    assert "ORTEGAC" not in asked.content.decode()
    assert client.get("/timer/activities/").status_code == 404


@pytest.mark.parametrize(("rule", "shown"), [("off", None), ("ask", "ask"), ("automatic", "automatic")])
def test_a_chart_starts_the_timer_by_the_policy_of_the_role(world, nurse, rule, shown):
    StartPolicy.objects.create(practice=world.practice, role="clinical_staff", starts=rule)
    url = f"/patients/{world.patient.public_id}/"

    page = nurse.get(url).content.decode()
    assert (f'data-starts="{shown}"' in page) == (shown is not None)
    nurse.post(f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"})
    assert "data-starts" not in nurse.get(url).content.decode()


def test_the_chart_of_a_discharged_patient_starts_no_timer(world, nurse):
    StartPolicy.objects.create(practice=world.practice, role="clinical_staff", starts="automatic")
    enrollment.discharge(
        enrollment=world.enrollment, on=date(2026, 3, 1), reason="done", by=world.user("physician"), now=NINE
    )
    assert "data-starts" not in nurse.get(f"/patients/{world.patient.public_id}/").content.decode()


def test_an_entry_over_month_end_is_shown_in_both_parts(world, nurse):
    world.work("2026-03-31", 900, clock="23:52:00")
    with time_machine.travel(at("2026-04-01", "12:00:00"), tick=False):
        client = Client()
        client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
        page = client.get(f"/patients/{world.patient.public_id}/").content.decode()
    assert "2 of 2" in page
    assert "<b>7:00</b>" in page


def test_a_timer_stopped_within_its_first_second_is_void_and_not_shown_as_running(world, nurse):
    post(nurse, f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"})
    post(nurse, "/timer/stop/")
    entry = TimeEntry.objects.get(stopped_at=None)
    assert entry.voided_at is not None

    chart = f"/patients/{world.patient.public_id}/"
    with time_machine.travel(NINE + timedelta(minutes=1), tick=False):
        for path in (chart, f"{chart}months/2026-03/"):
            page = nurse.get(path).content.decode()
            assert "Stopped within the second" in page, path
            assert "<b>0:00</b>" in page, path
            assert "<b>running</b>" not in page, path


def test_a_switch_in_a_closed_month_changes_nothing(world, nurse):
    post(nurse, f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"})
    timers.lock_month(practice=world.practice, month=Month(2026, 3), by=world.user("manager"), now=NINE)

    response = post(
        nurse, f"/timer/start/{world.enrollment.public_id}/", {"activity": "plan"}, at_=NINE + timedelta(minutes=5)
    )

    assert response.status_code == 422
    assert "month" in response.content.decode()
    assert TimeEntry.objects.get().stopped_at is None


def test_a_message_is_shown_by_the_page_and_not_by_the_bar_too(world, nurse):
    page = nurse.post("/my-day/sign/", {"day": "2026-03-10", "password": "not-mine"}).content.decode()
    assert page.count("This is not your password") == 1
    other = an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall"))
    nurse.post(f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"})
    asked = nurse.post(f"/timer/start/{other.public_id}/", {"activity": "review"}).content.decode()
    assert asked.count("Stop and start") == 1
