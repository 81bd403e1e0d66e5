"""A patient's death ends monitoring and is the last day that counts."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from enrollment import services as enrollment
from enrollment.models import Enrollment, Patient
from tests.builders import a_patient, at

NOW = at("2026-03-20", "12:00:00")


def died(world, on, *, source="daughter by phone", now=NOW):
    return enrollment.record_death(
        patient=world.patient, on=date.fromisoformat(on), source=source, by=world.user("clinical_staff"), now=now
    )


@pytest.mark.parametrize("on", ["2026-03-20", "2026-03-12", "2026-02-18"])
def test_a_death_ends_monitoring_on_its_day(world, on):
    died(world, on)
    row = Enrollment.objects.get(pk=world.enrollment.pk)

    assert (row.state, str(row.discharged_on)) == ("discharged", on)
    assert row.discharge_reason == "Patient died: daughter by phone"
    assert str(Patient.objects.get(pk=world.patient.pk).died_on) == on


def test_a_death_long_ago_ends_monitoring_today_and_keeps_its_day(world):
    died(world, "2026-02-17")

    assert str(Enrollment.objects.get(pk=world.enrollment.pk).discharged_on) == "2026-03-20"
    assert str(Patient.objects.get(pk=world.patient.pk).died_on) == "2026-02-17"


@pytest.mark.parametrize(
    ("on", "source", "message"),
    [
        ("2026-03-21", "daughter", "This day is in the future. Enter the day on which the patient died."),
        ("1950-03-01", "daughter", "The patient was born on 1950-03-02. Check the date of death."),
        ("2026-01-04", "daughter", "Monitoring began on 2026-01-05, after that day. Check the date of death."),
        ("2026-03-12", "  ", "Write who reported the death, for example: daughter by phone."),
    ],
)
def test_a_refused_death_changes_nothing(world, on, source, message):
    with pytest.raises(ValidationError) as refusal:
        died(world, on, source=source)

    assert refusal.value.messages == [message]
    assert Patient.objects.get(pk=world.patient.pk).died_on is None
    assert Enrollment.objects.get(pk=world.enrollment.pk).state == "active"


def test_nothing_starts_after_the_death(world):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="D1", died_on=date(2026, 3, 1))
    row = enrollment.draft_enrollment(
        patient=patient, program="RPM", billing_provider=world.members["physician"], by=world.user("clinical_staff"),
        now=NOW,
    )  # fmt: skip

    said = "The patient died on 2026-03-01. Nothing starts after that day."
    assert said not in enrollment.missing_for_start(row, on=date(2026, 3, 1))
    assert said in enrollment.missing_for_start(row, on=date(2026, 3, 2))


def test_the_death_is_recorded_on_the_enrollments_page(world, client):
    client.force_login(world.user("clinical_staff"))
    url = reverse("enroll:move", args=[world.enrollment.public_id])
    today = at("2026-03-20")
    Patient.objects.filter(pk=world.patient.pk).update(died_on=None)

    answer = client.post(url, {"to": "died", "on": "2999-01-01", "reason": "daughter"})
    assert answer.status_code == 422
    assert b"This day is in the future. Enter the day on which the patient died." in answer.content
    answer = client.post(url, {"to": "died", "on": str(today.date()), "reason": "daughter"}, follow=True)

    assert b"Died" in answer.content
    assert Patient.objects.get(pk=world.patient.pk).died_on == today.date()
    assert b"Record death" not in answer.content
