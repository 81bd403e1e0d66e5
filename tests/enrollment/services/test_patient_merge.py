"""Merge of two records of one person; a running timer continues."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from enrollment import services as enrollment
from enrollment.models import Patient
from enrollment.queries import patients
from rpm_portal.audit.models import Event
from tests.builders import a_patient, an_enrollment, at
from timetracking import timers
from timetracking.models import MonthTotal

NOW = at("2026-03-20")
WHY = "Same birth date, card and phone"


@pytest.fixture
def twin(world):
    """A second record of the same person, without an enrollment."""
    return a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Ortega", given_name="Miguel")


def merge(world, keep, other, *, reason=WHY):
    return enrollment.merge_patients(keep=keep, other=other, reason=reason, by=world.user("manager"), now=NOW)


def test_enrollments_move_and_a_running_timer_continues(world, twin):
    world.work("2026-03-10", 600)
    timer = timers.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["clinical_staff"], now=NOW
    )
    merge(world, twin, world.patient)
    world.enrollment.refresh_from_db()

    assert world.enrollment.patient == twin
    assert timers.running_timer(world.user("clinical_staff")).pk == timer.pk
    stopped = timers.stop_running(staff=world.user("clinical_staff"), now=NOW + timedelta(minutes=5))
    assert stopped.enrollment.patient == twin
    assert MonthTotal.objects.get().staff_seconds == 900
    assert [row.pk for row in patients(world.practice, words="Ortega")] == [twin.pk]
    assert world.enrollment.history.first().history_change_reason.startswith("Merged from record A1")
    assert Event.objects.get(action="merge_patients").detail["from"] == world.patient.public_id


def test_the_duplicates_chart_redirects_to_the_kept_record(world, twin):
    merge(world, world.patient, twin)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")

    assert client.get(f"/patients/{twin.public_id}/")["Location"] == f"/patients/{world.patient.public_id}/"


def test_records_that_cannot_be_merged_are_refused_and_nothing_moves(world, twin):
    for keep, other, reason, message in [
        (world.patient, world.patient, WHY, "two records"),
        (world.patient, world.other.patient, WHY, "two records"),
        (world.patient, twin, "same", "ten characters"),
    ]:
        with pytest.raises(ValidationError, match=message):
            merge(world, keep, other, reason=reason)
    an_enrollment(world, twin, serial="second")
    with pytest.raises(ValidationError, match="End one first"):
        merge(world, world.patient, twin)
    assert Patient.objects.filter(merged_into=None, practice=world.practice).count() == 2
    assert twin.enrollments.count() == 1


def test_a_record_is_merged_once_and_a_billed_one_cannot_be_the_duplicate(world, twin):
    from tests.billing.close.test_close import compute
    from tests.builders import days

    world.read(days("2026-02-10", "2026-03-31"))
    compute(world)
    with pytest.raises(ValidationError, match="billed or visited"):
        merge(world, twin, world.patient)
    merge(world, world.patient, twin)
    with pytest.raises(ValidationError, match="already"):
        merge(world, world.patient, twin)


def test_the_page_names_the_duplicate_by_its_record_number(world, twin):
    client = Client()
    client.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    url = f"/patients/{world.patient.public_id}/merge/"

    assert "no patient with this MRN" in client.post(url, {"record_number": "C1", "reason": WHY}).content.decode()
    assert client.post(url, {"record_number": "B2", "reason": WHY}).status_code == 302
    twin.refresh_from_db()
    assert twin.merged_into == world.patient
