"""Clinics: chosen on the card, imported with a file, shown on the chart, filtered by on the worklist."""

import re

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from enrollment.models import Clinic, Enrollment
from enrollment.panel_import.commit import check_panel
from rpm_portal.accounts.models import Practice
from rpm_portal.pages.worklist.models import SavedView
from tests.builders import a_patient, an_enrollment
from tests.enrollment.panel_import.test_panel_import import GOOD, a_file, checked, committed
from tests.enrollment.views.test_enrollment_pages import NOW, RELATIONSHIP, opened, save, signed_in


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def clinics(world):
    """Two clinics of the practice, and one of another practice with the same name as one of them."""
    world.main = Clinic.objects.create(practice=world.practice, name="Main Street")
    world.lake = Clinic.objects.create(practice=world.practice, name="Lakeside")
    other = Practice.objects.create(name="Elsewhere", npi="1999999984", zone="America/Chicago")
    world.theirs = Clinic.objects.create(practice=other, name="Lakeside")
    return world


@pytest.mark.slow
def test_the_card_offers_the_practices_clinics_and_chart_and_history_show_the_choice(clinics):
    nurse = signed_in(clinics)
    row = Enrollment.objects.get(public_id=opened(clinics, nurse).url.split("/")[2])
    page = nurse.get(reverse("enroll:page", args=[row.public_id])).content.decode()
    assert f'<option value="{clinics.lake.pk}">Lakeside</option>' in page
    assert f'value="{clinics.theirs.pk}"' not in page.partition('name="clinic"')[2].partition("</select>")[0]

    refusal = save(nurse, row, "relationship", **RELATIONSHIP, clinic=clinics.theirs.pk)
    assert refusal.status_code == 422
    assert save(nurse, row, "relationship", **RELATIONSHIP, clinic=clinics.lake.pk).status_code == 302
    row.refresh_from_db()
    assert row.clinic == clinics.lake
    patient = row.patient.public_id
    assert "Clinic <b>Lakeside</b>" in nurse.get(f"/patients/{patient}/").content.decode()
    assert "Lakeside" in nurse.get(reverse("patient_history", args=[patient])).content.decode()

    clinics.lake.closed = True
    clinics.lake.save()
    page = nurse.get(reverse("enroll:page", args=[row.public_id])).content.decode()
    assert f'<option value="{clinics.lake.pk}" selected>Lakeside, closed</option>' in page, (
        "a patient keeps a closed clinic"
    )


def test_a_practice_without_clinics_sees_no_clinic_field(world):
    nurse = signed_in(world)
    row = Enrollment.objects.get(public_id=opened(world, nurse).url.split("/")[2])
    assert 'name="clinic"' not in nurse.get(reverse("enroll:page", args=[row.public_id])).content.decode()
    assert save(nurse, row, "relationship", **RELATIONSHIP).status_code == 302
    assert "Seen at" not in nurse.get(reverse("worklist_narrow")).content.decode()


def test_the_database_refuses_another_practices_clinic(clinics):
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.filter(pk=clinics.enrollment.pk).update(clinic=clinics.theirs)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("name", "expected"), [("lakeside", "Lakeside"), ("", None)])
def test_a_file_sets_the_clinic(clinics, name, expected):
    panel = committed(clinics, checked(clinics, GOOD | {"clinic": name}))
    assert panel.problems == []
    row = Enrollment.objects.get(patient__mrn="N-1")
    assert (row.clinic and row.clinic.name) == expected


def test_a_file_with_the_earlier_template_is_accepted(clinics):
    text = a_file(GOOD).decode()
    earlier = "\r\n".join(line.rpartition(",")[0] for line in text.splitlines()).encode()
    assert b"clinic" not in earlier
    committed(clinics, check_panel(practice=clinics.practice, body=earlier, by=clinics.user("manager"), now=NOW))
    assert Enrollment.objects.get(patient__mrn="N-1").clinic is None


@pytest.mark.parametrize("name", ["Nowhere", "Main Street"])
def test_a_file_with_an_unknown_or_closed_clinic_is_refused(clinics, name):
    clinics.main.closed = True
    clinics.main.save()
    (problem,) = checked(clinics, GOOD | {"clinic": name}).problems
    assert problem[1] == "clinic"


def test_the_worklist_is_filtered_by_clinic(clinics):
    nurse = signed_in(clinics)
    patient = a_patient(clinics.practice, clinics.user("clinical_staff"), mrn="LAKE", family="Lakewood")
    an_enrollment(clinics, patient, serial="lake")
    Enrollment.objects.filter(patient=patient).update(clinic=clinics.lake)
    unfiltered = nurse.get("/").content.decode()
    assert "Lakewood".upper() in unfiltered.upper()
    assert clinics.patient.family_name.upper() in unfiltered.upper()

    lake = nurse.get("/", {"clinic": "Lakeside"}).content.decode()
    assert "LAKEWOOD" in lake.upper()
    assert f">{clinics.patient.family_name.upper()}" not in lake.upper()
    assert '<span class="chip" aria-current="true">Lakeside</span>' in lake
    counted = nurse.get("/worklist/counts/", {"clinic": "Lakeside"}).content.decode()
    assert 'RPM <span class="count">1</span>' in counted, "the chips count the patients of the clinic"
    assert 'RPM <span class="count">2</span>' in nurse.get("/worklist/counts/").content.decode()
    for odd in ("Nowhere", "'; DROP TABLE x; --", "%", "\u202e"):
        assert "LAKEWOOD" not in nurse.get("/", {"clinic": odd}).content.decode().upper()

    page = nurse.get(reverse("worklist_narrow"), {"clinic": "Lakeside"}).content.decode()
    assert re.search(r"<option selected>\s*Lakeside</option>", page)
    nurse.post(reverse("worklist_save_view"), {"name": "By the lake", "clinic": "Lakeside"})
    assert SavedView.objects.get().query == "clinic=Lakeside"
