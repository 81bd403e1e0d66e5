"""The history tab: every change in words, from the rows' histories and the audit together."""

import time_machine
from django.test import Client
from django.urls import reverse

from enrollment import services
from monitoring.alerts.limits import set_limits
from rpm_portal.pages.chart.history import history_of
from rpm_portal.templatetags.portal import day
from tests.builders import an_enrollment, at

NOW = at("2026-03-10", "10:00:00")


def said(world, **more):
    entries = history_of(world.practice, world.patient, looks=more.get("looks", False))
    return [
        (entry.who, entry.what, [(c.name, c.before, c.after) for c in entry.changes], entry.why) for entry in entries
    ]


def test_a_change_tells_who_what_from_what_to_and_why(world):
    nurse = world.user("clinical_staff")
    with time_machine.travel(NOW):
        services.change_patient(patient=world.patient, reason="New number", by=nurse, now=NOW, phone="312-555-0100")
        services.change_enrollment(
            enrollment=world.enrollment, reason="Dr. on leave", by=nurse, now=NOW, billing_provider=world.members["qhp"]
        )
    found = said(world)

    assert (str(nurse), "patient changed", [("phone", "nothing", "312-555-0100")], "New number") in found
    swapped = [("billing provider", world.members["physician"].signature, world.members["qhp"].signature)]
    assert (str(nurse), "enrollment changed", swapped, "Dr. on leave") in found
    assert any(what == "sign order" for _, what, _, _ in found)


def test_limits_pauses_and_episodes_are_told_and_member_ids_are_not(world):
    doctor = world.user("physician")
    with time_machine.travel(NOW):
        set_limits(
            enrollment=world.enrollment, limits={("blood_pressure", 1): {"high": 140, "critical_high": 180}}, by=doctor
        )
        services.pause(enrollment=world.enrollment, on=NOW.date(), reason="in hospital", by=doctor, now=NOW)
    text = str(said(world))

    assert "('high', '150', '140')" in text
    assert "in hospital" in text
    # Days are written as everywhere else.
    assert f"'{day(NOW.date())}'" in text
    assert NOW.date().isoformat() not in text
    assert "1EG4TE5MK73" not in text
    assert "ending MK73" in text


def test_who_looked_is_told_where_it_is_asked_for_and_another_patients_history_is_not(world):
    client = Client()
    client.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    client.get(reverse("chart", args=[world.patient.public_id]))

    assert "read chart" not in str(said(world))
    assert "read chart" in str(said(world, looks=True))
    assert world.other.patient.family_name not in str(said(world, looks=True))


def test_the_history_takes_the_same_statements_whatever_happened(world, django_assert_max_num_queries):
    def cost():
        with django_assert_max_num_queries(16) as taken:
            history_of(world.practice, world.patient, looks=True)
        return len(taken)

    few = cost()
    an_enrollment(world, world.patient, program="CCM", serial="c2")
    for number in range(8):
        services.change_patient(
            patient=world.patient, reason="again", by=world.user("physician"), now=NOW, phone=f"555-{number}"
        )
    assert cost() == few
