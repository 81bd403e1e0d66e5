"""A minute of a patient is counted for one program, across people: by timer, by hand, by call, in races, in a merge."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from enrollment.services.patient_merge import merge_patients
from tests.builders import a_patient, an_enrollment, at, at_once
from timetracking import timers
from timetracking.calls import call_log
from timetracking.intervals.refusals import TimeRefused
from timetracking.models import Call, TimeEntry, TimePolicy
from timetracking.timer.press import switch_timer

TEN = at("2026-03-10", "10:00:00")
NOW = at("2026-03-10", "18:00:00")
REASON = "The pharmacist and the nurse worked side by side"


@pytest.fixture
def ccm(world):
    """The same patient's enrollment in care management."""
    return an_enrollment(world, world.patient, program="CCM", serial="none")


def by_hand(world, enrollment, *, start=TEN, minutes=20, by="physician", activity="review", joint=""):
    return timers.add_entry(
        enrollment=enrollment, activity=activity, started_at=start, stopped_at=start + timedelta(minutes=minutes),
        reason="home visit", staff=world.members[by], by=world.members[by], now=NOW, joint_reason=joint,
    )  # fmt: skip


def rows() -> int:
    return TimeEntry.objects.standing().count()


def test_the_same_minutes_of_a_colleague_in_another_program_are_refused(world, ccm):
    by_hand(world, world.enrollment, by="clinical_staff")

    with pytest.raises(TimeRefused, match="another program"):
        by_hand(world, ccm)
    assert rows() == 1


@pytest.mark.parametrize(
    ("start", "taken"),
    [
        (timedelta(minutes=20), True),
        (timedelta(minutes=20, seconds=-1), False),
        (timedelta(minutes=-20), True),
        (timedelta(minutes=-20, seconds=1), False),
    ],
)
def test_minutes_that_touch_are_taken_and_one_second_of_overlap_is_refused(world, ccm, start, taken):
    by_hand(world, world.enrollment, by="clinical_staff")
    if taken:
        by_hand(world, ccm, start=TEN + start)
    else:
        with pytest.raises(TimeRefused, match="another program"):
            by_hand(world, ccm, start=TEN + start)
    assert rows() == 1 + taken


def test_two_people_may_work_in_one_program_because_its_minutes_count_once(world):
    by_hand(world, world.enrollment, by="clinical_staff")
    by_hand(world, world.enrollment)

    assert rows() == 2


def test_another_patients_other_program_is_not_concerned(world, ccm):
    other = an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall"))
    by_hand(world, ccm, by="clinical_staff")
    by_hand(world, other)

    assert rows() == 2


@pytest.mark.parametrize("activity", ["admin", "setup", "support"])
def test_time_that_is_never_billed_may_overlap(world, ccm, activity):
    by_hand(world, world.enrollment, by="clinical_staff")
    by_hand(world, ccm, activity=activity)

    assert rows() == 2


def test_a_struck_entry_frees_its_minutes(world, ccm):
    entry = by_hand(world, world.enrollment, by="clinical_staff")
    timers.void_entry(entry=entry, reason="Entered for the wrong program", by=world.user("clinical_staff"), now=NOW)
    by_hand(world, ccm)

    assert rows() == 1


def test_a_timer_is_refused_while_a_colleagues_runs_in_another_program(world, ccm):
    timers.start_timer(enrollment=world.enrollment, activity="review", by=world.members["clinical_staff"], now=TEN)
    client = Client()
    client.force_login(world.user("physician"), backend="rpm_portal.accounts.backends.PortalBackend")

    response = client.post(
        reverse("timetracking:start_timer", args=[ccm.public_id]),
        {"activity": "review"},
        headers={"HX-Request": "true"},
    )

    assert response.status_code == 422
    assert "another program" in response.content.decode()
    assert rows() == 1


def test_ones_own_switch_between_programs_touches_and_is_taken(world, ccm):
    nurse = world.members["clinical_staff"]
    timers.start_timer(enrollment=world.enrollment, activity="review", by=nurse, now=TEN)
    switch_timer(enrollment=ccm, activity="review", by=nurse, now=TEN + timedelta(minutes=5))

    assert [row.program for row in TimeEntry.objects.order_by("started_at")] == ["RPM", "CCM"]


