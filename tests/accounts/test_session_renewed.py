"""A form whose CSRF token is old: nothing typed is lost, and nothing of another website is shown or sent."""

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import Note
from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db
HERE = "http://testserver"
TYPED = {"text": "The cuff is <b>small</b>.", "once": "k" * 22, "password": PASSWORD}


@pytest.fixture
def nurse(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def address(world):
    return reverse("monitoring:write_note", args=[world.enrollment.public_id])


def test_what_was_typed_is_on_the_page_and_can_be_sent_again(world, nurse):
    answer = nurse.post(address(world), TYPED, headers={"Origin": HERE})
    page = answer.content.decode()

    assert answer.status_code == 403
    assert "The cuff is &lt;b&gt;small&lt;/b&gt;." in page
    assert PASSWORD not in page, "a password is asked for again"
    assert f'action="{address(world)}"' in page
    assert Note.objects.count() == 0
    token = nurse.get(reverse("session")).json()["token"]
    again = nurse.post(address(world), TYPED | {"csrfmiddlewaretoken": token}, headers={"Origin": HERE})
    assert again.status_code == 302
    assert Note.objects.get().text == TYPED["text"]


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}])
def test_a_form_of_another_website_is_not_shown(world, nurse, headers):
    page = nurse.post(address(world), TYPED, headers=headers)

    assert page.status_code == 403
    assert "The cuff" not in page.content.decode()
    assert Note.objects.count() == 0


def test_a_script_is_asked_to_renew_its_token(world, nurse):
    answer = nurse.post(address(world), TYPED, headers={"HX-Request": "true", "Origin": HERE})

    assert (answer.status_code, answer["X-Portal-Renew"], answer.content) == (403, "1", b"")


def test_somebody_signed_out_is_told_to_sign_in_in_another_tab(world):
    answer = Client(enforce_csrf_checks=True).post(address(world), TYPED, headers={"Origin": HERE})

    assert answer.status_code == 403
    assert "You are signed out" in answer.content.decode()
    assert "The cuff" not in answer.content.decode()
