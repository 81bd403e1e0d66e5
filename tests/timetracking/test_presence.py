"""Presence, manual entries, and signed days: timers stopped at the last heartbeat, late limits, one signature."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from billing.review.queries import next_code
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month
from tests.builders import PASSWORD, a_patient, an_enrollment, at, days
from timetracking import presence, timers
from timetracking.models import DaySignature, MonthTotal, TimeEntry
from timetracking.staff_days import workdays

NINE = at("2026-03-10", "09:00:00")
TODAY = NINE.date()


def start(world, now=NINE, **kwargs):
    by = world.members[kwargs.pop("by", "clinical_staff")]
    return timers.start_timer(enrollment=world.enrollment, activity="review", by=by, now=now, **kwargs)


def signed_in(world, role="clinical_staff"):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def answer(world, entry, choice, *, now, reason=""):
    nurse = world.user("clinical_staff")
    return presence.answer_idle(entry=entry, answer=choice, reason=reason, by=nurse, now=now)


def test_a_heartbeat_is_one_statement_and_returns_whether_a_timer_runs(world, django_assert_num_queries):
    nurse = world.user("clinical_staff")
    assert presence.beat(nurse, now=NINE) is False
    entry = start(world)
    with django_assert_num_queries(1):
        assert presence.beat(nurse, now=NINE + timedelta(seconds=15)) is True
    entry.refresh_from_db()
    assert entry.seen_at == NINE + timedelta(seconds=15)


def test_cut_ends_at_the_last_heartbeat(world):
    entry = start(world)
    presence.beat(world.user("clinical_staff"), now=NINE + timedelta(minutes=5))
    entry = answer(world, entry, "cut", now=NINE + timedelta(minutes=8))

    assert entry.stopped_at == NINE + timedelta(minutes=5)
    assert MonthTotal.objects.get(enrollment=world.enrollment).staff_seconds == 300


def test_keep_needs_a_reason_and_discard_voids_the_timer(world):
    entry = start(world)
    late = NINE + timedelta(minutes=4)
    with pytest.raises(timers.TimeRefused, match="what you did"):
        answer(world, entry, "keep", now=late)
    answer(world, entry, "keep", now=late, reason="read the hospital's letter")
    assert TimeEntry.objects.get().stopped_at is None
    assert Event.objects.get(action="timer_keep").detail == {"reason": "read the hospital's letter"}
    with pytest.raises(timers.TimeRefused, match="Keep, cut or discard"):
        answer(world, entry, "sleep", now=late)
    answer(world, entry, "discard", now=late)
    assert TimeEntry.objects.get().voided_at == late


@pytest.mark.parametrize(
    ("silent", "closed"), [(timedelta(seconds=200), 0), (timedelta(seconds=201), 1), (timedelta(hours=2), 1)]
)
def test_a_silent_timer_is_stopped_fifteen_seconds_after_its_last_heartbeat(world, silent, closed):
    start(world)
    last_beat = NINE + timedelta(minutes=7)
    presence.beat(world.user("clinical_staff"), now=last_beat)

    assert presence.close_forgotten(now=last_beat + silent) == closed
    assert presence.close_forgotten(now=last_beat + silent) == 0
    entry = TimeEntry.objects.get()
    assert entry.stopped_at == (last_beat + timedelta(seconds=15) if closed else None)
    assert (entry.auto_closed_at is not None) is bool(closed)


def test_a_timer_without_heartbeats_is_not_stopped_as_silent(world):
    start(world)

    assert presence.close_forgotten(now=NINE + timedelta(hours=3)) == 0


def test_a_forgotten_timer_in_a_locked_month_is_left_to_the_manager(world):
    start(world)
    presence.beat(world.user("clinical_staff"), now=NINE + timedelta(minutes=1))
    timers.lock_month(practice=world.practice, month=Month(2026, 3), by=world.user("manager"), now=at("2026-04-02"))

    assert presence.close_forgotten(now=at("2026-04-02")) == 0


def test_marks_are_set_once_and_by_their_owner(world):
    entry = start(world)
    presence.beat(world.user("clinical_staff"), now=NINE + timedelta(minutes=1))
    presence.close_forgotten(now=NINE + timedelta(hours=1))
    with pytest.raises(timers.TimeRefused, match="Only the person"):
        presence.confirm(entry=entry, by=world.user("physician"), now=NINE)
    presence.confirm(entry=entry, by=world.user("clinical_staff"), now=NINE + timedelta(hours=2))
    with pytest.raises(DatabaseError, match="set once"), transaction.atomic():
        TimeEntry.objects.update(confirmed_at=NINE)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        TimeEntry.objects.update(activity="plan")


@pytest.mark.parametrize(
    ("back", "role", "taken"), [(7, "clinical_staff", True), (8, "clinical_staff", False), (8, "manager", True)]
)
def test_time_is_entered_within_seven_days_or_by_the_manager(world, back, role, taken):
    began = NINE - timedelta(days=back)
    entry = {
        "enrollment": world.enrollment, "activity": "review", "started_at": began,
        "stopped_at": began + timedelta(minutes=10), "reason": "home visit", "staff": world.members["clinical_staff"],
        "by": world.members[role], "now": NINE,
    }  # fmt: skip
    if taken:
        assert timers.add_entry(**entry).proof == ("late" if role == "clinical_staff" else "on_behalf")
    else:
        with pytest.raises(timers.TimeRefused, match="within 7 days"):
            timers.add_entry(**entry)


def sign(world, on=TODAY, *, role="clinical_staff", now=None):
    now = now or at("2026-03-10", "17:00:00")
    return workdays.sign_day(practice=world.practice, by=world.members[role], on=on, now=now)


def test_a_day_with_work_is_signed_once(world):
    world.work(TODAY, 600)
    world.call(TODAY)
    signature = sign(world)

    assert signature.signed_as == world.members["clinical_staff"].signature
    assert Event.objects.get(action="sign_day").detail == {"day": "2026-03-10", "intervals": 1, "calls": 1}
    with pytest.raises(timers.TimeRefused, match="signed already"):
        sign(world)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        DaySignature.objects.update(statement="x")


@pytest.mark.parametrize("case", ["to come", "empty", "running", "unsettled"])
def test_a_day_that_cannot_be_signed_is_refused_with_the_reason(world, case):
    reasons = {
        "to come": "once it has come",
        "empty": "nothing to sign",
        "running": "still runs",
        "unsettled": "stopped automatically",
    }
    if case == "running":
        start(world)
    if case == "unsettled":
        start(world)
        presence.beat(world.user("clinical_staff"), now=NINE + timedelta(minutes=1))
        presence.close_forgotten(now=NINE + timedelta(hours=1))
    with pytest.raises(timers.TimeRefused, match=reasons[case]):
        sign(world, TODAY + timedelta(days=1) if case == "to come" else TODAY)


def test_the_day_shows_gaps_totals_and_entries_after_the_signature(world):
    world.work(TODAY, 600, clock="09:00:00")
    world.work(TODAY, 300, clock="09:15:00")
    world.work(TODAY, 300, clock="10:00:00")
    sign(world)
    timers.add_entry(
        enrollment=world.enrollment, activity="admin", started_at=at(TODAY, "11:00:00"),
        stopped_at=at(TODAY, "11:05:00"), reason="forgot", staff=world.members["clinical_staff"],
        by=world.members["clinical_staff"], now=at("2026-03-11"),
    )  # fmt: skip
    day = workdays.day_of(world.practice, world.user("clinical_staff"), TODAY, now=at("2026-03-11"))

    assert [(piece.entry is not None, piece.length) for piece in day.pieces] == [
        (True, "10:00"), (True, "5:00"), (False, "40:00"), (True, "5:00"), (False, "55:00"), (True, "5:00"),
    ]  # fmt: skip
    assert (day.billable, day.other, day.late_after_signature) == ("20:00", "5:00", 1)


def test_an_entry_over_midnight_is_shown_on_both_days(world):
    entry = start(world, at("2026-03-10", "23:52:00"))
    timers.stop_timer(entry=entry, by=world.user("clinical_staff"), now=at("2026-03-11", "00:07:00"))
    lengths = [
        workdays.day_of(world.practice, world.user("clinical_staff"), on, now=at("2026-03-12")).billable
        for on in (TODAY, TODAY + timedelta(days=1))
    ]
    assert lengths == ["8:00", "7:00"]


def test_unsigned_days_are_listed_by_person_and_not_another_practices(world):
    world.work(TODAY, 60)
    world.work("2026-03-09", 60, by="physician")
    world.other.work(TODAY, 60)
    sign(world)
    rows = workdays.unsigned_days(world.practice, first_day=TODAY - timedelta(days=5), last_day=TODAY)

    assert [(str(row["staff"]), str(row["day"])) for row in rows] == [(str(world.user("physician")), "2026-03-09")]


def test_the_pages_add_void_and_sign(world):
    client = signed_in(world)
    enter = reverse("timetracking:enter", args=[world.enrollment.public_id])
    values = {"on": "2026-03-10", "start": "08:00", "end": "08:10:30", "activity": "review", "reason": "home visit"}
    with time_machine.travel(at("2026-03-10", "12:00:00")):
        world.work(TODAY, 600, clock="09:00:00")
        shown = client.post(enter, {**values, "look": "1"})
        assert shown.status_code == 200
        assert not TimeEntry.objects.filter(proof="same_day").exists()
        assert client.post(enter, {**values, "keep": "1"}).status_code == 302
        for change, words in (
            ({"start": "09:05", "end": "09:06"}, "overlaps another entry"),
            ({"end": "07:00"}, "must come after the start"),
            ({"on": "2026-03-11"}, "before it is worked"),
            ({"start": "12:30", "end": "12:31"}, "before it is worked"),
            ({"reason": ""}, "required"),
            ({"reason": "other"}, "Say in a few words"),
            ({"on": "2026-03-01"}, "within 7 days"),
        ):
            refused = client.post(enter, {**values, "keep": "1", **change})
            assert refused.status_code == 422, change
            assert words in refused.content.decode(), change
        entry = TimeEntry.objects.get(proof="same_day")
        void = reverse("timetracking:void", args=[entry.public_id])
        assert client.post(void, {"reason": "short"}).status_code == 422
        assert b"practice manager" in signed_in(world, "physician").post(void, {"reason": "x" * 20}).content
        assert client.post(void, {"reason": "entered on the wrong patient"}).status_code == 302
        signing = reverse("timetracking:sign_day")
        assert b"not your password" in client.post(signing, {"day": "2026-03-10", "password": "no"}).content
        assert client.post(signing, {"day": "2026-03-10", "password": PASSWORD}).status_code == 302
        assert b"Signed by" in client.get(reverse("timetracking:my_day")).content
    assert (entry.stopped_at - entry.started_at).total_seconds() == 630


def test_a_pause_remembers_the_enrollment(world):
    client = signed_in(world)
    with time_machine.travel(NINE + timedelta(minutes=2)):
        start(world)
        page = client.post(reverse("timetracking:pause"), headers={"hx-request": "true"}).content.decode()
    assert "Paused: ORTEGAP" in page
    assert "Resume" in page
    assert TimeEntry.objects.get().stopped_at == NINE + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("seconds", "role", "shown"),
    [
        (0, "clinical_staff", ("99470", 600)),
        (540, "clinical_staff", ("99470", 60)),
        (599, "clinical_staff", ("99470", 1)),
        (600, "clinical_staff", ("99457", 600)),
        (1199, "clinical_staff", ("99457", 1)),
        (1200, "clinical_staff", ("99458", 1200)),
        (540, "manager", ("99470", 600)),
    ],
)
def test_the_bar_shows_the_time_missing_for_the_next_code(world, seconds, role, shown):
    world.read(days("2026-03-01", "2026-03-05"))
    start(world, by=role)
    code = next_code(world.practice, world.enrollment, world.user(role), now=NINE + timedelta(seconds=seconds))

    assert (code["code"], code["missing"]) == shown
    assert code["call"] is True


def test_a_strict_payers_bar_counts_the_billing_provider_alone(world):
    from billing.models import PayerPolicy

    PayerPolicy.objects.filter(payer=world.payer).delete()
    start(world)
    code = next_code(world.practice, world.enrollment, world.user("clinical_staff"), now=NINE + timedelta(seconds=500))
    assert code["missing"] == 600


def test_a_second_patient_and_a_switch_touch_at_the_same_second(world):
    other = an_enrollment(
        world, a_patient(world.practice, world.user("physician"), mrn="B2", family="Hall"), serial="h"
    )
    client = signed_in(world)
    with time_machine.travel(NINE, tick=False) as clock:
        client.post(reverse("timetracking:start_timer", args=[world.enrollment.public_id]), {"activity": "review"})
        clock.shift(90)
        client.post(reverse("timetracking:start_timer", args=[world.enrollment.public_id]), {"activity": "plan"})
        clock.shift(30)
        client.post(
            reverse("timetracking:start_timer", args=[other.public_id]), {"activity": "review", "stop_other": "1"}
        )
    rows = list(TimeEntry.objects.order_by("started_at"))

    assert [row.activity for row in rows] == ["review", "plan", "review"]
    assert rows[0].stopped_at == rows[1].started_at
    assert rows[1].stopped_at == rows[2].started_at
