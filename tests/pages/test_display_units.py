"""Pounds and Fahrenheit on every page where people read or type values, and kilograms and Celsius after a change.

The stored readings and the limits do not change with the practice's units.
"""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from monitoring.alerts import handle
from monitoring.alerts.limits import limits_form_values, set_limits, template_form_values
from monitoring.fhir import observations
from monitoring.intake import manual_entry
from monitoring.models import Alert, ConditionTemplate, LimitProposal, Reading, Threshold
from monitoring.readings.words import note_facts, packet_words
from monitoring.services import add_rule, set_threshold
from rpm_portal.accounts.unit_settings import set_units
from rpm_portal.core.days import local_day
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db


def weighed(world, kilograms, *, ago=timedelta(hours=1), metric="weight", field="weight_kg"):
    """A reading that a device sends in the metric's own unit."""
    at = timezone.now() - ago
    entry = {"device": world.serial, "metric": metric, field: kilograms, "measured_at": at.isoformat()}
    world.send([entry], now=timezone.now())
    return Reading.objects.order_by("-pk").first()


def typed(world, value, *, metric="weight", client=None, hours=1, **more):
    """A value typed on the page of manual entry."""
    local = timezone.now().astimezone(ZoneInfo(world.patient.zone)) - timedelta(hours=hours)
    form = {
        "kind": "patient", "device": str(manual_entry.assignments_of(world.enrollment)[0].pk), "metric": metric,
        "on": f"{local:%Y-%m-%d}", "at": f"{local:%H:%M}", "first": value, "units": "us", **more,
    }  # fmt: skip
    client = client or signed_in(world.user("clinical_staff"))
    return client.post(f"/enrollments/{world.enrollment.public_id}/readings/enter/", form)


def metric_units(world):
    set_units(units="metric", by=world.members["manager"], now=timezone.now())
    world.practice.refresh_from_db()


def pages(world):
    """Every page that shows a patient's values, by name, two minutes later (a chart is as of a whole minute)."""
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        return _pages(world)


def _pages(world):
    client, patient = signed_in(world.user("clinical_staff")), world.patient.public_id
    moment = timezone.now().astimezone(ZoneInfo(world.practice.zone))
    addresses = {
        "chart": f"/patients/{patient}/", "worklist": "/", "alerts": "/alerts/",
        "as of": f"/patients/{patient}/as-of/?at={moment:%Y-%m-%dT%H:%M}",
        "call": f"/enrollments/{world.enrollment.public_id}/calls/new/",
        "limits": f"/enrollments/{world.enrollment.public_id}/", "history": f"/patients/{patient}/history/",
    }  # fmt: skip
    return {name: client.get(address).content.decode() for name, address in addresses.items()}


@pytest.mark.slow
def test_every_page_shows_pounds_and_after_a_change_kilograms(world):
    doctor = world.user("physician")
    set_threshold(
        enrollment=world.enrollment, metric="weight", by=doctor, high=Decimal("81.65"), critical_high=Decimal("83.01"),
        unit="lb",
    )  # fmt: skip
    weighed(world, 82.74)
    shown = pages(world)
    for name in ("chart", "worklist", "alerts", "as of", "call"):
        assert "182.4 lb" in shown[name], name
        assert "82.74" not in shown[name], name
    for name in ("chart", "worklist", "alerts", "as of"):
        assert "limit 180" in shown[name], name
    assert "Weight, lb" in shown["limits"]
    assert 'value="180"' in shown["limits"]
    assert "180 lb" in shown["history"]
    assert "81.65" not in shown["history"]
    before = [(row.value, row.limit) for row in Alert.objects.all()]

    metric_units(world)
    shown = pages(world)
    for name in ("chart", "worklist", "alerts", "as of", "call"):
        assert "82.74 kg" in shown[name], name
    assert "Weight, kg" in shown["limits"]
    assert 'value="81.65"' in shown["limits"]
    assert [(row.value, row.limit) for row in Alert.objects.all()] == before == [(Decimal("82.74"), Decimal("81.65"))]
    assert Reading.objects.get().value == Decimal("82.74")


@pytest.mark.slow
def test_a_temperature_is_shown_in_fahrenheit(world):
    weighed(world, 37.5, metric="temperature", field="temperature_c")
    assert "99.5 °F" in pages(world)["chart"]
    metric_units(world)
    assert "37.5 °C" in pages(world)["chart"]


