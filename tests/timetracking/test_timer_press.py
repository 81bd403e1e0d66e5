"""A press of "start" starts the timer, asks first, or is refused; only the first changes something."""

from datetime import timedelta

from enrollment import services as enrollment
from tests.builders import a_patient, an_enrollment, at
from timetracking import timers
from timetracking.intervals.person_lock import lock_person
from timetracking.models import TimeEntry
from timetracking.timer.press import AskFirst, Started, StartRefused, press_start

NINE = at("2026-03-10", "09:00:00")


def press(world, *, row=None, activity="review", stop_other=False, minutes=0, month_seconds=0):
    by = world.members["clinical_staff"]
    lock_person(by.user)
    return press_start(
        enrollment=row or world.enrollment,
        month_seconds=month_seconds,
        activity=activity,
        stop_other=stop_other,
        by=by,
        now=NINE + timedelta(minutes=minutes),
    )


def second_patient(world):
    return an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall"))


def test_the_first_press_starts_with_the_seconds_on_file(world):
    started = press(world, month_seconds=600)

    assert isinstance(started, Started)
    assert (started.entry.enrollment, started.month_seconds) == (world.enrollment, 600)


def test_another_activity_of_the_same_patient_switches_and_counts_what_was_stopped(world):
    press(world)
    switched = press(world, activity="plan", minutes=2)

    assert isinstance(switched, Started)
    assert (switched.entry.activity, switched.month_seconds) == ("plan", 120)


def test_the_same_press_twice_changes_nothing(world):
    first, second = press(world), press(world, minutes=1, month_seconds=30)

    assert isinstance(first, Started)
    assert isinstance(second, Started)
    assert (first.entry.pk, second.month_seconds) == (second.entry.pk, 30)


def test_another_patient_is_asked_about_first_and_nothing_changes(world):
    first = press(world)
    answer = press(world, row=second_patient(world), minutes=1)

    assert isinstance(answer, AskFirst)
    assert isinstance(first, Started)
    assert answer.running.pk == first.entry.pk
    assert TimeEntry.objects.get().stopped_at is None


def test_after_the_question_the_other_timer_is_stopped(world):
    press(world)
    other = second_patient(world)
    started = press(world, row=other, stop_other=True, minutes=1)

    assert isinstance(started, Started)
    assert (started.entry.enrollment, started.month_seconds) == (other, 0)
    assert timers.running_timer(world.user("clinical_staff")).pk == started.entry.pk


def test_a_refused_switch_leaves_the_other_timer_running(world):
    first = press(world)
    other = second_patient(world)
    enrollment.discharge(enrollment=other, on=NINE.date(), reason="done", by=world.user("physician"), now=NINE)
    other.refresh_from_db()
    refused = press(world, row=other, stop_other=True, minutes=1)

    assert isinstance(refused, StartRefused)
    assert "discharged" in refused.message
    assert refused.not_billable
    assert isinstance(first, Started)
    assert TimeEntry.objects.get(stopped_at=None).pk == first.entry.pk


def test_time_that_is_not_billable_starts_on_a_discharged_enrollment(world):
    row = world.enrollment
    enrollment.discharge(enrollment=row, on=NINE.date(), reason="done", by=world.user("physician"), now=NINE)
    row.refresh_from_db()

    assert isinstance(press(world, activity="review"), StartRefused)
    assert isinstance(press(world, activity="admin"), Started)
