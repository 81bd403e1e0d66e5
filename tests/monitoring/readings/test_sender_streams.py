"""Random streams of a sender's versions compared with a naive model.

Readings are created, amended, corrected back, retracted and sent again, out of order, on a device that changes patients
and on one that is registered late. PORTAL_STREAMS is the number of streams of each test; twenty unless it is set.
"""

import contextlib
import itertools
import json
import os
import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrollment import services as enrollment
from monitoring.intake import replay
from monitoring.intake import take_in as intake
from monitoring.intake.take_in import take_in
from monitoring.models import Delivery, Reading, Standing
from monitoring.queries import kept_days_that_differ
from monitoring.services import open_source
from tests.builders import a_patient, an_enrollment, at

START, HANDED_ON, NOW = at("2026-03-01", "00:00:00"), at("2026-03-10", "00:00:00"), at("2026-04-01", "00:00:00")
# The suite tries the same streams each time, campaigns with PORTAL_STREAMS others.
streams = settings(
    max_examples=int(os.environ.get("PORTAL_STREAMS", "20")), deadline=None,
    derandomize="PORTAL_STREAMS" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
numbers = itertools.count()


@dataclass
class Stage:
    """A sender, a device that changes patients, and one that is not registered yet."""

    world: object
    source: object
    moved: str
    late: str
    other: object
    model: list = field(default_factory=list)

    def holder(self, serial, moment):
        """The enrollment that had a device at a moment."""
        return self.other.pk if serial == self.moved and moment >= HANDED_ON else self.world.enrollment.pk

    def send(self, body):
        """Send one body to the intake."""
        take_in(source=self.source, body=json.dumps(body).encode(), now=NOW)

    def register(self, order):
        """Register the late device and process the waiting deliveries in this order."""
        nurse = self.world.user("clinical_staff")
        device = enrollment.add_device(model=self.world.cuff, serial=self.late, by=nurse)
        enrollment.assign_device(device=device, enrollment=self.world.enrollment, starts_at=START, by=nurse)
        replay.play_all_again(self.world.practice.pk, now=NOW)
        waiting = list(Delivery.objects.filter(state="waiting").order_by("pk").values_list("pk", flat=True))
        for pk in order(waiting):
            intake.work(pk, now=NOW)

    def current_readings(self):
        """The readings in force of this sender: enrollment, device, moment, value."""
        rows = (
            Reading.objects.filter(names__sender=self.source, voided_at__isnull=True)
            .select_related("device")
            .distinct()
        )
        return sorted((row.enrollment_id, row.device.serial, row.measured_at, int(row.value)) for row in rows)


def a_stage(world):
    nurse, number = world.user("clinical_staff"), next(numbers)
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn=f"S{number}", family="Next"))
    moved, late = f"moved-{number}", f"late-{number}"
    device = enrollment.add_device(model=world.cuff, serial=moved, by=nurse)
    first = enrollment.assign_device(device=device, enrollment=world.enrollment, starts_at=START, by=nurse)
    enrollment.take_back_device(assignment=first, ends_at=HANDED_ON)
    enrollment.assign_device(device=device, enrollment=other, starts_at=HANDED_ON, by=nurse)
    source, _ = open_source(practice=world.practice, name=f"stream {number}", shape="portal", now=NOW)
    return Stage(world, source, moved, late, other)


def moment_of(name, day):
    # A separate minute for each name: no two names have the same measurement.
    return START + timedelta(days=day, hours=8, minutes=name)


def body_of(serial, name, day, value, status, issued=None):
    body = {"id": f"n{name}", "status": status}
    if status != "entered-in-error":
        body |= {"device": serial, "metric": "weight", "weight_kg": value,
                 "measured_at": moment_of(name, day).isoformat()}  # fmt: skip
    if issued is not None:
        body["issued"] = (NOW - timedelta(days=1) + timedelta(minutes=issued)).isoformat()
    return {"readings": [body]}


