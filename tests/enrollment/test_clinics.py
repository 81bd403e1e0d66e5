"""Where a patient is seen: chosen on the card, brought by a file, shown beside the name, narrowed by on the worklist."""

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
from tests.enrollment.views.test_enrollment_pages import NOW, RELATIONSHIP, keep, opened, signed_in


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def places(world):
    """Two clinics of ours and one of somebody else, which has the name of one of ours."""
    world.main = Clinic.objects.create(practice=world.practice, name="Main Street")
    world.lake = Clinic.objects.create(practice=world.practice, name="Lakeside")
    other = Practice.objects.create(name="Elsewhere", npi="1999999984", zone="America/Chicago")
    world.theirs = Clinic.objects.create(practice=other, name="Lakeside")
    return world


def test_the_card_offers_the_practices_own_and_the_chart_and_the_history_say_it(places):
    nurse = signed_in(places)
    row = Enrollment.objects.get(public_id=opened(places, nurse).url.split("/")[2])
    page = nurse.get(reverse("enrolling:page", args=[row.public_id])).content.decode()
    assert f'<option value="{places.lake.pk}">Lakeside</option>' in page
    assert f'value="{places.theirs.pk}"' not in page.partition('name="clinic"')[2].partition("</select>")[0]

    refused = keep(nurse, row, "relationship", **RELATIONSHIP, clinic=places.theirs.pk)
    assert refused.status_code == 422
    assert keep(nurse, row, "relationship", **RELATIONSHIP, clinic=places.lake.pk).status_code == 302
    row.refresh_from_db()
    assert row.clinic == places.lake
    patient = row.patient.public_id
    assert "seen at Lakeside" in nurse.get(f"/patients/{patient}/").content.decode()
    assert "Lakeside" in nurse.get(reverse("patient_history", args=[patient])).content.decode()

    places.lake.closed = True
    places.lake.save()
    page = nurse.get(reverse("enrolling:page", args=[row.public_id])).content.decode()
    assert f'<option value="{places.lake.pk}" selected>Lakeside, closed</option>' in page, "who is there stays there"


def test_a_practice_without_clinics_is_not_asked(world):
    nurse = signed_in(world)
    row = Enrollment.objects.get(public_id=opened(world, nurse).url.split("/")[2])
    assert 'name="clinic"' not in nurse.get(reverse("enrolling:page", args=[row.public_id])).content.decode()
    assert keep(nurse, row, "relationship", **RELATIONSHIP).status_code == 302
    assert "Seen at" not in nurse.get(reverse("worklist_narrow")).content.decode()


def test_the_database_refuses_another_practices_clinic(places):
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.filter(pk=places.enrollment.pk).update(clinic=places.theirs)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("name", "kept"), [("lakeside", "Lakeside"), ("", None)])
def test_a_file_brings_it(places, name, kept):
    panel = committed(places, checked(places, GOOD | {"clinic": name}))
    assert panel.problems == []
    row = Enrollment.objects.get(patient__mrn="N-1")
    assert (row.clinic and row.clinic.name) == kept


def test_a_file_of_the_template_from_before_is_taken_too(places):
    text = a_file(GOOD).decode()
    before = "\r\n".join(line.rpartition(",")[0] for line in text.splitlines()).encode()
    assert b"clinic" not in before
    committed(places, check_panel(practice=places.practice, body=before, by=places.user("manager"), now=NOW))
    assert Enrollment.objects.get(patient__mrn="N-1").clinic is None


@pytest.mark.parametrize("name", ["Nowhere", "Main Street"])
def test_a_file_cannot_bring_a_place_that_is_not_there_or_has_closed(places, name):
    places.main.closed = True
    places.main.save()
    (problem,) = checked(places, GOOD | {"clinic": name}).problems
    assert problem[1] == "clinic"


def test_the_worklist_is_narrowed_to_one_place(places):
    nurse = signed_in(places)
    patient = a_patient(places.practice, places.user("clinical_staff"), mrn="LAKE", family="Lakewood")
    an_enrollment(places, patient, serial="lake")
    Enrollment.objects.filter(patient=patient).update(clinic=places.lake)
    whole = nurse.get("/").content.decode()
    assert "Lakewood".upper() in whole.upper()
    assert places.patient.family_name.upper() in whole.upper()

    lake = nurse.get("/", {"clinic": "Lakeside"}).content.decode()
    assert "LAKEWOOD" in lake.upper()
    assert f">{places.patient.family_name.upper()}" not in lake.upper()
    assert '<span class="chip" aria-current="true">Lakeside</span>' in lake
    counted = nurse.get("/worklist/counts/", {"clinic": "Lakeside"}).content.decode()
    assert 'RPM <span class="count">1</span>' in counted, "the chips count among those of the place"
    assert 'RPM <span class="count">2</span>' in nurse.get("/worklist/counts/").content.decode()
    for odd in ("Nowhere", "'; DROP TABLE x; --", "%", "\u202e"):
        assert "LAKEWOOD" not in nurse.get("/", {"clinic": odd}).content.decode().upper()

    page = nurse.get(reverse("worklist_narrow"), {"clinic": "Lakeside"}).content.decode()
    assert "<option selected>Lakeside</option>" in page
    nurse.post(reverse("worklist_save_view"), {"name": "By the lake", "clinic": "Lakeside"})
    assert SavedView.objects.get().query == "clinic=Lakeside"
