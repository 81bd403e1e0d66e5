"""A patient's month: the same decision as the close, what is missing by which day, and visits that reduce time."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from billing.close.compute import decide_all
from billing.facts.case_files import facts_of
from billing.models import Rate
from enrollment.queries import with_enrollments
from rpm_portal.core.days import Month, local_day
from rpm_portal.pages.chart.patient_month import month_of
from tests.builders import ZONE, a_patient, an_enrollment, at, days
from timetracking import timers
from timetracking.calls import visits
from timetracking.models import Visit

MARCH = Month(2026, 3)
TWENTIETH = at("2026-03-20", "15:00:00")


def page(world, *, now=TWENTIETH, month=MARCH, row=None):
    patient, rows = with_enrollments(world.practice, (row or world.enrollment).patient.public_id)
    return month_of(world.practice, patient, rows, month=month, chosen="", now=now)


def codes(context):
    return {row.code: row for row in context["codes"]}


def signed_in(world, role):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def visit(world, day, start="10:00:00", minutes=10, by="physician"):
    started_at = at(day, start)
    return visits.record_visit(
        patient=world.patient,
        provider=world.members[by],
        started_at=started_at,
        ended_at=started_at + timedelta(minutes=minutes),
        by=world.members["clinical_staff"],
        now=at(day, "23:00:00"),
    )


def test_each_code_shows_what_is_missing_and_the_last_day(world):
    world.read(days("2026-03-06", "2026-03-12"))
    world.work("2026-03-10", 1199)
    by_code = codes(page(world))

    assert (by_code["99470"].status.word, by_code["99457"].status.word) == ("Needs", "Needs")
    assert (
        by_code["99457"].says
        == "99457 requires 20 min of treatment management time; 19 min 59 sec was recorded (1 sec short)."
    )
    assert by_code["99457"].until == MARCH.last_day
    # The first period began on 6 March and ends on 4 April: of sixteen days seven are there, nine are missing.
    assert by_code["99454"].until.isoformat() == "2026-03-27"
    assert page(world)["counted"] == 1199


def test_a_running_device_period_with_its_days_is_on_track_for_the_longer_code_alone(world):
    world.read(days("2026-03-06", "2026-03-19"))
    assert [codes(page(world))[code].status.word for code in ("99454", "99445")] == ["Needs", "On track"]
    world.read(days("2026-03-20", "2026-03-21"))
    later = codes(page(world, now=at("2026-03-22")))
    assert [later[code].status.word for code in ("99454", "99445")] == ["On track", "Cannot"]


def test_the_page_shows_the_same_lines_as_the_close(world):
    world.read(days("2026-01-06", "2026-03-30"))
    world.work("2026-03-10", 1500)
    world.call("2026-03-11")
    now = at("2026-04-02")
    (file,) = facts_of(world.practice.pk, [world.enrollment.pk], month=MARCH, zone=ZONE, today=local_day(now, ZONE))
    ((_, decision),) = decide_all([file])
    shown = {row.code: row.units for row in page(world, now=now)["codes"] if row.outcome == "bill"}

    assert shown == {line.code: line.units for line in decision.lines}
    assert len(shown) == 3


def test_minutes_inside_a_visit_are_taken_out_to_the_second(world):
    world.work("2026-03-10", 1800, by="physician", clock="10:00:00")
    assert page(world)["counted"] == 1800
    visit(world, "2026-03-10", start="10:25:00", minutes=30)
    assert page(world)["counted"] == 1500
    visits.void_visit(
        visit=Visit.objects.get(), reason="It was another patient's visit", by=world.user("physician"), now=TWENTIETH
    )
    assert page(world)["counted"] == 1800


def test_a_visit_with_another_provider_takes_nothing_out(world):
    world.work("2026-03-10", 1800, by="physician", clock="10:00:00")
    visit(world, "2026-03-10", start="10:00:00", minutes=30, by="qhp")

    assert page(world)["counted"] == 1800


def test_chronic_care_in_addition_to_monitoring_is_reported_and_never_a_line(world):
    ccm = an_enrollment(world, world.patient, program="CCM", serial="scale-2")
    world.work("2026-03-12", 1200, row=ccm)
    world.work("2026-03-12", 1200, clock="11:00:00")
    world.call("2026-03-13")
    now = at("2026-04-02")
    by_code = codes(page(world, now=now))
    (file,) = facts_of(world.practice.pk, [world.enrollment.pk], month=MARCH, zone=ZONE, today=local_day(now, ZONE))
    ((_, decision),) = decide_all([file])

    assert by_code["99490"].status.text == "only reported"
    assert "20 min of CCM time was recorded" in by_code["99490"].says
    assert by_code["99457"].status.word == "Ready"
    assert [line.code for line in decision.lines] == ["99457"]


def test_codes_that_exclude_each_other_are_shown_with_amounts(world):
    ccm = an_enrollment(world, world.patient, program="CCM", serial="scale-2")
    world.work("2026-03-12", 3600, row=ccm, by="physician")
    amounts = {"99490": "66.13", "99439": "50.00", "99491": "84.00", "99437": "60.00"}
    for code, amount in amounts.items():
        Rate.objects.create(practice=world.practice, code=code, year=2026, amount=amount, source="test")
    choices = page(world, now=at("2026-04-02"))["choices"]

    assert [([line.code for line in choice.lines], str(choice.amount)) for choice in choices] == [
        (["99490", "99439"], "166.13"),
        (["99491", "99437"], "144.00"),
    ]


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (timedelta(0), timedelta(0), "ends after it starts"),
        (timedelta(0), timedelta(hours=4, seconds=1), "at most four hours"),
        (timedelta(days=1), timedelta(days=1, minutes=5), "in the future"),
    ],
)
def test_impossible_visits_are_refused(world, start, end, message):
    with pytest.raises(timers.TimeRefused, match=message):
        visits.record_visit(
            patient=world.patient,
            provider=world.members["physician"],
            started_at=TWENTIETH + start - timedelta(hours=5),
            ended_at=TWENTIETH + end - timedelta(hours=5),
            by=world.members["clinical_staff"],
            now=TWENTIETH,
        )


def test_no_visit_enters_or_leaves_a_locked_month_and_none_is_rewritten(world):
    recorded = visit(world, "2026-03-10")
    timers.lock_month(practice=world.practice, month=MARCH, by=world.user("manager"), now=at("2026-04-02"))

    with pytest.raises(timers.TimeRefused, match="locked"):
        visit(world, "2026-03-11")
    with pytest.raises(timers.TimeRefused, match="locked"):
        visits.void_visit(visit=recorded, reason="written on the wrong day", by=world.user("physician"), now=TWENTIETH)
    with pytest.raises(DatabaseError, match="append-only"):
        Visit.objects.update(ended_at=TWENTIETH)


def test_the_form_keeps_what_was_typed_and_shows_the_errors(world):
    address = reverse("timetracking:record_visit", args=[world.patient.public_id])
    client = signed_in(world, "clinical_staff")
    doctor = world.members["physician"].pk
    with time_machine.travel(TWENTIETH):
        bad = client.post(address, {"provider": doctor, "started_at": "2026-03-20T10:00", "minutes": "0"})
        other = client.post(
            address,
            {"provider": world.other.members["physician"].pk, "started_at": "2026-03-20T09:00", "minutes": "15"},
        )
        good = client.post(address, {"provider": doctor, "started_at": "2026-03-20T09:00", "minutes": "15"})

    assert (bad.status_code, other.status_code, good.status_code) == (422, 422, 302)
    assert b"2026-03-20T10:00" in bad.content
    assert Visit.objects.get().ended_at == at("2026-03-20", "09:15:00")


@pytest.mark.parametrize("month", ["2026-13", "march", "2026-04", "20260-1"])
def test_invalid_and_future_months_are_not_found(world, month):
    with time_machine.travel(TWENTIETH):
        response = signed_in(world, "clinical_staff").get(f"/patients/{world.patient.public_id}/months/{month}/")
    assert response.status_code == 404


@pytest.mark.slow
def test_the_page_takes_the_same_statements_for_any_month(world, django_assert_max_num_queries):
    world.read(days("2026-02-06", "2026-02-08"))
    world.work("2026-03-01", 1200)
    world.call("2026-03-01")
    with django_assert_max_num_queries(20) as few:
        page(world)
    world.read(days("2026-02-09", "2026-03-12"))
    for day in days("2026-03-02", "2026-03-19"):
        world.work(day, 60)
        world.call(day)
    with django_assert_max_num_queries(20) as many:
        page(world)

    assert len(many) == len(few)


def test_a_patient_without_an_enrollment_has_a_month_and_another_practices_has_none(world):
    alone = a_patient(world.practice, world.members["physician"].user, mrn="B2", family="Alone")
    client = signed_in(world, "clinical_staff")
    with time_machine.travel(TWENTIETH):
        own = client.get(f"/patients/{alone.public_id}/months/{MARCH}/")
        other = client.get(f"/patients/{world.other.patient.public_id}/months/{MARCH}/")

    assert (own.status_code, other.status_code) == (200, 404)
    assert b"ALONE" in own.content
