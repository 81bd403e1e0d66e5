"""The first qualifying day of an enrollment: found where it is, and never by reading all that came after."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection

from enrollment.models import Device
from monitoring.models import ReadingDay
from monitoring.queries import FIRST_DAYS, first_reading_days
from tests.builders import a_world

pytestmark = pytest.mark.django_db
FIRST = date(2026, 1, 10)


@pytest.fixture
def world(db):
    return a_world(with_other=False)


def told(world, first, count, **counts):
    given = {"automatic": 1} | counts
    ReadingDay.objects.bulk_create(
        ReadingDay(
            practice=world.practice,
            enrollment=world.enrollment,
            device=world.enrollment.assignments.get().device,
            local_day=first + timedelta(days=n),
            first_received_at="2026-01-01T00:00Z",
            changed_at="2026-01-01T00:00Z",
            **given,
        )
        for n in range(count)
    )


def test_a_day_before_the_service_and_one_nobody_measured_are_none(world):
    pk = world.enrollment.pk
    told(world, FIRST, 1)
    told(world, FIRST + timedelta(days=2), 1, automatic=0, reported=1)
    told(world, FIRST + timedelta(days=5), 2)

    assert first_reading_days({pk: FIRST}, reported_counts=set()) == {pk: FIRST}
    assert first_reading_days({pk: FIRST + timedelta(days=1)}, reported_counts=set()) == {pk: FIRST + timedelta(days=5)}
    assert first_reading_days({pk: FIRST + timedelta(days=1)}, reported_counts={pk}) == {pk: FIRST + timedelta(days=2)}
    assert first_reading_days({pk: FIRST + timedelta(days=7)}, reported_counts=set()) == {}


def _read(node):
    own = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == "monitoring_readingday" else 0
    return own + sum(map(_read, node.get("Plans", ())))


def _plan(world):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {FIRST_DAYS}", [[world.enrollment.pk], [FIRST], [False]])
        (plan,) = cursor.fetchone()
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def test_two_years_of_days_cost_what_one_day_costs(world):
    told(world, FIRST, 700)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE monitoring_readingday")

    assert _read(_plan(world)) < 10


def test_old_figures_of_devices_do_not_make_the_first_day_look_far(world):
    """Who expects hardly a day to be found reads them all and sorts them: as cheap by the planner's figures."""
    told(world, FIRST, 700)
    model = world.enrollment.assignments.get().device.model
    Device.objects.bulk_create(Device(practice=world.practice, model=model, serial=f"more-{n}") for n in range(2000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE monitoring_readingday, enrollment_device")
        # What a vacuum writes when they are gone, until the columns are looked at again.
        cursor.execute("UPDATE pg_class SET reltuples = 0 WHERE oid = 'enrollment_device'::regclass")
    plan = _plan(world)
    (limit,) = (node for node in plan["Plans"] if node["Node Type"] == "Limit")

    assert _read(plan) < 10
    assert limit["Plans"][0]["Plan Rows"] > 50