@pytest.mark.slow
@pytest.mark.parametrize(("later", "alerts"), [("185.0", 1), ("184.9", 0)])
def test_five_pounds_typed_on_the_page_alert_and_a_tenth_less_does_not(world, later, alerts):
    spec = {"kind": "change", "metric": "weight", "days": 3, "by": 5, "unit": "lb"}
    add_rule(enrollment=world.enrollment, spec=spec, severity="high", by=world.user("physician"))
    assert typed(world, "180.0", hours=3).status_code == 302
    assert typed(world, later).status_code == 302

    assert Reading.objects.order_by("pk").first().value == Decimal("81.65")
    assert Alert.objects.count() == alerts


@pytest.mark.slow
@pytest.mark.parametrize(("value", "alerts"), [("200", 0), ("200.1", 1)])
def test_a_limit_typed_in_pounds_is_broken_by_a_tenth_more(world, value, alerts):
    page = f"/enrollments/{world.enrollment.public_id}/cards/limits/"
    saved = signed_in(world.user("clinical_staff")).post(page, {"weight-1-high": "200", "units": "us", "goals": ""})
    assert saved.status_code == 302
    assert typed(world, value).status_code == 302

    limit = Threshold.objects.get(metric="weight")
    assert (limit.high, limit.unit) == (Decimal("90.72"), "lb")
    assert Alert.objects.count() == alerts