def test_a_call_does_not_count_minutes_of_another_program_and_is_not_half_kept(world, ccm):
    by_hand(world, world.enrollment, by="clinical_staff")
    call = {
        "enrollment": ccm, "channel": "phone", "outcome": "patient", "started_at": TEN,
        "ended_at": TEN + timedelta(minutes=5), "by": world.members["physician"], "now": NOW, "decided": "Talked.",
    }  # fmt: skip
    with pytest.raises(TimeRefused, match="another program"):
        call_log.log_call(**call, count_time=True)
    assert Call.objects.count() == 0
    call_log.log_call(**call)
    assert Call.objects.get().time_entry is None


def test_the_database_refuses_it_by_raw_sql_too(world, ccm):
    entry = by_hand(world, world.enrollment, by="clinical_staff")
    columns = [field.column for field in TimeEntry._meta.concrete_fields if field.column not in {"id", "public_id"}]
    changed = {"enrollment_id": ccm.pk, "staff_id": world.user("physician").pk, "program": "CCM"}
    values = [changed.get(column, getattr(entry, column)) for column in columns]
    sql = f"INSERT INTO timetracking_timeentry (public_id, {', '.join(columns)}) VALUES ('x', {', '.join(['%s'] * len(columns))})"
    with pytest.raises(DatabaseError, match="one program"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    ("allowed", "joint", "taken"), [(True, REASON, True), (True, "", False), (False, REASON, False)]
)
def test_two_people_at_once_need_the_practices_policy_and_a_reason(world, ccm, allowed, joint, taken):
    TimePolicy.objects.create(practice=world.practice, joint_work=allowed)
    by_hand(world, world.enrollment, by="clinical_staff")
    if not taken:
        with pytest.raises(TimeRefused, match="another program"):
            by_hand(world, ccm, joint=joint)
        return
    entry = by_hand(world, ccm, joint=joint)
    assert (entry.is_joint, entry.joint_reason) == (True, REASON)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        TimeEntry.objects.filter(pk=entry.pk).update(joint_reason="")


def test_the_other_practices_policy_allows_nothing_here(world, ccm):
    TimePolicy.objects.create(practice=world.other.practice, joint_work=True)
    by_hand(world, world.enrollment, by="clinical_staff")

    with pytest.raises(TimeRefused, match="another program"):
        by_hand(world, ccm, joint=REASON)


def test_the_form_asks_for_the_reason_only_where_the_policy_allows_two_people(world, ccm):
    client = Client()
    client.force_login(world.user("physician"), backend="rpm_portal.accounts.backends.PortalBackend")
    page = reverse("timetracking:enter", args=[ccm.public_id])
    assert "joint_reason" not in client.get(page).content.decode()
    TimePolicy.objects.create(practice=world.practice, joint_work=True)
    assert "joint_reason" in client.get(page).content.decode()


@pytest.mark.slow
def test_of_two_people_at_the_same_moment_one_is_refused(live_world):
    ccm = an_enrollment(live_world, live_world.patient, program="CCM", serial="none")
    people = [(live_world.enrollment, "clinical_staff"), (ccm, "physician")]

    def press(number: int) -> None:
        enrollment, role = people[number % 2]
        with suppress(TimeRefused):
            timers.start_timer(enrollment=enrollment, activity="review", by=live_world.members[role], now=TEN)

    at_once(press, times=6)

    assert rows() == 1


def test_records_with_time_of_two_programs_in_the_same_minutes_are_not_merged(world):
    twin = a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Ortegap")
    ccm = an_enrollment(world, twin, program="CCM", serial="none")
    by_hand(world, world.enrollment, by="clinical_staff")
    entry = by_hand(world, ccm)
    merge = {
        "keep": world.patient,
        "other": twin,
        "reason": "Same person, same birthday",
        "by": world.user("manager"),
        "now": NOW,
    }
    with pytest.raises(ValidationError, match="two programs"):
        merge_patients(**merge)
    timers.void_entry(entry=entry, reason="Counted for the other program", by=world.user("physician"), now=NOW)
    merge_patients(**merge)
    ccm.refresh_from_db()

    assert ccm.patient == world.patient
