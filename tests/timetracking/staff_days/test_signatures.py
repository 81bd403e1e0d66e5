"""Signing a day: work put on file after a signature needs another one, and call time needs a call or another word."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from billing.review import before_month_end
from rpm_portal.core.days import Month, hour_words
from tests.builders import PASSWORD, at
from timetracking import timers
from timetracking.calls import call_log
from timetracking.intervals.refusals import TimeRefused
from timetracking.models import DaySignature, TimeEntry
from timetracking.staff_days import workdays
from timetracking.staff_days.call_time import call_time_without_call, change_activity
from timetracking.staff_days.day_drawing import DayDrawing, DrawnPart

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 10)
EVENING = at(DAY, "17:00:00")


def client_of(world, role="clinical_staff"):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def sign(world, now=EVENING, by="clinical_staff"):
    return workdays.sign_day(practice=world.practice, by=world.members[by], on=DAY, now=now)


def unsigned(world):
    rows = workdays.unsigned_days(world.practice, first_day=DAY, last_day=DAY, staff=world.user("clinical_staff"))
    return [(row["day"], row["intervals"]) for row in rows]


def call_time(world, seconds=74, clock="15:00:00"):
    start = at(DAY, clock)
    entry = timers.start_timer(
        enrollment=world.enrollment, activity="call", by=world.members["clinical_staff"], now=start
    )
    return timers.stop_timer(entry=entry, by=world.user("clinical_staff"), now=start + timedelta(seconds=seconds))


def test_work_after_the_signature_is_signed_by_a_second_signature(world):
    world.work(DAY, 600)
    sign(world)
    assert unsigned(world) == []
    with pytest.raises(TimeRefused, match="signed already"):
        sign(world, now=EVENING + timedelta(minutes=1))
    world.work(DAY, 300, clock="17:10:00")
    assert unsigned(world) == [(DAY, 1)]
    day = workdays.day_of(world.practice, world.user("clinical_staff"), DAY, now=at(DAY, "18:00:00"))
    assert (day.late_after_signature, day.is_signed) == (1, False)
    with time_machine.travel(at(DAY, "18:00:00"), tick=False):
        client = client_of(world)
        page = client.get("/my-day/").content.decode()
        assert "1 entry came after the signature" in page
        client.post("/my-day/sign/", {"day": str(DAY), "password": PASSWORD})
        assert "came after the signature" not in client.get("/my-day/").content.decode()
    assert list(DaySignature.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert unsigned(world) == []


def test_a_call_that_is_logged_after_the_signature_needs_another_one(world):
    world.work(DAY, 600)
    sign(world, now=at(DAY, "12:00:00"))
    world.call(DAY)  # 4 PM
    day = workdays.day_of(world.practice, world.user("clinical_staff"), DAY, now=EVENING)
    assert day.late_after_signature == 1
    assert sign(world).number == 2


def test_late_work_is_among_the_unsigned_days_before_the_month_ends(world):
    world.practice.days_signed = True
    march = Month(2026, 3)
    world.work(DAY, 600)
    sign(world)
    assert before_month_end.unsigned_days(world.practice, march, today=date(2026, 3, 25)) == []
    world.work(DAY, 300, clock="17:10:00")
    (row,) = before_month_end.unsigned_days(world.practice, march, today=date(2026, 3, 25))
    assert (row["days"], row["since"]) == (1, DAY)


def test_a_day_with_call_time_and_no_call_is_not_signed(world):
    entry = call_time(world)
    with pytest.raises(TimeRefused, match="without a call on file"):
        sign(world)
    with time_machine.travel(EVENING, tick=False):
        client = client_of(world)
        page = client.get("/my-day/").content.decode()
        assert "Call time without a call on file" in page
        form = client.get(
            f"/enrollments/{world.enrollment.public_id}/calls/new/?time={entry.public_id}"
        ).content.decode()
        assert 'value="2026-03-10T15:00:00"' in form
        assert 'name="minutes" value="1"' in form
        assert 'name="seconds" value="14"' in form
    call_log.log_call(
        enrollment=world.enrollment, channel="phone", outcome="no_answer", started_at=entry.started_at,
        ended_at=entry.stopped_at, by=world.members["clinical_staff"], now=EVENING,
    )  # fmt: skip
    assert sign(world, now=EVENING + timedelta(seconds=1)).number == 1


@pytest.mark.parametrize(
    ("start", "end", "documented"),
    [
        ("14:59:00", "15:00:00", False),
        ("14:59:00", "15:00:01", True),
        ("15:01:13", "15:03:00", True),
        ("15:01:14", "15:03:00", False),
        ("15:00:30", "15:00:30", True),
    ],
)
def test_a_call_documents_the_time_that_it_overlaps(world, start, end, documented):
    call_time(world)
    call_log.log_call(
        enrollment=world.enrollment, channel="phone", outcome="no_answer", started_at=at(DAY, start),
        ended_at=at(DAY, end), by=world.members["clinical_staff"], now=EVENING,
    )  # fmt: skip
    found = call_time_without_call(world.practice, world.user("clinical_staff"), since=at(DAY, "00:00:00"))
    assert (found == []) is documented


def test_time_that_was_no_call_gets_another_activity_with_the_same_times(world):
    entry = call_time(world)
    changed = change_activity(entry=entry, activity="document", by=world.members["clinical_staff"], now=EVENING)
    entry.refresh_from_db()
    assert entry.voided_at is not None
    assert changed.replaces == entry
    assert (changed.activity, changed.proof, changed.started_at, changed.stopped_at) == (
        "document", "timer", entry.started_at, entry.stopped_at,
    )  # fmt: skip
    assert sign(world, now=EVENING + timedelta(seconds=1)).number == 1


def test_who_did_not_work_it_and_what_is_a_call_are_refused(world):
    reviewed = world.work(DAY, 60, clock="09:00:00")
    entry, nurse = call_time(world), world.members["clinical_staff"]
    for by, activity in ((world.members["physician"], "document"), (nurse, "call"), (nurse, "caregiver"), (nurse, "x"), (nurse, "")):  # fmt: skip
        with pytest.raises(TimeRefused):
            change_activity(entry=entry, activity=activity, by=by, now=EVENING)
    with pytest.raises(TimeRefused, match="not worked as a call"):
        change_activity(entry=reviewed, activity="document", by=nurse, now=EVENING)
    assert (
        client_of(world.other).post(f"/time/{entry.public_id}/activity/", {"activity": "document"}).status_code == 404
    )
    assert client_of(world).post(f"/time/{entry.public_id}/activity/", {"activity": "call"}).status_code == 422
    timers.lock_month(practice=world.practice, month=Month(2026, 3), by=nurse.user, now=EVENING)
    with pytest.raises(TimeRefused):
        change_activity(entry=entry, activity="document", by=nurse, now=EVENING)
    assert TimeEntry.objects.get(pk=entry.pk).voided_at is None


def test_the_drawing_has_hours_from_the_first_work_to_the_last():
    part = DrawnPart("on timer", 6.5, 0.01, "x")
    assert (DayDrawing.of([], []).first_hour, DayDrawing.of([], []).last_hour) == (8, 17)
    drawing = DayDrawing.of([part, DrawnPart("free", 6.51, 12.0, "free")], [])
    assert (drawing.first_hour, drawing.last_hour) == (6, 19)
    assert drawing.hours[0] == (0.0, "6 AM")
    assert len(drawing.hours) <= 13
    assert drawing.boxes[0][2] == 2.0, "a short entry is still seen"
    assert DayDrawing.of([DrawnPart("on", 23.0, 1.0, "x")], []).last_hour == 24
    assert [hour_words(hour) for hour in (0, 11, 12, 13, 24)] == ["12 AM", "11 AM", "12 PM", "1 PM", "12 AM"]


def test_my_day_shows_hours_a_legend_and_the_gaps(world):
    world.work(DAY, 600, clock="09:00:00")
    world.work(DAY, 600, clock="11:00:00")
    with time_machine.travel(EVENING, tick=False):
        page = client_of(world).get("/my-day/").content.decode()
    assert ">9 AM</text>" in page
    assert ">5 PM</text>" in page
    assert 'class="free"' in page
    assert "free 110:00" in page
    assert 'aria-label="Legend"' in page
