"""Stored day counts compared with a naive recount, over random streams of readings.

The streams have duplicates, late and unordered readings, amendments, retractions, voided readings, devices that change
patients, and zones that change the day.
"""

import contextlib
import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrollment import services as enrollment
from monitoring.intake import manual_entry
from monitoring.intake.take_in import take_in
from monitoring.models import Reading, ReadingDay, Standing
from monitoring.queries import kept_days_that_differ
from monitoring.services import open_source
from rpm_portal.core.refusals import Refused
from tests.builders import ZONE, a_patient, an_enrollment, at, at_once

START = at("2026-03-01", "00:00:00")
NOW = at("2026-04-01", "00:00:00")
quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def naive(rows):
    """Days and counts from the readings that are not voided."""
    counts = Counter()
    for row in rows:
        if row.voided_at is None:
            zone = row.enrollment.patient.zone
            kind = {"automatic": 0, "patient": 1}.get(row.source_kind, 2)
            counts[row.enrollment_id, row.device_id, row.measured_at.astimezone(ZoneInfo(zone)).date(), kind] += 1
    return counts


def stored_counts():
    counts = Counter()
    for day in ReadingDay.objects.all():
        for kind, number in enumerate((day.automatic, day.reported, day.typed)):
            if number:
                counts[day.enrollment_id, day.device_id, day.local_day, kind] = number
    return counts


MINUTES = st.integers(0, 30 * 24 * 60 - 1)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["new", "again", "amend", "back", "typed", "strike"]), MINUTES, st.integers(60, 80),
        st.integers(0, 6), st.sampled_from(["cuff-p", "second"]), st.sampled_from(["automatic", "patient"]),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@pytest.mark.slow
@quick
@given(events=EVENTS, handed_on=st.integers(1, 28))
def test_days_agree_with_a_recount_for_any_input_in_any_order(world, events, handed_on):
    nurse = world.user("clinical_staff")
    if not Reading.objects.exists() and world.enrollment.assignments.count() == 1:
        # The second device changes in the middle of the month to a patient in another zone.
        other = an_enrollment(
            world,
            a_patient(world.practice, nurse, mrn=f"Z{random.random()}", family="West", zone="America/Los_Angeles"),
        )
        device = enrollment.add_device(model=world.cuff, serial="second", by=nurse)
        first = enrollment.assign_device(device=device, enrollment=world.enrollment, starts_at=START, by=nurse)
        moment = START + timedelta(days=handed_on)
        enrollment.take_back_device(assignment=first, ends_at=moment)
        enrollment.assign_device(device=device, enrollment=other, starts_at=moment, by=nurse)
    source, _ = open_source(practice=world.practice, name="F", shape="fhir", now=NOW)
    sent = []
    for what, minute, value, name, serial, kind in events:
        at_ = (START + timedelta(minutes=minute)).isoformat()
        body = {
            "resourceType": "Observation", "identifier": [{"value": f"n{name}"}], "status": "amended" if what == "amend" else "final",
            "effectiveDateTime": at_, "code": {"coding": [{"code": "29463-7"}]}, "device": {"identifier": {"value": serial}},
            "valueQuantity": {"value": value, "code": "kg"},
            **({"performer": [{"reference": "Patient/1"}]} if kind == "patient" else {}),
        }  # fmt: skip
        if what == "again" and sent:
            body = sent[minute % len(sent)]
        elif what == "back":
            body["status"] = "entered-in-error"
        elif what in {"typed", "strike"}:
            rows = list(Reading.objects.filter(practice=world.practice, voided_at__isnull=True).order_by("pk"))
            if rows:
                row = rows[minute % len(rows)]
                if what == "strike":
                    manual_entry.void_reading(reading=row, reason="x", by=nurse, now=NOW)
                else:
                    # The same values typed twice for a moment are refused, and nothing is voided.
                    with contextlib.suppress(Refused):
                        manual_entry.correct(reading=row, values=[value + 100], reason="x", by=nurse, now=NOW)
            continue
        sent.append(body)
        take_in(source=source, body=json.dumps(body).encode(), now=NOW)

    rows = Reading.objects.select_related("enrollment__patient")
    assert stored_counts() == naive(rows)
    assert kept_days_that_differ(world.practice.pk) == []
    for standing in Standing.objects.filter(last_reading_at__isnull=False):
        moments = [r.measured_at for r in rows if r.enrollment_id == standing.enrollment_id and r.voided_at is None]
        assert standing.last_reading_at == max(moments)


