"""The practice's units: who sets them, and what the history and the audit keep of it."""

import pytest
from django.utils import timezone

from rpm_portal.accounts.models import Practice
from rpm_portal.accounts.unit_settings import set_units, unit_changes
from rpm_portal.audit.models import Event
from rpm_portal.core.access import PERMISSIONS_BY_ROLE, Permission
from rpm_portal.core.refusals import Refused
from tests.test_access import signed_in

PAGE = "/settings/display/"
pytestmark = pytest.mark.django_db


def test_a_new_practice_has_pounds_and_fahrenheit():
    assert Practice().units == "us"


def test_a_change_is_in_the_audit_and_on_the_page_with_its_person(world):
    manager = signed_in(world.user("manager"))
    assert "Earlier changes" not in manager.get(PAGE).content.decode()
    page = manager.post(PAGE, {"units": "metric"}).content.decode()
    event = Event.objects.for_practice(world.practice).get(action="change_display_units")

    assert "Units saved: kilograms and degrees Celsius." in page
    assert f"Kilograms and degrees Celsius, {world.user('manager')}" in page
    assert (event.detail, event.actor) == ({"before": "us", "units": "metric"}, world.user("manager"))
    assert Practice.objects.get(pk=world.practice.pk).units == "metric"
    assert Practice.objects.get(pk=world.other.practice.pk).units == "us"


@pytest.mark.parametrize("units", ["us", "stone", "", "us\x00", "METRIC"])
def test_the_same_or_unknown_units_are_refused_and_nothing_is_recorded(world, units):
    answer = signed_in(world.user("admin")).post(PAGE, {"units": units})

    assert answer.status_code in {400, 422}
    assert not Event.objects.filter(action="change_display_units").exists()
    with pytest.raises(Refused, match="Not saved"):
        set_units(units=units, by=world.members["admin"], now=timezone.now())
    assert unit_changes(world.practice) == []


def test_only_managers_and_administrators_change_the_units(world):
    allowed = {role for role, permissions in PERMISSIONS_BY_ROLE.items() if Permission.CHANGE_DISPLAY in permissions}
    assert allowed == {"manager", "admin"}
    for role in ("clinical_staff", "physician", "biller", "auditor"):
        assert signed_in(world.user(role)).post(PAGE, {"units": "metric"}).status_code == 403
    assert Practice.objects.get(pk=world.practice.pk).units == "us"


def test_each_change_is_listed_the_latest_first(world):
    by = world.members["manager"]
    for units in ("metric", "us"):
        set_units(units=units, by=by, now=timezone.now())

    changes = unit_changes(world.practice)
    assert [change.units for change in changes] == ["pounds and degrees Fahrenheit", "kilograms and degrees Celsius"]
    assert {change.by for change in changes} == {str(by.user)}
