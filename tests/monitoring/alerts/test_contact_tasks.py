"""The next contact is a task: planned by a call, shown on the chart, finished by the next conversation."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from monitoring.alerts.contact_tasks import CONTACTED, REPLACED, open_task
from monitoring.alerts.handle import plan_outreach
from monitoring.alerts.silence import find_silence
from monitoring.models import Alert, Outreach
from tests.builders import a_world, at
from tests.test_access import signed_in
from timetracking.calls.call_log import log_call

NOON = at("2026-03-10", "12:00:00")


@pytest.fixture
def world(db):
    return a_world(with_other=False)


def log(world, *, next_on=None, outcome="patient", channel="phone", at_time=NOON):
    return log_call(
        enrollment=world.enrollment,
        channel=channel,
        outcome=outcome,
        started_at=at_time - timedelta(minutes=5),
        ended_at=at_time,
        by=world.members["clinical_staff"],
        now=at_time,
        decided="Agreed on the next call.",
        next_contact_on=next_on,
    )


def test_a_call_with_a_next_contact_makes_a_task_of_its_caller(world):
    log(world, next_on=date(2026, 3, 17))

    task = Outreach.objects.get()
    assert (task.due_on, task.owner, task.alert, task.done_at) == (
        date(2026, 3, 17), world.members["clinical_staff"], None, None,
    )  # fmt: skip


def test_a_call_without_a_next_contact_makes_no_task(world):
    log(world)

    assert not Outreach.objects.exists()


def test_the_next_conversation_finishes_the_task(world):
    log(world, next_on=date(2026, 3, 17))
    log(world, at_time=NOON + timedelta(days=7))

    task = Outreach.objects.get()
    assert (task.outcome, task.done_by) == (CONTACTED, world.user("clinical_staff"))


@pytest.mark.parametrize(("channel", "outcome"), [("phone", "voicemail"), ("phone", "no_answer"), ("sms", "sent")])
def test_an_attempt_without_a_conversation_leaves_the_task_open(world, channel, outcome):
    log(world, next_on=date(2026, 3, 17))
    log(world, channel=channel, outcome=outcome, at_time=NOON + timedelta(hours=1))

    assert Outreach.objects.get().done_at is None


def test_an_attempt_with_a_new_date_replaces_the_task(world):
    log(world, next_on=date(2026, 3, 17))
    log(world, outcome="voicemail", next_on=date(2026, 3, 12), at_time=NOON + timedelta(hours=1))

    assert list(Outreach.objects.order_by("pk").values_list("due_on", "outcome")) == [
        (date(2026, 3, 17), REPLACED),
        (date(2026, 3, 12), None),
    ]
    assert open_task(world.enrollment.pk).due_on == date(2026, 3, 12)


def test_an_alert_of_silence_replaces_a_later_next_contact(world):
    world.read([date(2026, 3, 1)])
    log(world, next_on=date(2026, 3, 30))
    find_silence(world.practice.pk, now=NOON)
    alert, nurse = Alert.objects.get(), world.members["clinical_staff"]
    plan_outreach(alert=alert, owner=nurse, due_on=date(2026, 3, 11), by=nurse.user, now=NOON)

    assert open_task(world.enrollment.pk).alert == alert


def test_the_chart_shows_the_next_contact(world):
    log(world, next_on=date(2026, 3, 17))
    page = signed_in(world.user("clinical_staff")).get(reverse("chart", args=[world.patient.public_id]))

    assert "Next contact" in page.content.decode()
