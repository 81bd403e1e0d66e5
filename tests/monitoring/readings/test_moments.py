"""The five moments of a reading, the last contact of a device, and the lag of its clock."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from enrollment import services as enrollment
from monitoring.intake import take_in
from monitoring.models import DeviceContact, Reading
from monitoring.services import open_source
from tests.builders import at

NOON = at("2026-03-20", "12:00:00")


def entry(world, moment, **more):
    return {"device": world.serial, "metric": "blood_pressure", "measured_at": moment.isoformat(), "systolic": 128,
            "diastolic": 79, **more}  # fmt: skip


def contact(world):
    return DeviceContact.objects.get(device__serial=world.serial)


@pytest.mark.parametrize("count", [1, 250])
def test_a_reading_has_the_moments_that_its_sender_knows(world, count):
    sent, vendor = NOON - timedelta(minutes=2), NOON - timedelta(minutes=1)
    moments = {"sent_at": sent.isoformat(), "vendor_received_at": vendor.isoformat()}
    world.send([entry(world, NOON - timedelta(minutes=3 + n), **moments) for n in range(count)], now=NOON)

    row = Reading.objects.latest("measured_at")
    assert (row.measured_at, row.sent_at, row.vendor_at, row.received_at) == (
        NOON - timedelta(minutes=3), sent, vendor, NOON,
    )  # fmt: skip
    assert Reading.objects.filter(sent_at=sent, vendor_at=vendor).count() == count


def test_moments_that_nobody_sent_are_empty_and_a_queued_body_is_stored_later(world):
    taken = take_in.queue(source=world.source, body=json.dumps({"readings": [entry(world, NOON)]}).encode(), now=NOON)
    take_in.work(taken.kept_as, now=timezone.now())

    row = Reading.objects.get()
    assert (row.sent_at, row.vendor_at, row.received_at) == (None, None, NOON)
    assert row.stored_at > NOON


@pytest.mark.parametrize("key", ["sent_at", "vendor_received_at"])
def test_a_further_moment_needs_its_offset(world, key):
    assert world.send([entry(world, NOON, **{key: "2026-03-20T12:00:00"})], now=NOON).unmatched == 1


def test_the_vendor_of_tenovi_received_it_when_the_record_was_created(world):
    source, _ = open_source(practice=world.practice, name="t", shape="tenovi", now=NOON, weight_unit="kg")
    for created in ("2026-03-20T16:59:00Z", "yesterday"):
        body = {"metric": "weight", "hwi_device_id": world.serial, "value_1": 80, "created": created,
                "timestamp": f"2026-03-20T16:5{len(created) % 10}:00Z"}  # fmt: skip
        take_in.take_in(source=source, body=json.dumps(body).encode(), now=NOON)

    assert set(Reading.objects.values_list("vendor_at", flat=True)) == {at("2026-03-20", "11:59:00"), None}


def test_the_last_contact_is_when_something_was_received_from_the_device(world):
    world.send([entry(world, NOON - timedelta(days=3))], now=NOON)
    assert (contact(world).heard_at, contact(world).clock_lag_seconds) == (NOON, 3 * 86_400)
    world.send([entry(world, NOON - timedelta(hours=1))], now=NOON - timedelta(minutes=30))
    assert (contact(world).heard_at, contact(world).clock_lag_seconds) == (NOON, 1800)


def test_what_the_patient_reports_is_no_contact_of_the_device(world):
    world.send([entry(world, NOON + late, source="patient") for late in (timedelta(), timedelta(days=1))], now=NOON)

    assert not DeviceContact.objects.exists()


@pytest.mark.parametrize(
    ("ahead", "stored"), [(timedelta(minutes=5), 1), (timedelta(minutes=5, seconds=1), 0), (timedelta(days=26_000), 0)]
)
def test_a_fast_clock_is_known_whether_its_reading_is_stored_or_not(world, ahead, stored):
    world.send([entry(world, NOON + ahead)], now=NOON)

    assert Reading.objects.count() == stored
    row = contact(world)
    assert (row.heard_at, row.clock_lag_seconds) == (NOON, max(-int(ahead.total_seconds()), 1 - 2**31))


def test_a_clock_of_nineteen_hundred_does_not_break_the_contact(world):
    device = world.enrollment.assignments.get().device
    enrollment.take_back_device(assignment=device.assignments.get(), ends_at=at("2026-03-01"))
    enrollment.assign_device(
        device=device, enrollment=world.enrollment, starts_at=at("2026-03-02"), by=world.user("clinical_staff")
    )
    assert world.send([entry(world, at("1900-01-02"))], now=NOON).unmatched == 1
