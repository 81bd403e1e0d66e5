"""The page of a patient's lists and what the chart shows of them."""

import pytest
from django.urls import reverse

from enrollment.models import ClinicalItem
from rpm_portal.accounts.sent_forms import new_key
from tests.builders import a_world
from tests.test_access import signed_in


@pytest.fixture
def world(db):
    return a_world()


def add(world, role="clinical_staff", *, patient=None, **typed):
    data = {"kind": "allergy", "name": "Penicillin", "detail": "rash", "since": "2026-01-05", "once": new_key()}
    url = reverse("add_clinical_item", args=[(patient or world.patient).public_id])
    return signed_in(world.user(role)).post(url, data | typed)


def chart(world, role="clinical_staff"):
    return signed_in(world.user(role)).get(reverse("chart", args=[world.patient.public_id])).content.decode()


def test_an_allergy_and_a_caregiver_are_in_the_header_of_the_chart(world):
    assert "not recorded" in chart(world)
    assert add(world).status_code == 302
    assert add(world, kind="caregiver", name="Dora Stone", detail="daughter", phone="3125550177").status_code == 302
    page = chart(world)

    assert "Penicillin" in page
    assert "Dora Stone (daughter)" in page
    assert 'href="tel:+13125550177"' in page


def test_a_medication_is_in_the_list_of_the_chart(world):
    add(world, kind="medication", name="Lisinopril", detail="20 mg daily")

    assert "Lisinopril" in chart(world)


def test_a_role_without_clinical_text_sees_no_list(world):
    add(world)

    assert "Penicillin" not in chart(world, "biller")
    url = reverse("clinical_lists", args=[world.patient.public_id])
    assert signed_in(world.user("biller")).get(url).status_code == 403


def test_a_refused_entry_returns_with_what_was_typed(world):
    response = add(world, since="2999-01-01")
    page = response.content.decode()

    assert response.status_code == 422
    assert "between the date of birth and today" in page
    assert 'value="Penicillin"' in page
    assert not ClinicalItem.objects.exists()


def test_a_patient_of_another_practice_does_not_exist(world):
    assert add(world, patient=world.other.patient).status_code == 404
    assert not ClinicalItem.objects.exists()


def test_markup_in_a_name_is_text(world):
    add(world, name="<script>alert(1)</script>")

    assert "<script>alert(1)" not in chart(world)
