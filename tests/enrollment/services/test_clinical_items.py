"""The medication, allergy and caregiver lists: entries are dated, ended with a reason, and never changed."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from enrollment.models import NO_KNOWN_ALLERGIES, ClinicalItem
from enrollment.services.clinical_items import add_item, end_item
from enrollment.services.patient_merge import merge_patients
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.builders import a_patient, a_world, at

NOW = at("2026-03-20")
TODAY = date(2026, 3, 20)


@pytest.fixture
def world(db):
    return a_world(with_other=False)


def add(world, name="Penicillin", *, kind="allergy", since=TODAY, **more):
    patient, nurse = more.pop("patient", world.patient), world.members["clinical_staff"]
    return add_item(patient=patient, kind=kind, name=name, since=since, by=nurse, now=NOW, today=TODAY, **more)


def end(world, item, reason="Entered for another patient.", *, today=TODAY):
    return end_item(item=item, reason=reason, by=world.members["clinical_staff"], now=NOW, today=today)


def active(world):
    return [item.name for item in ClinicalItem.objects.filter(patient=world.patient, ended_on=None)]


def test_an_entry_has_its_person_and_day_and_leaves_an_event(world):
    item = add(world, "Lisinopril", kind="medication", detail="20 mg daily")

    assert (item.recorded_by, item.recorded_at, item.since, item.origin) == (
        world.user("clinical_staff"),
        NOW,
        TODAY,
        "staff",
    )
    event = Event.objects.get(action="add_clinical_item")
    assert "Lisinopril" not in str(event.detail)


@pytest.mark.parametrize(("since", "is_possible"), [(0, True), (1, False)])
def test_an_entry_is_not_from_a_day_in_the_future(world, since, is_possible):
    day = TODAY + timedelta(days=since)
    if is_possible:
        assert add(world, since=day).pk
    else:
        with pytest.raises(Refused, match="between the date of birth and today"):
            add(world, since=day)


def test_an_entry_is_not_from_before_the_birth(world):
    assert add(world, "Latex", since=world.patient.born_on).pk
    with pytest.raises(Refused, match="between the date of birth"):
        add(world, since=world.patient.born_on - timedelta(days=1))


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e"])
def test_an_entry_needs_a_visible_name(world, name):
    with pytest.raises(Refused, match="Enter a name"):
        add(world, name)
    assert not ClinicalItem.objects.exists()


def test_a_bidirectional_override_is_removed(world):
    assert add(world, "Peni\u202ecillin").name == "Penicillin"


def test_the_same_entry_is_refused_until_it_has_ended(world):
    first = add(world, "Penicillin", detail="rash")
    with pytest.raises(Refused, match="on the list already"):
        add(world, "PENICILLIN", detail="Rash")
    end(world, first)

    assert add(world, "Penicillin", detail="rash").pk != first.pk


def test_another_dose_of_a_medication_is_another_entry(world):
    add(world, "Lisinopril", kind="medication", detail="10 mg daily")

    assert add(world, "Lisinopril", kind="medication", detail="20 mg daily").pk


def test_an_allergy_ends_no_known_allergies_and_the_reverse_is_refused(world):
    add(world, NO_KNOWN_ALLERGIES)
    add(world, "Penicillin")
    assert active(world) == ["Penicillin"]

    with pytest.raises(Refused, match="End it before you record that there is none"):
        add(world, NO_KNOWN_ALLERGIES)
    assert active(world) == ["Penicillin"]


def test_a_medication_does_not_end_no_known_allergies(world):
    add(world, NO_KNOWN_ALLERGIES)
    add(world, "Lisinopril", kind="medication")

    assert sorted(active(world)) == ["Lisinopril", NO_KNOWN_ALLERGIES]


@pytest.mark.parametrize(("reason", "is_enough"), [("abcd ", False), ("abcde", True)])
def test_an_entry_ends_with_a_reason_of_five_characters(world, reason, is_enough):
    item = add(world)
    if is_enough:
        assert end(world, item, reason).ended_on == TODAY
    else:
        with pytest.raises(Refused, match="at least 5 characters"):
            end(world, item, reason)


def test_an_entry_ends_once(world):
    item = end(world, add(world))
    with pytest.raises(Refused, match="ended already"):
        end(world, item)


def test_the_database_refuses_a_change_of_an_entry(world):
    item = add(world)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ClinicalItem.objects.filter(pk=item.pk).update(name="Latex")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ClinicalItem.objects.filter(pk=item.pk)._raw_delete("default")


def test_the_entries_of_a_duplicate_move_to_the_kept_record(world):
    other = a_patient(world.practice, world.user("clinical_staff"), mrn="A2", family="Ortega")
    add(world, "Penicillin", patient=other)
    merge_patients(
        keep=world.patient, other=other, reason="Same person, seen both cards.", by=world.user("manager"), now=NOW
    )

    assert active(world) == ["Penicillin"]
