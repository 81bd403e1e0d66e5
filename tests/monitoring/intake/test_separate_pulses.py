"""A pulse in a body of its own is stored once, with the blood pressure of the same device and moment; so is an FEV1."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from monitoring.intake.separate_pulses import JOINED
from monitoring.intake.take_in import take_in
from monitoring.models import Reading, ReadingDay
from monitoring.services import open_source

pytestmark = pytest.mark.django_db
MOMENT = "2026-11-18T13:00:00Z"


@pytest.fixture
def send(world):
    now = timezone.now()
    source, _ = open_source(practice=world.practice, name="T", shape="tenovi", now=now - timedelta(days=9))

    def _send(*rows, at=MOMENT):
        common = {"hwi_device_id": world.serial, "timestamp": at}
        body = json.dumps([{**common, **row} for row in rows]).encode()
        return take_in(source=source, body=body, now=now).counts()

    return _send


def pressure(first=114, second=70):
    return {"metric": "blood_pressure", "value_1": str(first), "value_2": str(second)}


def pulse(rate=66):
    return {"metric": "pulse", "value_1": str(rate)}


def in_force():
    rows = Reading.objects.filter(voided_at__isnull=True).order_by("metric", "value")
    return [(row.metric, int(row.value), int(row.value_2), int(row.value_3)) for row in rows]


JOINED_READING = [("blood_pressure", 114, 70, 66)]


@pytest.mark.parametrize("bodies", [("bp", "pulse"), ("pulse", "bp"), ("both",), ("bp", "both"), ("pulse", "both")])
def test_a_pressure_and_its_pulse_are_one_reading_in_any_order(send, bodies):
    rows = {"bp": [pressure()], "pulse": [pulse()], "both": [pressure(), pulse()]}
    for name in (*bodies, *bodies):
        send(*rows[name])

    assert in_force() == JOINED_READING
    assert [row.automatic for row in ReadingDay.objects.all()] == [1]


def test_a_pulse_that_was_stored_alone_stays_visible_as_joined(send):
    send(pulse())
    send(pressure())

    (row,) = Reading.objects.filter(voided_at__isnull=False)
    assert (row.metric, row.value, row.void_reason) == ("heart_rate", Decimal(66), JOINED)


def test_another_pulse_of_the_moment_is_a_heart_rate_of_its_own(send):
    send(pressure(), pulse(66))
    send(pulse(67))

    assert in_force() == [*JOINED_READING, ("heart_rate", 67, 0, 0)]


def test_a_pulse_one_second_later_is_a_heart_rate_of_its_own(send):
    send(pressure())
    send(pulse(), at="2026-11-18T13:00:01Z")

    assert in_force() == [("blood_pressure", 114, 70, 0), ("heart_rate", 66, 0, 0)]


def test_a_pulse_of_two_pressures_of_one_moment_is_not_guessed(send):
    send(pressure(114), pressure(118))
    send(pulse())

    assert in_force() == [("blood_pressure", 114, 70, 0), ("blood_pressure", 118, 70, 0), ("heart_rate", 66, 0, 0)]


def flow(value=322):
    return {"metric": "peak_expiratory_flow", "value_1": str(value)}


FEV1 = {"metric": "forced_expiratory_volume", "value_1": "2"}


@pytest.mark.parametrize("bodies", [("alone", "both"), ("both", "alone"), ("both", "both"), ("alone", "alone", "both")])
def test_a_peak_flow_with_and_without_its_fev1_is_one_reading(send, bodies):
    for name in bodies:
        send(*([flow(), FEV1] if name == "both" else [flow()]))

    assert in_force() == [("peak_flow", 322, 2, 0)]


def test_two_peak_flows_of_one_moment_are_two_readings(send):
    send(flow(322), FEV1)
    send(flow(340))

    assert in_force() == [("peak_flow", 322, 2, 0), ("peak_flow", 340, 0, 0)]
