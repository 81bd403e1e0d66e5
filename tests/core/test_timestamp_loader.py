"""Timestamps are read from the database as they were written."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as st

from rpm_portal.core.db.timestamp_loader import TimestampLoader

pytestmark = pytest.mark.django_db


def load(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        return cursor.fetchone()[0]


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_timestamp_is_read_as_it_was_written(moment):
    result = load(moment)
    assert result == moment
    assert result.tzinfo is UTC


def test_each_connection_has_the_loader():
    connection.ensure_connection()
    assert connection.connection.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, 0) is TimestampLoader


@pytest.mark.parametrize("text", ["infinity", "-infinity", "0044-03-15 12:00+00 BC", "10000-01-01 00:00+00"])
def test_a_timestamp_outside_pythons_range_is_refused_as_by_the_driver(text):
    with pytest.raises((DataError, psycopg.DataError)):
        load(text)


def test_a_connection_in_another_zone_reads_the_same_time():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Kolkata'")
        cursor.execute("SELECT '2026-03-01 10:00:00.25+00'::timestamptz")
        assert cursor.fetchone()[0] == datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)
