"""Texts of patients: whose they are, and that a text of nobody or of several people is on no chart."""

import pytest

from enrollment.events import TextReceived
from tests.builders import a_patient
from tests.carrier.accounts import a_point
from tests.clock import TEST_DAY
from timetracking.models import MessageThread, PatientMessage
from timetracking.threads.conversations import close_thread, start_thread
from timetracking.threads.inbound_texts import store_text

NOW = TEST_DAY


def text_from(world, *points, text="My cuff shows E3.", hook=1):
    return store_text(
        TextReceived(
            practice_id=world.practice.pk,
            account_id=1,
            hook_id=hook,
            number="+13125550142",
            text=text,
            point_ids=tuple(point.pk for point in points),
            may_stop=False,
            received_at=NOW,
        )
    )


def test_a_text_of_one_patients_number_is_a_message_that_is_marked_as_not_secure(world):
    message = text_from(world, a_point(world))

    assert (message.text, message.via, message.author) == ("My cuff shows E3.", "sms", "patient")
    assert message.thread.enrollment == world.enrollment
    assert message.get_via_display() == "text message, not secure"


def test_a_text_joins_the_newest_open_thread_and_not_a_closed_one(world):
    by, point = world.members["clinical_staff"], a_point(world)
    first = start_thread(enrollment=world.enrollment, subject="device", text="Hello", by=by, now=NOW).thread
    assert text_from(world, point).thread == first
    close_thread(thread=first, reason="all is answered", by=by, now=NOW)
    assert text_from(world, point, hook=2).thread != first


def test_a_text_that_arrives_twice_is_one_message(world):
    point = a_point(world)
    assert text_from(world, point) == text_from(world, point)
    assert PatientMessage.objects.count() == 1


def test_a_text_of_nobody_or_of_a_household_is_on_no_chart(world):
    other = a_patient(world.practice, world.user("qhp"), mrn="B2", family="Silva")
    mine, theirs = a_point(world), a_point(world, patient=other)

    assert text_from(world) is None
    assert text_from(world, mine, theirs) is None
    assert not MessageThread.objects.exists()


@pytest.mark.parametrize("text", ["", "\u200b", "x" * 4001])
def test_an_impossible_text_is_on_no_chart_and_raises_nothing(world, text):
    assert text_from(world, a_point(world), text=text) is None
    assert not PatientMessage.objects.exists()


def test_the_point_of_another_practice_finds_nobody(world):
    assert text_from(world.other, a_point(world)) is None
