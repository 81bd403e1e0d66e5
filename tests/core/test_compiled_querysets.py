"""Prepared querysets return the rows of the queryset, and refuse a `build` that inspects its values."""

from datetime import date, datetime

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef

from enrollment.models import Enrollment
from monitoring.models import Reading, Threshold
from rpm_portal.core.db import prepared_statements
from rpm_portal.core.db.compiled_querysets import Prepared
from tests.builders import at, days

pytestmark = pytest.mark.django_db


def rows(since, enrollment):
    readings = Reading.objects.filter(enrollment=enrollment, measured_at__gte=since).select_related("device__model")
    return readings.order_by("measured_at")


def test_rows_joined_rows_and_annotations_are_those_of_the_queryset(world):
    world.read(days("2026-03-01", "2026-03-05"))
    since = at("2026-03-03", "00:00:00")
    prepared = Prepared(rows, since=datetime, enrollment=int)
    for _ in range(3):
        result = prepared(since=since, enrollment=world.enrollment.pk)
        assert [vars(row)["_state"].adding for row in result] == [False] * 3
        assert result == list(rows(since, world.enrollment.pk))
        assert [row.value for row in result] == [row.value for row in rows(since, world.enrollment.pk)]
        assert {row.device.model.name for row in result} == {world.cuff.name}
    assert prepared(since=at("2026-03-05", "00:00:00"), enrollment=world.enrollment.pk) == result[-1:]

    limited = Exists(Threshold.objects.filter(enrollment=OuterRef("pk")))
    by_public_id = Prepared(
        lambda public_id: Enrollment.objects.filter(public_id=public_id).annotate(limited=limited), public_id=str
    )
    (row,) = by_public_id(public_id=world.enrollment.public_id)
    assert row.limited == Threshold.objects.filter(enrollment=world.enrollment).exists()
    assert by_public_id(public_id="'; --") == []


def test_a_value_that_is_inspected_while_building_is_refused(world):
    inspecting = Prepared(lambda day: Enrollment.objects.filter(started_on__year=day.year), day=date)
    with pytest.raises(ValueError, match="does not use day"):
        inspecting(day=date(2026, 3, 1))


def test_each_call_uses_its_own_values(world):
    by_practice = Prepared(lambda practice: Enrollment.objects.filter(practice=practice), practice=int)
    assert {row.practice_id for row in by_practice(practice=world.practice.pk)} == {world.practice.pk}
    assert {row.practice_id for row in by_practice(practice=world.other.practice.pk)} == {world.other.practice.pk}


@pytest.mark.django_db
def test_a_statement_is_prepared_for_few_keys_only():
    for size in (prepared_statements.MAX_KEYS_PREPARED, prepared_statements.MAX_KEYS_PREPARED + 1):
        rows = prepared_statements.prepared_rows(f"SELECT {size}, cardinality(%s::bigint[])", [list(range(size))])
        assert rows == [(size, size)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%cardinality($1::bigint[])'")
        assert [row[0].split(",")[0] for row in cursor.fetchall()] == [
            f"SELECT {prepared_statements.MAX_KEYS_PREPARED}"
        ]
