"""The first qualifying day of an enrollment: found by index, without reading all later days."""

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


def add_days(world, first, count, **counts):
    day_counts = {"automatic": 1} | counts
    ReadingDay.objects.bulk_create(
        ReadingDay(
            practice=world.practice,
            enrollment=world.enrollment,
            device=world.enrollment.assignments.get().device,
            local_day=first + timedelta(days=n),
            first_received_at="2026-01-01T00:00Z",
            changed_at="2026-01-01T00:00Z",
            **day_counts,
        )
        for n in range(count)
    )


def test_a_day_before_the_service_or_without_readings_does_not_qualify(world):
    pk = world.enrollment.pk
    add_days(world, FIRST, 1)
    add_days(world, FIRST + timedelta(days=2), 1, automatic=0, reported=1)
    add_days(world, FIRST + timedelta(days=5), 2)

    assert first_reading_days({pk: FIRST}, reported_counts=set()) == {pk: FIRST}
    assert first_reading_days({pk: FIRST + timedelta(days=1)}, reported_counts=set()) == {pk: FIRST + timedelta(days=5)}
    assert first_reading_days({pk: FIRST + timedelta(days=1)}, reported_counts={pk}) == {pk: FIRST + timedelta(days=2)}
    assert first_reading_days({pk: FIRST + timedelta(days=7)}, reported_counts=set()) == {}


def _rows_read(node):
    own = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == "monitoring_readingday" else 0
    return own + sum(map(_rows_read, node.get("Plans", ())))


def _plan(world):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {FIRST_DAYS}", [[world.enrollment.pk], [FIRST], [False]])
        (plan,) = cursor.fetchone()
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


@pytest.mark.slow
def test_two_years_of_days_read_as_few_rows_as_one_day(world):
    add_days(world, FIRST, 700)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE monitoring_readingday")

    assert _rows_read(_plan(world)) < 10


@pytest.mark.slow
def test_outdated_statistics_of_devices_do_not_change_the_plan(world):
    """A planner that expects hardly any day would read and sort them all, at the same estimated cost."""
    add_days(world, FIRST, 700)
    model = world.enrollment.assignments.get().device.model
    Device.objects.bulk_create(Device(practice=world.practice, model=model, serial=f"more-{n}") for n in range(2000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE monitoring_readingday, enrollment_device")
        # The statistics that a vacuum writes after the rows are deleted, until the next ANALYZE.
        cursor.execute("UPDATE pg_class SET reltuples = 0 WHERE oid = 'enrollment_device'::regclass")
    plan = _plan(world)
    (limit,) = (node for node in plan["Plans"] if node["Node Type"] == "Limit")

    assert _rows_read(plan) < 10
    assert limit["Plans"][0]["Plan Rows"] > 50
