"""A timer whose owner was away: the stop asks, heartbeats do not bridge, closed pages and pages elsewhere end or ask."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.builders import a_patient, an_enrollment, at
from timetracking import presence, timers
from timetracking.intervals.refusals import AwayRefused
from timetracking.models import TimeEntry, TimePolicy
from timetracking.timer.press import switch_timer

NINE = at("2026-03-10", "09:00:00")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def nurse(world):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def post(client, name, data=None, *, after=0, headers=HTMX, args=()):
    with time_machine.travel(NINE + timedelta(seconds=after), tick=False):
        return client.post(reverse(f"timetracking:{name}", args=args), data or {}, headers=headers)


def start(client, world, **kwargs):
    return post(
        client,
        "start_timer",
        {"activity": kwargs.pop("activity", "review")},
        args=[world.enrollment.public_id],
        **kwargs,
    )


def seen_timer(world):
    return timers.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["clinical_staff"], now=NINE, seen=True
    )


@pytest.mark.parametrize(("seconds", "stopped"), [(200, True), (201, False), (3600, False)])
def test_a_stop_more_than_200_seconds_after_the_last_heartbeat_asks(world, seconds, stopped):
    entry, later = seen_timer(world), NINE + timedelta(seconds=seconds)
    if stopped:
        assert timers.stop_timer(entry=entry, by=entry.staff, now=later).stopped_at == later
        return
    with pytest.raises(AwayRefused, match="no activity"):
        timers.stop_timer(entry=entry, by=entry.staff, now=later)
    with pytest.raises(AwayRefused):
        timers.stop_running(staff=entry.staff, now=later)
    with pytest.raises(AwayRefused):
        switch_timer(enrollment=world.enrollment, activity="plan", by=world.members["clinical_staff"], now=later)
    assert TimeEntry.objects.get().stopped_at is None


def test_a_timer_without_heartbeats_is_stopped_without_a_question(world, nurse):
    start(nurse, world, headers={})
    post(nurse, "stop_timer", after=600, headers={})

    assert TimeEntry.objects.get().stopped_at == NINE + timedelta(minutes=10)


@pytest.mark.parametrize(("seconds", "status"), [(200, 204), (201, 409)])
def test_a_heartbeat_does_not_bridge_a_silence(world, nurse, seconds, status):
    start(nurse, world)
    assert post(nurse, "beat", after=seconds).status_code == status

    seen = TimeEntry.objects.get().seen_at
    assert seen == NINE + timedelta(seconds=seconds if status == 204 else 0)


def test_the_bar_asks_and_each_answer_counts_what_it_says(world, nurse):
    start(nurse, world)
    post(nurse, "beat", after=60)
    answer = post(nurse, "stop_timer", after=600)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "no activity" in page
    assert "hidden data-idle" not in page

    post(nurse, "idle", {"answer": "keep", "reason": "read the hospital's letter"}, after=610)
    post(nurse, "stop_timer", after=620)
    assert TimeEntry.objects.get().stopped_at == NINE + timedelta(seconds=620)


def test_cut_ends_at_the_last_heartbeat_and_stop_asks_again(world, nurse):
    start(nurse, world)
    post(nurse, "beat", after=60)
    assert post(nurse, "idle", {"answer": "stop"}, after=600).status_code == 422
    post(nurse, "idle", {"answer": "cut"}, after=600)

    assert TimeEntry.objects.get().stopped_at == NINE + timedelta(seconds=60)


def test_without_htmx_a_page_asks(world, nurse):
    start(nurse, world)
    answer = post(nurse, "stop_timer", after=600, headers={})
    assert answer.status_code == 422
    assert "Timer not stopped" in answer.content.decode()
    assert post(nurse, "idle", {"answer": "cut"}, after=600, headers={}).status_code == 302
    assert TimeEntry.objects.get().voided_at is not None


def test_a_page_closed_before_the_first_heartbeat_leaves_fifteen_seconds_to_confirm(world, nurse):
    start(nurse, world)

    assert presence.close_forgotten(now=NINE + timedelta(minutes=12)) == 1
    entry = TimeEntry.objects.get()
    assert (entry.stopped_at, entry.auto_closed_at is not None) == (NINE + timedelta(seconds=15), True)


def test_a_plain_form_in_a_browser_with_scripts_is_seen_too(world, nurse):
    nurse.get(reverse("timetracking:timer") + "?shown=none", headers=HTMX)
    start(nurse, world, headers={})

    assert TimeEntry.objects.get().seen_at == NINE


@pytest.fixture
def other_patient(world):
    return an_enrollment(
        world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall")
    ).patient


def bar(nurse, address) -> str:
    with time_machine.travel(NINE + timedelta(seconds=30), tick=False):
        return nurse.get(address).content.decode()


def test_elsewhere_than_on_the_patients_pages_the_bar_asks_until_it_is_answered(world, nurse, other_patient):
    start(nurse, world)
    own, other = reverse("chart", args=[world.patient.public_id]), reverse("chart", args=[other_patient.public_id])

    assert "data-leaving" not in bar(nurse, own)
    assert 'data-leaving="ask"' in bar(nurse, other)
    assert 'data-leaving="ask"' in bar(nurse, reverse("worklist"))
    assert "data-leaving" not in bar(nurse, reverse("timetracking:my_day"))
    post(nurse, "idle", {"answer": "keep", "reason": "looking up the specialist"}, after=40)
    assert "data-leaving" not in bar(nurse, other)


@pytest.mark.parametrize("rule", ["end", "nothing"])
def test_the_practice_decides_what_leaving_does(world, nurse, other_patient, rule):
    TimePolicy.objects.create(practice=world.practice, leaving=rule)
    start(nurse, world)

    assert (f'data-leaving="{rule}"' in bar(nurse, reverse("worklist"))) is (rule == "end")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activity", "input_at", "end"),
    [("call", None, 15), ("call", 60, 75), ("call", 1200, 1200), ("caregiver", 60, 75), ("review", 60, 1200)],
)
def test_an_abandoned_call_ends_at_the_last_input_and_not_at_the_last_heartbeat(
    world, nurse, settings, activity, input_at, end
):
    """The page of a call sends heartbeats without input while it is visible: 20 minutes were billed for an empty chair."""
    settings.IDLE_SECONDS = 3600
    start(nurse, world, activity=activity)
    for second in range(60, 1201, 60):
        acted = {"X-Portal-Act": "1"} if second == input_at else {}
        assert post(nurse, "beat", after=second, headers=acted).status_code == 204
    post(nurse, "idle", {"answer": "cut"}, after=1260)

    assert TimeEntry.objects.get().stopped_at == NINE + timedelta(seconds=end)


def test_an_answer_is_input_of_a_call_and_a_stop_counts_to_its_end(world, nurse):
    start(nurse, world, activity="call")
    for second in range(60, 1201, 60):
        post(nurse, "beat", after=second, headers={})
    post(nurse, "idle", {"answer": "keep", "reason": "long talk"}, after=1210)
    assert TimeEntry.objects.get().input_at == NINE + timedelta(seconds=1210)
    post(nurse, "stop_timer", after=1300)

    assert TimeEntry.objects.get().stopped_at == NINE + timedelta(seconds=1300)


def test_a_call_without_input_is_asked_about_after_the_minutes_of_the_policy(world, nurse):
    start(nurse, world)
    assert "data-call-idle" not in bar(nurse, reverse("timetracking:timer"))
    start(nurse, world, activity="call", after=10)
    assert 'data-call-idle="10"' in bar(nurse, reverse("timetracking:timer"))
    TimePolicy.objects.create(practice=world.practice, call_idle_minutes=5)
    assert 'data-call-idle="5"' in bar(nurse, reverse("timetracking:timer"))


@pytest.mark.parametrize(("minutes", "asks_after"), [(15, 13), (14, 12), (5, 3)])
def test_the_question_of_a_call_comes_before_the_session_ends(world, nurse, settings, minutes, asks_after):
    """The limit of sessions may be shortened after the practice made its rule."""
    TimePolicy.objects.create(practice=world.practice, call_idle_minutes=13)
    settings.IDLE_SECONDS = minutes * 60
    start(nurse, world, activity="call")

    assert f'data-call-idle="{asks_after}"' in bar(nurse, reverse("timetracking:timer"))


@pytest.mark.parametrize(
    ("activity", "input_at", "last_beat", "end"),
    [
        ("call", 60, 659, 75),  # the question was due and nobody answered
        ("call", 60, 644, 659),  # a browser that was closed a second before it
        ("call", None, 585, 15),
        ("call", None, 584, 599),
        ("review", 60, 659, 674),
    ],
)
def test_a_call_whose_question_nobody_answered_is_closed_at_the_last_input(
    world, nurse, activity, input_at, last_beat, end
):
    """The browser may end while the question is open, or the session: its heartbeats without input are no work."""
    start(nurse, world, activity=activity)
    acted = None if input_at is None else NINE + timedelta(seconds=input_at)
    TimeEntry.objects.update(seen_at=NINE + timedelta(seconds=last_beat), input_at=acted)

    assert presence.close_forgotten(now=NINE + timedelta(seconds=last_beat + 201)) == 1
    assert TimeEntry.objects.get().stopped_at == NINE + timedelta(seconds=end)