@pytest.mark.parametrize(
    ("value", "metric", "sentence"),
    [
        ("182.45", "weight", "Enter lb with at most one decimal."), ("993", "weight", "Enter a value from 5 to 992 lb."),
        ("3", "weight", "Enter a value from 5 to 992 lb."), ("37", "temperature", "Enter a value from 77 to 113 °F."),
        ("NaN", "weight", "Enter a number."), ("1e9", "weight", "Ensure that there are no more than"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_in_the_unit_of_the_page_is_refused(world, value, metric, sentence):
    answer = typed(world, value, metric=metric)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Reading.objects.exists()


@pytest.mark.slow
def test_what_was_typed_in_pounds_stays_in_pounds_if_the_setting_changed_meanwhile(world):
    client = signed_in(world.user("clinical_staff"))
    page = client.get(f"/enrollments/{world.enrollment.public_id}/readings/enter/").content.decode()
    assert '<input type="hidden" name="units" value="us"' in page
    assert "Weight (lb)" in page
    metric_units(world)

    assert typed(world, "182.4", client=client).status_code == 302
    assert typed(world, "82.7", client=client, hours=2, units="metric").status_code == 302
    assert [row.value for row in Reading.objects.order_by("pk")] == [Decimal("82.74"), Decimal("82.70")]


def test_a_correction_is_typed_in_the_units_of_the_page(world):
    reading, client = weighed(world, 82.74), signed_in(world.user("clinical_staff"))
    page = f"/enrollments/{world.enrollment.public_id}/readings/correct/"
    form = {"reading": reading.pk, "reason": "Read the wrong line", "units": "us"}
    assert client.post(page, form | {"first": "1824"}).status_code == 422
    assert client.post(page, form | {"first": "184.2"}).status_code == 302

    assert Reading.objects.get(voided_at__isnull=True).value == Decimal("83.55")


def test_limits_that_are_saved_unchanged_keep_their_value_and_unit(world):
    doctor = world.user("physician")
    set_threshold(enrollment=world.enrollment, metric="weight", by=doctor, high=Decimal("90.70"))
    for units in ("us", "metric"):
        shown = limits_form_values(world.enrollment, units=units)
        page = signed_in(world.user("clinical_staff"))
        values = {name: value for name, value in shown.items() if value is not None}
        assert page.post(f"/enrollments/{world.enrollment.public_id}/cards/limits/", values).status_code == 302
        limit = Threshold.objects.get(metric="weight")
        assert (limit.high, limit.unit, limit.history.count()) == (Decimal("90.70"), "", 1)
    assert set_limits(enrollment=world.enrollment, by=doctor, limits={("weight", 1): {"high": Decimal("90.71")}}) == 1


def test_a_draft_of_limits_keeps_the_units_in_which_it_was_typed(world):
    client, page = signed_in(world.user("clinical_staff")), f"/enrollments/{world.enrollment.public_id}/"
    client.post(f"{page}drafts/limits/", {"weight-1-high": "200", "units": "us", "goals": ""})
    metric_units(world)
    shown = client.get(page).content.decode()

    assert "Weight, lb" in shown
    assert 'value="200"' in shown


@pytest.mark.parametrize(
    ("limit", "us", "metric"),
    [
        ({"high": 90}, "198.4", "90"), ({"high": 200, "unit": "lb"}, "200", "90.72"),
    ],
)  # fmt: skip
def test_a_template_fills_the_form_in_the_units_of_the_practice(world, limit, us, metric):
    template = ConditionTemplate(practice=world.practice, name="Weight", limits=[{"metric": "weight", **limit}])
    template.full_clean()

    assert template_form_values(template, units="us")["weight-1-high"] == us
    assert template_form_values(template, units="metric")["weight-1-high"] == metric


@pytest.mark.parametrize("limit", [{"metric": "glucose", "unit": "lb"}, {"metric": "weight", "unit": "st"}])
def test_a_template_with_a_unit_of_another_measure_is_refused(world, limit):
    with pytest.raises(Exception, match="unit is lb for a weight"):
        ConditionTemplate(practice=world.practice, name="Odd", limits=[limit | {"high": 200}]).full_clean()


def test_a_proposed_limit_is_shown_and_typed_in_pounds(world):
    doctor = world.user("physician")
    set_threshold(enrollment=world.enrollment, metric="weight", by=doctor, high=Decimal("90.72"), unit="lb")
    for hours in (4, 2):
        weighed(world, 92.08, ago=timedelta(hours=hours))
        alert = Alert.objects.exclude(state="closed").get()
        handle.review_alert(
            alert=alert,
            conclusion="expected",
            note="Usual for him.",
            by=world.user("clinical_staff"),
            now=timezone.now(),
        )
    proposal, client = LimitProposal.objects.get(), signed_in(doctor)
    page = client.get("/alerts/").content.decode()
    assert "200 lb: exceeded" in page
    assert "203 lb" in page
    decide = f"/limits/{proposal.public_id}/decide/"
    assert client.post(decide, {"new_limit": "205.55", "units": "us"}).status_code == 422
    assert client.post(decide, {"new_limit": "205", "units": "us"}).status_code == 302

    limit = Threshold.objects.get(metric="weight")
    assert (limit.high, limit.unit) == (Decimal("92.99"), "lb")


def test_the_average_of_a_note_is_in_pounds(world):
    for hours, kilograms in ((3, 81.65), (2, 83.91)):
        weighed(world, kilograms, ago=timedelta(hours=hours))
    now = timezone.now()
    us, metric = (note_facts(world.enrollment.pk, zone="America/Chicago", now=now, units=u) for u in ("us", "metric"))

    assert (us["average"], metric["average"]) == ("183 lb", "83 kg")
    assert us["latest"].endswith("185 lb")
    assert metric["latest"].endswith("83.91 kg")


def test_the_preview_of_a_file_shows_pounds(world):
    local = local_day(timezone.now(), world.patient.zone) - timedelta(days=1)
    form = {
        "text": f"when,weight\n{local} 08:00,82.74\n", "device": str(manual_entry.assignments_of(world.enrollment)[0].pk),
        "metric": "weight", "moment": "when", "first": "weight", "unit": "kg", "time": "", "second": "", "pulse": "",
        "only_column": "", "only_value": "",
    }  # fmt: skip
    client = signed_in(world.user("clinical_staff"))
    page = client.post(f"/enrollments/{world.enrollment.public_id}/readings/file/", form).content.decode()

    assert "<td>182.4 lb</td>" in page


@pytest.mark.parametrize(
    ("metric", "values", "words"),
    [
        ("weight", ("82.74", None), "182.4 lb (82.74 kg)"), ("temperature", ("37.50", None), "99.5 °F (37.5 °C)"),
        ("blood_pressure", ("148", "92"), "148/92 mmHg"), ("glucose", ("112", None), "112 mg/dL"),
    ],
)  # fmt: skip
def test_a_packet_has_both_units_whatever_the_practice_shows(metric, values, words):
    first, second = (None if value is None else Decimal(value) for value in values)
    assert packet_words(metric, first, second) == words


def test_the_api_and_the_stored_values_stay_in_ucum_units(world):
    reading = weighed(world, 82.74)
    (before,) = observations(world.practice.pk, [reading])
    metric_units(world)

    assert [before] == observations(world.practice.pk, [Reading.objects.get()])
    assert before["valueQuantity"]["code"] == "kg"
