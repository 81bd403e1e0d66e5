"""Random sequences of timer actions: the invariants are checked after every step. And fifty concurrent threads."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from enrollment import services as enrollment
from rpm_portal.core.days import Month, local_day
from tests.builders import a_patient, an_enrollment, at, at_once
from tests.timetracking.recount import month_sums
from timetracking import presence, timers
from timetracking.calls import call_log
from timetracking.intervals.spans import seconds, split_by_day, split_by_month
from timetracking.models import MonthLock, MonthTotal, TimeEntry
from timetracking.timer.press import switch_timer

# An ordinary morning, the nights the clocks change in Chicago, the end of a month and of a year.
BEGINNINGS = [
    at("2026-03-10", "09:00:00"), at("2026-03-08", "01:50:00"), at("2026-11-01", "00:50:00"), at("2026-03-31", "23:50:00"),
    at("2026-12-31", "23:50:00"),
]  # fmt: skip
PEOPLE = ["physician", "clinical_staff", "qhp"]
person = st.sampled_from(PEOPLE)
which = st.integers(0, 1)


def no_overlap(entries) -> bool:
    for staff in {entry.staff_id for entry in entries}:
        spans = sorted(
            (e.started_at, e.stopped_at) for e in entries if e.staff_id == staff and e.stopped_at is not None
        )
        if any(first[1] > second[0] for first, second in pairwise(spans)):
            return False
    return True


def machine(world, rows):
    class Ledger(RuleBasedStateMachine):
        """Two patients, three people, one clock that only goes forward."""

        def __init__(self):
            super().__init__()
            self.point = transaction.atomic()
            self.point.__enter__()
            self.frozen = {}

        def teardown(self):
            transaction.set_rollback(True)
            self.point.__exit__(None, None, None)

        def attempt(self, service, **kwargs):
            """Call a service that may be refused with TimeRefused; a refusal changes nothing."""
            try:
                with transaction.atomic():
                    return service(now=self.now, **kwargs)
            except timers.TimeRefused:
                return None

        @initialize(now=st.sampled_from(BEGINNINGS))
        def begin(self, now):
            self.now = now

        @rule(step=st.integers(1, 900))
        def time_passes(self, step):
            self.now += timedelta(seconds=step)

        @rule()
        def the_laptop_sleeps_two_hours(self):
            self.now += timedelta(hours=2)
            presence.close_forgotten(now=self.now)

        @rule(who=person, row=which, activity=st.sampled_from(["review", "call", "admin"]))
        def start_or_switch(self, who, row, activity):
            self.attempt(switch_timer, enrollment=rows[row], activity=activity, by=world.members[who])

        @rule(who=person, row=which)
        def start(self, who, row):
            self.attempt(timers.start_timer, enrollment=rows[row], activity="review", by=world.members[who])

        @rule(who=person)
        def stop(self, who):
            self.attempt(timers.stop_running, staff=world.user(who))

        @rule(who=person)
        def beat(self, who):
            presence.beat(world.user(who), now=self.now)

        @rule(who=person, answer=st.sampled_from(["keep", "cut", "discard"]))
        def answer(self, who, answer):
            entry = timers.running_timer(world.user(who))
            if entry is not None:
                self.attempt(
                    presence.answer_idle, entry=entry, answer=answer, reason="read a letter", by=world.user(who)
                )

        @rule(who=person, row=which, back=st.integers(-60, 3000), length=st.integers(-5, 1500))
        def enter_by_hand(self, who, row, back, length):
            start = self.now - timedelta(seconds=back)
            self.attempt(
                timers.add_entry, enrollment=rows[row], activity="review", started_at=start, reason="home visit",
                stopped_at=start + timedelta(seconds=length), staff=world.members[who], by=world.members["manager"],
            )  # fmt: skip

        @rule(pick=st.integers(0, 50))
        def void(self, pick):
            entries = list(TimeEntry.objects.order_by("pk"))
            if entries:
                entry = entries[pick % len(entries)]
                self.attempt(timers.void_entry, entry=entry, reason="It was another patient", by=world.user("manager"))

        @rule(who=person, row=which, length=st.integers(0, 400), count=st.booleans())
        def call(self, who, row, length, count):
            self.attempt(
                call_log.log_call, enrollment=rows[row], channel="phone", outcome="patient", decided="ok", count_time=count,
                started_at=self.now - timedelta(seconds=length), ended_at=self.now, by=world.members[who],
            )  # fmt: skip

        @rule()
        def discharge(self):
            rows[1].refresh_from_db()
            if rows[1].state == "active":
                on = local_day(self.now, world.practice.zone)
                with suppress(ValidationError), transaction.atomic():
                    enrollment.discharge(
                        enrollment=rows[1], on=on, reason="done", by=world.user("physician"), now=self.now
                    )
            rows[1].refresh_from_db()

        @precondition(lambda self: not self.frozen)
        @rule()
        def close_the_month(self):
            month = Month.of(local_day(self.now, world.practice.zone))
            if TimeEntry.objects.filter(stopped_at=None, voided_at=None).exists():
                return
            timers.lock_month(practice=world.practice, month=month, by=world.user("manager"), now=self.now)
            self.frozen = self.of_month(month)
            self.closed = month

        def of_month(self, month):
            zone = world.practice.zone
            entries = TimeEntry.objects.filter(started_at__lt=month.ends_at(zone), stopped_at__gt=month.starts_at(zone))
            return {"rows": set(entries.values_list("pk", "started_at", "stopped_at", "voided_at"))}

        @invariant()
        def at_most_one_runs_for_a_person(self):
            running = Counter(TimeEntry.objects.standing().filter(stopped_at=None).values_list("staff", flat=True))
            assert all(count == 1 for count in running.values())

        @invariant()
        def entries_of_a_person_do_not_overlap(self):
            assert no_overlap(list(TimeEntry.objects.standing()))

        @invariant()
        def stored_totals_are_the_seconds_of_the_entries(self):
            for total in MonthTotal.objects.all():
                counted = month_sums(total.enrollment_id, Month.of(total.month), world.practice.zone)
                assert (total.provider_seconds, total.staff_seconds, total.live_contacts) == counted

        @invariant()
        def splits_lose_no_second(self):
            zone = world.practice.zone
            for start, end in TimeEntry.objects.filter(stopped_at__isnull=False).values_list(
                "started_at", "stopped_at"
            ):
                assert sum(seconds(a, b) for _, a, b in split_by_day(start, end, zone)) == seconds(start, end)
                assert sum(count for _, count in split_by_month(start, end, zone)) == seconds(start, end)

        @invariant()
        def nothing_changes_in_a_closed_month(self):
            if MonthLock.objects.exists() and self.frozen:
                assert self.of_month(self.closed) == self.frozen

    return Ledger


@pytest.mark.slow
@pytest.mark.django_db
def test_any_sequence_of_actions_keeps_the_invariants(world):
    other = an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall"))
    run_state_machine_as_test(
        lambda: machine(
            world, [type(other).objects.get(pk=world.enrollment.pk), type(other).objects.get(pk=other.pk)]
        )(),
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_the_recount_detects_a_wrong_total(world):
    world.work("2026-03-10", 60)
    MonthTotal.objects.update(staff_seconds=61)

    assert month_sums(world.enrollment.pk, Month(2026, 3), world.practice.zone) == (0, 60, 0)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_fifty_threads_on_one_persons_timer(live_world):
    """Fifty threads start, switch and stop at once: one timer at most, no overlap, and the sums agree."""
    other = an_enrollment(
        live_world, a_patient(live_world.practice, live_world.user("clinical_staff"), mrn="B2", family="Hall")
    )
    rows, nurse = [live_world.enrollment, other], live_world.members["clinical_staff"]
    barrier, errors = threading.Barrier(50), []

    def press(number):
        barrier.wait()
        try:
            for turn in range(3):
                now = at("2026-03-10", "09:00:00") + timedelta(seconds=number * 7 + turn * 400)
                try:
                    if (number + turn) % 3 == 0:
                        timers.stop_running(staff=nurse.user, now=now)
                    elif (number + turn) % 3 == 1:
                        timers.start_timer(enrollment=rows[number % 2], activity="review", by=nurse, now=now)
                    else:
                        switch_timer(enrollment=rows[number % 2], activity="plan", by=nurse, now=now)
                except timers.TimeRefused:
                    pass
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    at_once(press, times=50)

    assert errors == []
    entries = list(TimeEntry.objects.standing())
    assert sum(entry.stopped_at is None for entry in entries) <= 1
    assert no_overlap(entries)
    for total in MonthTotal.objects.all():
        assert month_sums(total.enrollment_id, Month.of(total.month), live_world.practice.zone) == (
            0,
            total.staff_seconds,
            0,
        )
    assert date(2026, 3, 1) in set(MonthTotal.objects.values_list("month", flat=True))
