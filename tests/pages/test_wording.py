"""Wording on pages: moments of another year, exceeded limits, policy names, singular and plural."""

from datetime import date
from decimal import Decimal

import pytest

from billing.policies.coverage_check import policy_words
from billing.rules.sentences import sentence
from monitoring.readings.words import broken_words
from monitoring.views.reading_forms import CorrectionForm
from rpm_portal.templatetags.portal import moment
from tests.builders import ZONE, at


class _Request:
    year = 2026

    class practice:
        zone = ZONE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (at("2026-01-01", "00:00:00"), ">Jan 1, 12:00 AM<"),
        # One second earlier it is another year in the practice's time zone, but not in UTC.
        (at("2025-12-31", "23:59:59"), ">Dec 31, 2025, 11:59 PM<"),
    ],
)
def test_a_moment_of_another_year_shows_the_year(value, expected):
    assert expected in moment({"request": _Request}, value)


@pytest.mark.parametrize(
    ("metric", "part", "limit", "units", "expected"),
    [
        ("blood_pressure", 1, "180.00", "us", "limit 180"),
        ("blood_pressure", 2, "95.00", "us", "diastolic limit 95"),
        ("peak_flow", 2, "2.50", "us", "FEV1 limit 2.5"),
        ("weight", 1, "100.00", "metric", "limit 100"),
        ("weight", 1, "90.72", "us", "limit 200"),
    ],
)
def test_an_exceeded_limit_names_its_value(metric, part, limit, units, expected):
    assert broken_words(metric, part, Decimal(limit), units=units) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("medicare_general_supervision", "Medicare, general supervision"),
        ("medicare_general_supervision (row 7)", "Medicare, general supervision, with this payer's own terms"),
        ("some_payer", "some payer"),
    ],
)
def test_a_policy_is_named_in_words(name, expected):
    assert policy_words(name) == expected


@pytest.mark.parametrize(("days", "expected"), [(1, "with 1 day of"), (2, "with 2 days of"), (11, "with 11 days of")])
def test_one_day_is_singular(days, expected):
    values = {"start": date(2026, 11, 28), "end": date(2026, 12, 27), "days": days}
    assert expected in sentence("DEVICE_PERIOD_OPEN", values)


@pytest.mark.parametrize(
    ("metric", "units", "labels"),
    [
        ("blood_pressure", "us", ["Systolic, mmHg", "Diastolic, mmHg", "Pulse", "Reason"]),
        ("weight", "metric", ["Weight, kg", "Reason"]),
        ("weight", "us", ["Weight, lb", "Reason"]),
        ("peak_flow", "us", ["Peak flow, L/min", "FEV1, L", "Reason"]),
    ],
)
def test_a_correction_asks_for_the_values_of_its_measure(metric, units, labels):
    form = CorrectionForm(metric=metric, units=units)
    assert [field.label for field in form.visible_fields()] == labels
