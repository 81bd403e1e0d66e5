"""Moments come from the database as they went in, whoever parses them."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as st

from rpm_portal.core.db.timestamp_loader import MomentLoader

pytestmark = pytest.mark.django_db


def loaded(said):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [said])
        return cursor.fetchone()[0]


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_read_as_it_was_written(moment):
    found = loaded(moment)
    assert found == moment
    assert found.tzinfo is UTC


def test_each_connection_has_the_loader():
    connection.ensure_connection()
    assert connection.connection.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, 0) is MomentLoader


@pytest.mark.parametrize("said", ["infinity", "-infinity", "0044-03-15 12:00+00 BC", "10000-01-01 00:00+00"])
def test_what_no_date_can_hold_is_refused_as_the_driver_refuses_it(said):
    with pytest.raises((DataError, psycopg.DataError)):
        loaded(said)


def test_a_connection_told_another_zone_still_says_the_same_moment():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Kolkata'")
        cursor.execute("SELECT '2026-03-01 10:00:00.25+00'::timestamptz")
        assert cursor.fetchone()[0] == datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)
