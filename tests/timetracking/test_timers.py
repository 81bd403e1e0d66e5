"""Time entries: one timer per person, no overlap, no edits, no change in a locked month."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from enrollment import services as enrollment
from rpm_portal.core.days import Month
from tests.builders import a_patient, an_enrollment, at, at_once
from tests.timetracking.recount import month_sums
from timetracking import presence, timers
from timetracking.calls import call_log
from timetracking.intervals.spans import seconds, split_by_day, split_by_month, union_seconds
from timetracking.models import Call, MonthTotal, TimeEntry

NINE = at("2026-03-10", "09:00:00")


def start(world, *, now=NINE, by="clinical_staff", row=None, activity="review"):
    return timers.start_timer(enrollment=row or world.enrollment, activity=activity, by=world.members[by], now=now)


def second_patient(world):
    return an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall"))


def test_a_double_click_leaves_one_timer_running(world):
    assert start(world).pk == start(world, now=NINE + timedelta(milliseconds=80)).pk
    assert TimeEntry.objects.count() == 1


def test_a_second_patient_is_refused_while_a_timer_runs(world):
    start(world)

    with pytest.raises(timers.TimeRefused, match="running already"):
        start(world, row=second_patient(world), now=NINE + timedelta(minutes=1))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_ten_browsers_at_once_leave_one_timer(live_world):
    rows = [live_world.enrollment, second_patient(live_world)]
    barrier, refused = threading.Barrier(10), []

    def press(number):
        barrier.wait()
        try:
            start(live_world, row=rows[number % 2])
        except timers.TimeRefused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    at_once(press, times=10)

    assert TimeEntry.objects.filter(stopped_at=None).count() == 1
    assert len(refused) == 5


def test_stopping_twice_changes_nothing(world):
    entry = start(world)
    first = timers.stop_timer(entry=entry, by=world.user("clinical_staff"), now=NINE + timedelta(seconds=59))
    again = timers.stop_timer(entry=entry, by=world.user("clinical_staff"), now=NINE + timedelta(hours=1))

    assert first.stopped_at == again.stopped_at == NINE + timedelta(seconds=59)


def test_a_timer_stopped_in_its_first_second_counts_nothing(world):
    entry = timers.stop_timer(
        entry=start(world), by=world.user("clinical_staff"), now=NINE + timedelta(milliseconds=900)
    )

    assert entry.voided_at is not None
    assert not MonthTotal.objects.exists()


@pytest.mark.parametrize(("milliseconds", "running"), [(0, False), (-1, True), (-3_600_000, True)])
def test_a_timer_is_not_stopped_by_a_clock_that_went_back(world, milliseconds, running):
    """It was voided as stopped within its first second, and the worked time was lost."""
    entry, now = start(world), NINE + timedelta(milliseconds=milliseconds)
    if running:
        with pytest.raises(timers.TimeRefused, match="clock is behind"):
            timers.stop_timer(entry=entry, by=world.user("clinical_staff"), now=now)
    else:
        timers.stop_timer(entry=entry, by=world.user("clinical_staff"), now=now)
    entry.refresh_from_db()
    assert (entry.voided_at is None) is running

    presence.answer_idle(entry=entry, answer="discard", reason="", by=world.user("clinical_staff"), now=now)
    assert TimeEntry.objects.get().voided_at is not None


def test_a_timer_left_on_ends_after_four_hours(world):
    entry = timers.stop_timer(entry=start(world), by=world.user("clinical_staff"), now=NINE + timedelta(hours=14))

    assert seconds(entry.started_at, entry.stopped_at) == 4 * 3600


def test_stop_and_start_in_the_same_second_touch_and_do_not_overlap(world):
    timers.stop_timer(entry=start(world), by=world.user("clinical_staff"), now=NINE + timedelta(minutes=3))

    assert start(world, now=NINE + timedelta(minutes=3)).stopped_at is None


def test_fifty_nine_seconds_and_one_make_a_minute(world):
    world.work("2026-03-10", 59)
    world.work("2026-03-11", 1)

    assert MonthTotal.objects.get(month="2026-03-01").staff_seconds == 60


def test_only_an_active_enrollment_has_billable_time(world):
    enrollment.discharge(
        enrollment=world.enrollment, on=at("2026-03-01").date(), reason="done", by=world.user("physician"), now=NINE
    )
    world.enrollment.refresh_from_db()

    with pytest.raises(timers.TimeRefused, match="discharged"):
        start(world)


def test_no_time_before_the_service_began(world):
    with pytest.raises(timers.TimeRefused, match="not begun"):
        start(world, now=at("2026-01-04"))


def add(world, begins, ends, *, by="clinical_staff", staff=None, now=None, reason="home visit"):
    return timers.add_entry(
        enrollment=world.enrollment, activity="review", started_at=begins, stopped_at=ends, reason=reason,
        staff=world.members[staff or by], by=world.members[by], now=now or ends,
    )  # fmt: skip


def test_an_overlap_is_refused_to_the_second_and_across_patients(world):
    world.work("2026-03-10", 600, clock="09:00:00")
    row = second_patient(world)

    with pytest.raises(timers.TimeRefused, match="overlaps another entry"):
        timers.add_entry(
            enrollment=row, activity="review", started_at=NINE + timedelta(seconds=599), stopped_at=NINE + timedelta(minutes=20),
            reason="forgot", staff=world.members["clinical_staff"], by=world.members["clinical_staff"], now=NINE + timedelta(hours=1),
        )  # fmt: skip
    assert add(world, NINE + timedelta(seconds=600), NINE + timedelta(minutes=20)).pk


def test_the_proof_shows_how_and_when_time_was_entered(world):
    same = add(world, NINE, NINE + timedelta(minutes=5))
    late = add(world, NINE + timedelta(hours=1), NINE + timedelta(hours=1, minutes=5), now=NINE + timedelta(days=3))
    behalf = add(world, NINE, NINE + timedelta(minutes=5), by="physician", staff="qhp")

    assert [same.proof, late.proof, behalf.proof] == ["same_day", "late", "on_behalf"]
    assert behalf.entered_by != behalf.staff


@pytest.mark.parametrize(
    ("begins", "ends", "now", "reason", "message"),
    [
        (0, 300, 200, "home visit", "before it is worked"),
        (0, 4 * 3600 + 1, 5 * 3600, "home visit", "four hours"),
        (0, 300, 400, "  ", "Say why"),
        (300, 0, 400, "home visit", "after the start"),
    ],
)
def test_impossible_entries_are_refused_with_a_sentence(world, begins, ends, now, reason, message):
    with pytest.raises(timers.TimeRefused, match=message):
        add(
            world, NINE + timedelta(seconds=begins), NINE + timedelta(seconds=ends), now=NINE + timedelta(seconds=now), reason=reason
        )  # fmt: skip


def test_voided_time_stays_readable_and_no_longer_counts(world):
    entry = world.work("2026-03-10", 600)
    nurse = world.user("clinical_staff")
    with pytest.raises(timers.TimeRefused, match="10 characters"):
        timers.void_entry(entry=entry, reason="oops", by=nurse, now=NINE)

    timers.void_entry(entry=entry, reason="was with another patient", by=nurse, now=NINE)

    assert MonthTotal.objects.get().staff_seconds == 0
    assert TimeEntry.objects.get().void_reason == "was with another patient"
    assert world.work("2026-03-10", 600).pk != entry.pk


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE timetracking_timeentry SET stopped_at = stopped_at + interval '1 minute'",
        "UPDATE timetracking_timeentry SET started_at = started_at - interval '1 minute'",
        "UPDATE timetracking_timeentry SET staff_id = staff_id + 1",
        "UPDATE timetracking_timeentry SET activity = 'call'",
        "DELETE FROM timetracking_timeentry",
        "UPDATE timetracking_call SET outcome = 'patient'",
        "DELETE FROM timetracking_call",
    ],
)
def test_the_database_refuses_edits_and_deletes(world, statement):
    world.work("2026-03-10", 600)
    world.call("2026-03-10", outcome="voicemail")

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_locked_month_refuses_time_on_every_path(world):
    before = world.work("2026-03-10", 600)
    manager, nurse = world.user("manager"), world.user("clinical_staff")
    timers.lock_month(practice=world.practice, month=Month(2026, 3), by=manager, now=at("2026-04-02"))

    with pytest.raises(timers.TimeRefused, match="locked"):
        world.work("2026-03-11", 60)
    with pytest.raises(timers.TimeRefused, match="locked"):
        world.call("2026-03-11")
    with pytest.raises(timers.TimeRefused, match="locked"):
        timers.void_entry(entry=before, reason="was with another patient", by=nurse, now=at("2026-04-02"))
    with pytest.raises(DatabaseError), transaction.atomic():
        TimeEntry.objects.bulk_create(
            [
                TimeEntry(
                    practice=world.practice, enrollment=world.enrollment, staff=nurse, role="clinical_staff", program="RPM",
                    activity="review", proof="late", started_at=at("2026-03-31", "23:59:00"), stopped_at=at("2026-04-01", "00:01:00"),
                    entered_by=nurse, entered_at=NINE,
                )
            ]
        )  # fmt: skip
    assert world.work("2026-04-01", 60, clock="00:00:00").pk
    assert world.other.work("2026-03-11", 60).pk


@pytest.mark.parametrize(
    ("clock", "length", "fits"),
    [("23:50:00", 600, False), ("00:00:00", 60, True)],
    ids=["ends at its midnight", "begins at its midnight"],
)
def test_the_edge_of_a_locked_month_is_the_practices_midnight(world, clock, length, fits):
    timers.lock_month(practice=world.practice, month=Month(2026, 3), by=world.user("manager"), now=at("2026-04-02"))
    day = "2026-04-01" if fits else "2026-03-31"
    begins = at(day, clock)

    if fits:
        assert add(world, begins, begins + timedelta(seconds=length)).pk
    else:
        with pytest.raises(timers.TimeRefused, match="locked"):
            add(world, begins, begins + timedelta(seconds=length))


def test_time_over_midnight_of_the_month_goes_to_both_months(world):
    world.work("2026-03-31", 15 * 60, clock="23:52:00")

    assert {str(t.month): t.staff_seconds for t in MonthTotal.objects.all()} == {"2026-03-01": 480, "2026-04-01": 420}


@pytest.mark.parametrize(
    ("channel", "outcome", "length", "live"),
    [
        ("phone", "patient", 60, True), ("video", "caregiver", 1, True), ("phone", "patient", 0, False),
        ("phone", "voicemail", 60, False), ("sms", "sent", 60, False), ("autocall", "refused", 60, False), ("portal", "sent", 0, False),
        ("phone", "no_answer", 0, False),
    ],
)  # fmt: skip
def test_live_is_derived_from_channel_outcome_and_talk(world, channel, outcome, length, live):
    call = call_log.log_call(
        enrollment=world.enrollment, channel=channel, outcome=outcome, started_at=NINE,
        ended_at=NINE + timedelta(seconds=length), by=world.members["clinical_staff"], now=NINE + timedelta(minutes=5),
    )  # fmt: skip

    assert Call.objects.get(pk=call.pk).is_live is live


def test_stored_totals_equal_a_recount(world):
    world.work("2026-03-10", 600, by="physician", clock="10:00:00")
    world.work("2026-03-10", 600, by="clinical_staff", clock="10:05:00")
    world.call("2026-03-10")
    total = MonthTotal.objects.get(month="2026-03-01")

    provider, staff, live = month_sums(world.enrollment.pk, Month(2026, 3), world.practice.zone)

    assert (
        (total.provider_seconds, total.staff_seconds, total.live_contacts) == (provider, staff, live) == (600, 300, 1)
    )


def test_the_bar_asks_once_before_it_changes_patients(world):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    row = second_patient(world)
    client.post(f"/timer/start/{world.enrollment.public_id}/", {"activity": "review"})

    asked = client.post(f"/timer/start/{row.public_id}/", {"activity": "review"}, headers={"HX-Request": "true"})
    assert b"Stop ORTEGAP, Miguel" in asked.content
    assert TimeEntry.objects.count() == 1
    # The first timer would end in the second it began; a person takes longer.
    TimeEntry.objects.filter(stopped_at=None).get()
    client.post(
        f"/timer/start/{row.public_id}/", {"activity": "review", "stop_other": "1"}, headers={"HX-Request": "true"}
    )

    running = TimeEntry.objects.get(stopped_at=None, voided_at=None)
    assert running.enrollment_id == row.pk


def test_a_call_and_its_time_are_saved_together_or_not_at_all(world):
    call = {
        "enrollment": world.enrollment, "channel": "phone", "outcome": "patient", "decided": "ok", "count_time": True,
        "by": world.members["clinical_staff"],
    }  # fmt: skip
    call_log.log_call(started_at=NINE, ended_at=NINE + timedelta(minutes=4), now=NINE + timedelta(minutes=5), **call)
    assert TimeEntry.objects.get().proof == "call"

    with pytest.raises(timers.TimeRefused):
        call_log.log_call(
            started_at=NINE + timedelta(minutes=3),
            ended_at=NINE + timedelta(minutes=9),
            now=NINE + timedelta(minutes=10),
            **call,
        )
    assert Call.objects.count() == 1


def test_a_call_inside_a_running_timer_is_not_counted_twice(world):
    start(world)
    call_log.log_call(
        enrollment=world.enrollment, channel="phone", outcome="patient", decided="ok", count_time=True,
        started_at=NINE + timedelta(minutes=1), ended_at=NINE + timedelta(minutes=4), by=world.members["clinical_staff"],
        now=NINE + timedelta(minutes=5),
    )  # fmt: skip

    assert TimeEntry.objects.count() == 1


ZONES = st.sampled_from(
    ["America/Chicago", "America/Los_Angeles", "Pacific/Guam", "Pacific/Honolulu", "Asia/Kathmandu", "UTC"]
)


@given(
    st.datetimes(min_value=at("2026-01-01").replace(tzinfo=None), max_value=at("2027-12-31").replace(tzinfo=None)),
    st.integers(1, 40 * 86400),
    ZONES,
)
def test_splitting_loses_and_adds_no_second(begins, length, zone):
    begins = begins.replace(tzinfo=NINE.tzinfo, microsecond=0)
    ends = begins + timedelta(seconds=length)

    assert sum(n for _, n in split_by_month(begins, ends, zone)) == length
    assert sum(seconds(a, b) for _, a, b in split_by_day(begins, ends, zone)) == length


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 200)), max_size=12))
def test_the_union_counts_each_second_once(spans):
    moments = [(NINE + timedelta(seconds=a), NINE + timedelta(seconds=a + n)) for a, n in spans]

    assert union_seconds(moments) == len({second for a, n in spans for second in range(a, a + n)})
