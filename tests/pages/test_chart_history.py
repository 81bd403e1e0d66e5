"""The history page: every change, from row histories and the audit log."""

import time_machine
from django.test import Client
from django.urls import reverse

from enrollment import services
from monitoring.alerts.limits import set_limits
from rpm_portal.pages.chart.history import history_of
from rpm_portal.templatetags.portal import day
from tests.builders import an_enrollment, at

NOW = at("2026-03-10", "10:00:00")


def entries_of(world, **more):
    entries = history_of(world.practice, world.patient, looks=more.get("looks", False))
    return [
        (entry.who, entry.what, [(c.name, c.before, c.after) for c in entry.changes], entry.why) for entry in entries
    ]


def test_a_change_shows_person_old_value_new_value_and_reason(world):
    nurse = world.user("clinical_staff")
    with time_machine.travel(NOW):
        services.change_patient(patient=world.patient, reason="New number", by=nurse, now=NOW, phone="312-555-0100")
        services.change_enrollment(
            enrollment=world.enrollment, reason="Dr. on leave", by=nurse, now=NOW, billing_provider=world.members["qhp"]
        )
    entries = entries_of(world)

    assert (str(nurse), "patient changed", [("phone", "nothing", "312-555-0100")], "New number") in entries
    provider_change = [("billing provider", world.members["physician"].signature, world.members["qhp"].signature)]
    assert (str(nurse), "enrollment changed", provider_change, "Dr. on leave") in entries
    assert any(what == "sign order" for _, what, _, _ in entries)


def test_limits_pauses_and_episodes_are_shown_and_member_ids_are_not(world):
    doctor = world.user("physician")
    with time_machine.travel(NOW):
        set_limits(
            enrollment=world.enrollment, limits={("blood_pressure", 1): {"high": 140, "critical_high": 180}}, by=doctor
        )
        services.pause(enrollment=world.enrollment, on=NOW.date(), reason="in hospital", by=doctor, now=NOW)
    text = str(entries_of(world))

    assert "('high', '150', '140')" in text
    assert "in hospital" in text
    # Days have the same format as on other pages.
    assert f"'{day(NOW.date())}'" in text
    assert NOW.date().isoformat() not in text
    assert "1EG4TE5MK73" not in text
    assert "ending MK73" in text


def test_chart_reads_are_shown_on_request_and_another_patients_history_never(world):
    client = Client()
    client.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    client.get(reverse("chart", args=[world.patient.public_id]))

    assert "read chart" not in str(entries_of(world))
    assert "read chart" in str(entries_of(world, looks=True))
    assert world.other.patient.family_name not in str(entries_of(world, looks=True))


def test_the_history_takes_the_same_statements_for_any_number_of_changes(world, django_assert_max_num_queries):
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
