"""Response times: when an answer is due, over weekends and clock changes, the words for patients, and new versions."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from rpm_portal.core.refusals import Refused
from tests.builders import ZONE, at
from timetracking.models import ResponsePromise
from timetracking.threads.promise import answer_due, is_open, promise_of, promise_words, set_promise

DEFAULT = ResponsePromise(weekdays="12345", opens=8, closes=17, minutes=120)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (("2026-03-20", "09:00:00"), ("2026-03-20", "11:00:00")),
        (("2026-03-20", "15:00:00"), ("2026-03-20", "17:00:00")),  # exactly the end of the hours
        (("2026-03-20", "15:00:01"), ("2026-03-23", "08:00:01")),  # Friday afternoon: one second on Monday
        (("2026-03-20", "07:59:59"), ("2026-03-20", "10:00:00")),
        (("2026-03-20", "17:00:00"), ("2026-03-23", "10:00:00")),
        (("2026-03-21", "12:00:00"), ("2026-03-23", "10:00:00")),  # Saturday
        (("2026-03-06", "16:30:00"), ("2026-03-09", "09:30:00")),  # over the change to summer time
        (("2026-10-30", "16:30:00"), ("2026-11-02", "09:30:00")),  # and back
    ],
)
def test_only_the_promised_hours_count_until_an_answer_is_due(received, due):
    assert answer_due(DEFAULT, ZONE, received_at=at(*received)) == at(*due)


def test_hours_until_midnight_end_with_the_day():
    always = ResponsePromise(weekdays="1234567", opens=0, closes=24, minutes=60)

    assert answer_due(always, ZONE, received_at=at("2026-03-20", "23:30:00")) == at("2026-03-21", "00:30:00")
    assert is_open(always, ZONE, now=at("2026-03-20", "23:59:59"))


def test_a_day_of_23_hours_has_no_hour_twice():
    """On 8 March 2026 clocks in Chicago skip from 2 to 3: from 0 to 4 are three hours."""
    night = ResponsePromise(weekdays="7", opens=0, closes=4, minutes=180)

    due = answer_due(night, ZONE, received_at=at("2026-03-08", "00:00:00"))

    assert due == at("2026-03-08", "04:00:00")
    assert due - at("2026-03-08", "00:00:00") == timedelta(hours=3)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (("2026-03-20", "07:59:59"), False),
        (("2026-03-20", "08:00:00"), True),
        (("2026-03-20", "16:59:59"), True),
        (("2026-03-20", "17:00:00"), False),
        (("2026-03-21", "10:00:00"), False),
    ],
)
def test_messages_are_read_only_within_the_hours(moment, expected):
    assert is_open(DEFAULT, ZONE, now=at(*moment)) is expected


def test_the_words_name_days_hours_and_the_longest_wait_in_both_languages():
    row = ResponsePromise(weekdays="135", opens=8, closes=12, minutes=90)

    assert promise_words(DEFAULT) == (
        "We read messages Monday to Friday, 8 AM - 5 PM. We answer within 2 hours of that time."
    )
    assert promise_words(row) == (
        "We read messages Monday, Wednesday, Friday, 8 AM - 12 PM. We answer within 90 minutes of that time."
    )
    assert promise_words(DEFAULT, "es") == (
        "Leemos los mensajes: lunes a viernes, 8 AM - 5 PM. Respondemos en 2 horas de ese horario o menos."
    )


def set_times(world, *, now=None, **changes):
    values = {"weekdays": "12345", "opens": 8, "closes": 17, "minutes": 120, "telephone": "312-555-0142"} | changes
    return set_promise(by=world.members["manager"], now=now or at("2026-03-02"), **values)


def test_the_promise_in_force_is_the_last_one_that_has_begun(world):
    set_times(world, minutes=60)
    set_times(world, minutes=30, now=at("2026-03-10"))

    assert promise_of(world.practice, now=at("2026-03-01")).minutes == 480
    assert promise_of(world.practice, now=at("2026-03-09")).minutes == 60
    assert promise_of(world.practice, now=at("2026-03-10")).minutes == 30
    assert promise_of(world.other.practice, now=at("2026-03-10")).minutes == 480


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weekdays": ""}, "at least one day"),
        ({"opens": 17, "closes": 17}, "begin before they end"),
        ({"weekdays": "1", "opens": 8, "closes": 9, "minutes": 61}, "fewer minutes"),
        ({"telephone": " "}, "telephone number"),
    ],
)
def test_impossible_response_times_are_refused(world, changes, message):
    with pytest.raises(Refused, match=message):
        set_times(world, **changes)
    assert not ResponsePromise.objects.exists()


def test_a_version_of_the_response_times_is_never_rewritten(world):
    row = set_times(world)

    with pytest.raises(DatabaseError), transaction.atomic():
        ResponsePromise.objects.filter(pk=row.pk).update(minutes=5)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_the_due_moment_is_the_same_in_any_zone_of_the_server():
    received = datetime(2026, 3, 20, 20, 0, tzinfo=UTC)

    assert answer_due(DEFAULT, ZONE, received_at=received) == at("2026-03-20", "17:00:00")
