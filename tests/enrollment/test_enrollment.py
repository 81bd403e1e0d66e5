"""What an enrollment needs to become active, and what is always refused."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from enrollment import services
from enrollment.models import Enrollment, Order
from rpm_portal.core.identifiers import is_mbi, is_npi, luhn
from rpm_portal.core.refusals import Refused
from tests.builders import STARTED, a_patient, an_enrollment, at

NOW = at(STARTED)


@pytest.mark.parametrize(
    ("npi", "valid"),
    [
        ("1234567893", True),
        ("1234567890", False),
        ("123456789", False),
        ("3234567893", False),
        ("12345678931", False),
        ("１２３４５６７８９３", False),
        ("", False),
    ],
)
def test_an_npi_is_checked_by_luhn(npi, valid):
    assert is_npi(npi) is valid


@pytest.mark.parametrize(
    ("mbi", "valid"),
    [
        ("1EG4TE5MK73", True),
        ("1EG4-TE5-MK73", True),
        ("1SG4TE5MK73", False),
        ("0EG4TE5MK73", False),
        ("1EG4TE5MK7", False),
    ],
)
def test_an_mbi_follows_its_pattern(mbi, valid):
    assert is_mbi(mbi) is valid


def test_luhn_counts_from_the_right():
    assert luhn("79927398713")
    assert not luhn("79927398710")


def draft(world, program="RPM", **facts):
    nurse = world.user("clinical_staff")
    patient = a_patient(world.practice, nurse, mrn="NEW", family="Hall", **facts)
    return services.draft_enrollment(
        patient=patient, program=program, billing_provider=world.members["physician"], by=nurse, now=NOW, diagnosis="I10",
        rtm_system="respiratory" if program == "RTM" else "",
    )  # fmt: skip


def test_an_enrollment_without_documents_lists_everything_that_is_missing(world):
    row = draft(world, established_on=None)

    with pytest.raises(ValidationError) as refusal:
        services.activate(enrollment=row, on=STARTED, by=world.user("clinical_staff"), now=NOW)

    message = " ".join(refusal.value.messages)
    for word in ("coverage", "established", "order", "consent"):
        assert word in message
    assert Enrollment.objects.get(pk=row.pk).state == "draft"


def test_a_draft_with_everything_becomes_active_with_an_episode(world):
    row = world.enrollment

    assert row.state == "active"
    assert row.episodes.get().educated_on == STARTED
    assert [h.state for h in row.history.order_by("history_id")] == ["draft", "ready", "active"]


def test_the_same_program_is_not_opened_twice(world):
    with pytest.raises(ValidationError, match="already enrolled"):
        services.draft_enrollment(
            patient=world.patient, program="RPM", billing_provider=world.members["physician"],
            by=world.user("clinical_staff"), now=NOW,
        )  # fmt: skip


def test_rpm_and_rtm_do_not_run_together(world):
    with pytest.raises(ValidationError, match="cannot start in the same 30-day period"):
        an_enrollment(world, world.patient, program="RTM", serial="rtm")


def test_discharge_ends_the_episode_and_is_final(world):
    doctor = world.user("physician")
    first = at("2026-03-01")
    row = services.discharge(enrollment=world.enrollment, on=date(2026, 3, 1), reason="goal met", by=doctor, now=first)

    assert row.episodes.get().ended_on == date(2026, 3, 1)
    with pytest.raises(Refused):
        services.discharge(enrollment=row, on=date(2026, 3, 2), reason="again", by=doctor, now=at("2026-03-02"))


def test_only_a_provider_with_an_npi_signs_an_order(world):
    with pytest.raises(ValidationError, match="NPI"):
        services.sign_order(
            enrollment=world.enrollment, ordered_by=world.members["clinical_staff"], measures="bp", frequency="daily",
            starts_on=STARTED, now=NOW,
        )  # fmt: skip


def test_orders_are_numbered_without_gaps_and_never_change(world):
    for _ in range(2):
        services.sign_order(
            enrollment=world.enrollment, ordered_by=world.members["physician"], measures="bp", frequency="daily",
            starts_on=STARTED, now=NOW,
        )  # fmt: skip
    assert list(Order.objects.filter(practice=world.practice).order_by("number").values_list("number", flat=True)) == [
        1,
        2,
        3,
    ]
    for statement in ("UPDATE enrollment_order SET goals = 'x'", "DELETE FROM enrollment_order"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_consent_is_not_dated_ahead(world):
    with pytest.raises(ValidationError, match="future"):
        services.record_consent(
            enrollment=world.enrollment, given_on=STARTED + timedelta(days=1), mode="phone", taken_by=world.user("clinical_staff"), now=NOW
        )  # fmt: skip


def test_an_invalid_medicare_id_is_refused(world):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="NEW")

    with pytest.raises(ValidationError, match="Medicare id"):
        services.add_coverage(
            patient=patient, payer=world.payer, member_id="1SG4TE5MK73", starts_on=STARTED, by=world.user("clinical_staff")
        )  # fmt: skip


def test_a_record_number_is_unique_in_a_practice_and_not_across_practices(world):
    with pytest.raises(ValidationError):
        a_patient(world.practice, world.user("clinical_staff"), mrn=world.patient.mrn)
    assert world.other.patient.mrn == world.patient.mrn


def test_a_device_is_with_one_patient_at_a_time(world):
    nurse = world.user("clinical_staff")
    row = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Hall"), serial="x2")
    assignment = world.enrollment.assignments.get()

    with pytest.raises(ValidationError, match="another patient"):
        services.assign_device(device=assignment.device, enrollment=row, starts_at=at("2026-03-01"), by=nurse)
    services.take_back_device(assignment=assignment, ends_at=at("2026-03-01"))
    assert services.assign_device(device=assignment.device, enrollment=row, starts_at=at("2026-03-01"), by=nurse).pk


def test_a_row_cannot_refer_to_another_practice(world):
    with pytest.raises(IntegrityError), transaction.atomic():
        assignment = world.enrollment.assignments.get()
        type(assignment).objects.filter(pk=assignment.pk).update(device=world.other.enrollment.assignments.get().device)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
