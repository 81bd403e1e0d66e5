"""Time entries, calls, signatures of days and month locks follow the database's clock, not the web server's."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse

from billing.seal import services as seal_services
from rpm_portal.accounts.models import User
from rpm_portal.core import clock
from rpm_portal.core.clock import DatabaseNow, database_now
from rpm_portal.core.days import Month
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.builders import PASSWORD, days
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for
from timetracking import timers
from timetracking.intervals.person_lock import PersonLock, lock_person
from timetracking.models import Call, DaySignature, MonthLock, TimeEntry
from timetracking.tasks import close_forgotten_timers

AHEAD = timedelta(minutes=7)
DATABASE_CLOCK_SQL = clock.clock_sql  # before a fixture replaces it


@pytest.fixture
def clocks(still_clock, database_clock):
    """The web server's clock is at a fixed moment, and the database's is seven minutes ahead of it."""
    database_clock.ahead = AHEAD
    return still_clock


@pytest.fixture
def nurse(world, clocks, client):
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def database_time() -> datetime:
    return datetime.now(UTC) + AHEAD


def whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


@pytest.mark.django_db
def test_the_databases_clock_is_read_in_one_statement(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(clock, "clock_sql", DATABASE_CLOCK_SQL)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (before,) = cursor.fetchone()

    with django_assert_num_queries(1):
        now = database_now()

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (after,) = cursor.fetchone()
    assert before < now < after
    assert now.tzinfo is not None


@pytest.mark.slow
def test_a_request_that_waited_for_the_lock_reads_the_clock_after_it(live_world, monkeypatch):
    """The lock and the clock are in one statement; the lock comes first, or the second timer could start too early."""
    monkeypatch.setattr(clock, "clock_sql", DATABASE_CLOCK_SQL)
    user, has_lock, released = live_world.user("clinical_staff"), threading.Event(), []

    def other_press() -> None:
        try:
            with transaction.atomic():
                lock_person(user)
                has_lock.set()
                wait_for(someone_waits)
                released.append(database_now())
        finally:
            connection.close()

    thread = threading.Thread(target=other_press)
    thread.start()
    has_lock.wait(HANG_TIMEOUT_SECONDS)
    rows = User.objects.annotate(locked=PersonLock(user.pk), pressed_at=DatabaseNow())
    with transaction.atomic():
        pressed_at = rows.get(pk=user.pk).pressed_at
    thread.join(HANG_TIMEOUT_SECONDS)

    assert pressed_at > released[0]


def someone_waits() -> bool:
    """Whether a connection of this database waits for an advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database())"
        )
        return bool(cursor.fetchone()[0])


def test_the_annotation_reads_the_same_clock(world, clocks):
    assert TimeEntry.objects.count() == 0
    row = type(world.practice).objects.annotate(at=DatabaseNow()).get(pk=world.practice.pk)

    assert row.at == database_now() == database_time()


def test_a_timer_starts_beats_and_stops_by_the_databases_clock(world, clocks, nurse):
    nurse.post(reverse("timetracking:start_timer", args=[world.enrollment.public_id]), {"activity": "review"})
    started = database_time()
    assert TimeEntry.objects.get().started_at == whole(started)
    clocks.shift(timedelta(minutes=2))
    nurse.post(reverse("timetracking:beat"))
    assert TimeEntry.objects.get().seen_at == database_time()
    clocks.shift(timedelta(minutes=1))
    nurse.post(reverse("timetracking:stop_timer"))

    entry = TimeEntry.objects.get()
    assert (entry.started_at, entry.stopped_at) == (whole(started), whole(started) + timedelta(minutes=3))


def test_web_servers_whose_clocks_differ_count_the_seconds_that_passed(world, clocks, nurse, database_clock):
    """Started at one server and stopped at another whose clock is a minute behind: ninety seconds are ninety seconds."""
    nurse.post(reverse("timetracking:start_timer", args=[world.enrollment.public_id]), {"activity": "review"})
    clocks.shift(timedelta(seconds=90 - 60))
    database_clock.ahead += timedelta(seconds=60)
    nurse.post(reverse("timetracking:stop_timer"))

    entry = TimeEntry.objects.get()
    assert entry.stopped_at - entry.started_at == timedelta(seconds=90)


def test_a_forgotten_timer_is_closed_by_the_databases_clock(world, clocks):
    entry = timers.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["clinical_staff"], now=database_time()
    )
    TimeEntry.objects.filter(pk=entry.pk).update(seen_at=database_time() - timedelta(minutes=5))

    assert close_forgotten_timers() == 1
    assert TimeEntry.objects.get().auto_closed_at == database_time()


def test_a_call_is_voided_by_the_databases_clock(world, clocks, nurse):
    call = world.call("2026-11-17", by="clinical_staff")

    nurse.post(reverse("timetracking:void_call", args=[call.public_id]), {"reason": "Entered for the wrong patient"})

    assert Call.objects.get().voided_at == database_time()


def test_a_day_is_signed_by_the_databases_clock(world, clocks, nurse):
    entry = timers.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["clinical_staff"],
        now=datetime.now(UTC) - timedelta(minutes=30),
    )  # fmt: skip
    timers.stop_timer(entry=entry, by=world.user("clinical_staff"), now=datetime.now(UTC) - timedelta(minutes=20))

    nurse.post(reverse("timetracking:sign_day"), {"day": "2026-11-18", "password": PASSWORD})

    assert DaySignature.objects.get().signed_at == database_time()


def test_a_month_is_locked_by_the_databases_clock(world, clocks, client):
    world.read(days("2026-02-10", "2026-03-31"))
    close = compute(world)
    approve_all(close, world)
    seal_services.prepare_seal(close=close, by=world.members["manager"], now=AFTER)
    client.force_login(world.user("physician"), backend="rpm_portal.accounts.backends.PortalBackend")

    response = client.post(reverse("billing:seal_month", args=["2026-03"]), {"password": PASSWORD})

    assert response.status_code == 302
    lock = MonthLock.objects.get()
    assert (lock.month, lock.locked_at) == (Month(2026, 3).first_day, database_time())


@pytest.mark.parametrize(("seconds", "alarm"), [(2.0, False), (2.1, True), (-2.0, False), (-2.1, True), (3600, True)])
def test_clocks_that_differ_by_more_than_two_seconds_are_an_alarm(
    world, still_clock, database_clock, nurse, seconds, alarm
):
    database_clock.ahead = timedelta(seconds=seconds)
    ready = nurse.get("/readyz").json()
    page = nurse.get(reverse("timetracking:my_day")).content.decode()

    assert (ready["ready"], "clock" in ready["degraded"]) == (True, alarm)
    assert ready["details"]["clock_difference_seconds"] == seconds
    assert ("differ by more than two seconds" in page) is alarm


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_jump_of_the_servers_clock_changes_no_billed_second(
    world, still_clock, database_clock, nurse, settings, jump
):
    settings.IDLE_SECONDS = 10_000  # the session is ended by the server's clock
    nurse.post(reverse("timetracking:start_timer", args=[world.enrollment.public_id]), {"activity": "review"})
    still_clock.shift(timedelta(seconds=90) + jump)
    database_clock.ahead -= jump
    nurse.post(reverse("timetracking:stop_timer"))

    entry = TimeEntry.objects.get()
    assert (entry.stopped_at - entry.started_at, entry.voided_at) == (timedelta(seconds=90), None)