@pytest.mark.slow
def test_the_same_readings_sent_ten_times_in_parallel_are_stored_once(live_world):
    world = live_world
    entries = [
        {"device": world.serial, "metric": "weight", "weight_kg": 70 + n % 7,
         "measured_at": (START + timedelta(hours=n)).isoformat()}
        for n in range(300)
    ]  # fmt: skip
    results = []

    def gateway(seed):
        rows = entries * 2
        random.Random(seed).shuffle(rows)
        for start in range(0, len(rows), 60):
            body = json.dumps({"readings": rows[start : start + 60]}).encode()
            results.append(take_in(source=world.source, body=body, now=NOW))
        connection.close()

    at_once(gateway, times=5)
    # A delivery that lost a race waits and is processed again.
    from monitoring.intake.take_in import work
    from monitoring.models import Delivery

    for pk in Delivery.objects.filter(state="waiting").values_list("pk", flat=True):
        work(pk, now=NOW)

    assert Reading.objects.count() == 300
    assert stored_counts() == naive(Reading.objects.select_related("enrollment__patient"))
    assert sum(taken.new for taken in results) <= 300


def test_an_amended_moment_may_move_a_reading_to_another_patient_with_its_counts(world):
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="N", family="Next"))
    device = enrollment.add_device(model=world.cuff, serial="moved", by=nurse)
    first = enrollment.assign_device(device=device, enrollment=world.enrollment, starts_at=START, by=nurse)
    enrollment.take_back_device(assignment=first, ends_at=START + timedelta(days=10))
    enrollment.assign_device(device=device, enrollment=other, starts_at=START + timedelta(days=10), by=nurse)
    for day, value in ((1, 70), (5, 71), (12, 72)):
        entry = {"device": "moved", "metric": "weight", "weight_kg": value, "id": "n" if day != 1 else "m",
                 "status": "amended", "measured_at": (START + timedelta(days=day)).isoformat()}  # fmt: skip
        world.send([entry], now=NOW)

    assert Standing.objects.get(enrollment=world.enrollment).last_reading_at == START + timedelta(days=1)
    assert Standing.objects.get(enrollment=other).last_reading_at == START + timedelta(days=12)
    assert stored_counts() == naive(Reading.objects.select_related("enrollment__patient"))


def test_a_correction_that_cannot_be_stored_voids_nothing(world):
    nurse = world.user("clinical_staff")
    world.read([START.date()], now=NOW, systolic=150)
    first = Reading.objects.get()
    manual_entry.correct(reading=first, values=[140, 85], reason="cuff slipped", by=nurse, now=NOW)
    second = Reading.objects.get(corrects=first)
    manual_entry.correct(reading=second, values=[135, 85], reason="again", by=nurse, now=NOW)
    third = Reading.objects.get(corrects=second)
    for values in ([140, 85], [85, 140], [999, 80]):
        with pytest.raises(Refused):
            manual_entry.correct(reading=third, values=values, reason="back", by=nurse, now=NOW)

    third.refresh_from_db()
    assert third.voided_at is None
    assert (third.source_kind, third.delivery.sent_by) == ("staff", nurse)
    assert stored_counts() == naive(Reading.objects.select_related("enrollment__patient"))


@pytest.mark.parametrize(
    ("zone", "day", "hours"), [("America/Chicago", "2026-11-01", 25), ("America/Chicago", "2026-03-08", 23)]
)
def test_a_day_of_twentyfive_hours_is_one_day(world, zone, day, hours):
    assert zone == ZONE
    first = at(day, "00:00:00")
    entries = [
        {"device": world.serial, "metric": "weight", "weight_kg": 70,
         "measured_at": (first + timedelta(minutes=30 * n)).isoformat()}
        for n in range(hours * 2)
    ]  # fmt: skip
    world.send(entries, now=datetime(2026, 12, 1, tzinfo=UTC))

    assert ReadingDay.objects.get().automatic == hours * 2