@contextlib.contextmanager
def rolled_back():
    """Run each stream on a database without the other streams."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def check_agreement(stage, model):
    assert stage.current_readings() == sorted(model)
    assert kept_days_that_differ(stage.world.practice.pk) == []
    rows = Reading.objects.filter(voided_at__isnull=True)
    for standing in Standing.objects.filter(practice=stage.world.practice):
        moments = [row.measured_at for row in rows if row.enrollment_id == standing.enrollment_id]
        assert standing.last_reading_at == max(moments, default=None)


LIVES = st.lists(
    st.tuples(
        st.sampled_from(["moved", "late"]),
        st.lists(
            st.tuples(st.sampled_from(["amended", "amended", "corrected", "entered-in-error"]), st.integers(2, 16),
                      st.integers(60, 64)),
            max_size=4,
        ),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@pytest.mark.slow
@streams
@given(lives=LIVES, seed=st.integers(0, 9999), registered=st.floats(0, 1))
def test_the_version_issued_last_counts_in_any_order_of_arrival(world, lives, seed, registered):
    with rolled_back():
        _issued(a_stage(world), lives, random.Random(seed), registered)


def _issued(stage, lives, chance, registered):
    bodies, model = [], []
    for name, (kind, later) in enumerate(lives):
        serial, issued = getattr(stage, kind), itertools.count(name * 10)
        life = [("final", 2 + name, 70), *later]
        bodies += [body_of(serial, name, day, value, status, next(issued)) for status, day, value in life]
        status, day, value = life[-1]
        if status != "entered-in-error":
            moment = moment_of(name, day)
            model.append((stage.holder(serial, moment), serial, moment, value))
    bodies += chance.sample(bodies, len(bodies) // 2)
    chance.shuffle(bodies)
    for n, body in enumerate(bodies):
        if n == int(registered * len(bodies)):
            stage.register(lambda waiting: chance.sample(waiting, len(waiting)))
        stage.send(body)
    if registered == 1:
        stage.register(lambda waiting: chance.sample(waiting, len(waiting)))

    check_agreement(stage, model)


class NaiveSender:
    """The same rules in a dictionary: each name has readings, with the days they were sent for."""

    def __init__(self):
        self.readings = {}
        self.clock = itertools.count()

    def receive(self, serial, name, day, value, status):
        readings, now = self.readings.setdefault(name, []), next(self.clock)
        if status == "entered-in-error":
            current = [r for r in readings if r["value"]]
            if current:
                max(current, key=lambda r: r["sent_at"])["value"] = None
            return
        amends = status == "amended"
        matches = [r for r in readings if (serial, day) in r["days"]]
        if not matches and amends and readings:
            matches = [max(readings, key=lambda r: r["sent_at"])]
        if not matches:
            readings.append({"days": {(serial, day)}, "value": (serial, day, value), "amended": amends, "sent_at": now})
            return
        reading = matches[-1]
        if reading["value"] and reading["amended"] and not amends:
            return  # a plain version never replaces an amended one
        if reading["value"] == (serial, day, value):
            reading["amended"] = reading["amended"] or amends
            return
        reading["days"].add((serial, day))
        reading |= {"value": (serial, day, value), "amended": amends, "sent_at": now}

    def current_readings(self):
        return [(name, *r["value"]) for name, readings in self.readings.items() for r in readings if r["value"]]


TALK = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from(["final", "final", "amended", "entered-in-error", "again"]),
        st.sampled_from([2, 2, 2, 14]), st.integers(60, 63),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@pytest.mark.slow
@streams
@given(talk=TALK, kind=st.sampled_from(["moved", "late"]), registered=st.floats(0, 1))
def test_without_moments_of_issue_the_last_to_arrive_counts(world, talk, kind, registered):
    with rolled_back():
        _arrived(a_stage(world), talk, kind, registered)


@pytest.mark.slow
@pytest.mark.xfail(reason="a retraction without a moment does not find the newest of two readings of one name")
def test_a_retraction_without_a_moment_after_a_name_was_used_for_two_readings(world):
    talk = [(1, "final", 2, 63), (1, "entered-in-error", 2, 60), (1, "final", 2, 62), (1, "final", 14, 61),
            (1, "amended", 2, 62), (1, "entered-in-error", 2, 60)]  # fmt: skip
    with rolled_back():
        _arrived(a_stage(world), talk, "moved", 0.0)


def _arrived(stage, talk, kind, registered):
    naive, sent = NaiveSender(), []
    serial = getattr(stage, kind)
    when = int(registered * len(talk))
    for n, (name, status, day, value) in enumerate(talk):
        if n == when:
            stage.register(list)
        if status == "again" and sent:
            name, status, day, value = sent[value % len(sent)]
        status = "final" if status == "again" else status
        # A retraction without a moment retracts all waiting readings of a name, so no name has two waiting readings.
        first = not any(item[0] == name for item in sent)
        day = 2 if kind == "late" and (status == "final" or first) else day
        if status == "entered-in-error" and first:
            continue  # a retraction that waits for its first reading is a separate test
        sent.append((name, status, day, value))
        stage.send(body_of(serial, name, day, value, status))
        naive.receive(serial, name, day, value, status)
    if when == len(talk):
        stage.register(list)

    model = [
        (stage.holder(serial, moment_of(name, day)), serial, moment_of(name, day), value)
        for name, serial, day, value in naive.current_readings()
    ]
    check_agreement(stage, model)
