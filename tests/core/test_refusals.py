"""Refusals, and the decorator that turns them into responses."""

import pytest
from django.http import HttpResponse
from django.urls import reverse

from monitoring.services import open_source
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused, answer_refusals
from tests.clock import TEST_DAY
from timetracking.intervals.refusals import TimeRefused


def _page(request, refusal, number):
    text = f"{number} {refusal.field}: {refusal.message}"
    return HttpResponse(f"<p>{text}</p>" if request.headers.get("HX-Request") else f"<html>{text}</html>")


@answer_refusals(_page)
def _view(request, number):
    """Refuses an odd number."""
    if number % 2:
        raise Refused("Enter an even number.", field="number")
    return HttpResponse("done")


def test_a_refusal_becomes_the_page_with_its_field_and_status_422(rf):
    response = _view(rf.post("/"), number=3)

    assert (response.status_code, response.content.decode()) == (422, "<html>3 number: Enter an even number.</html>")


def test_an_htmx_request_gets_the_fragment(rf):
    response = _view(rf.post("/", headers={"HX-Request": "true"}), number=3)

    assert (response.status_code, response.content.decode()) == (422, "<p>3 number: Enter an even number.</p>")


def test_without_a_refusal_the_view_responds(rf):
    response = _view(rf.post("/"), number=2)

    assert (response.status_code, response.content.decode()) == (200, "done")


def test_other_exceptions_are_not_caught(rf):
    @answer_refusals(_page)
    def broken(request):
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="a fault of ours"):
        broken(rf.post("/"))


def test_a_subclass_of_the_refusal_is_handled_too(rf):
    @answer_refusals(lambda request, refusal: HttpResponse(refusal.message))
    def late(request):
        raise TimeRefused("Stop it first.", not_billable=True)

    response = late(rf.post("/"))

    assert (response.status_code, response.content.decode()) == (422, "Stop it first.")


def test_the_decorator_keeps_the_name_of_the_view():
    assert (_view.__name__, _view.__doc__) == ("_view", "Refuses an odd number.")


def test_a_refusal_without_a_page_gets_the_default_page(world, client):
    """Revoking a key twice: the second press changes nothing and says so."""
    source, _ = open_source(
        practice=world.practice, name="Scales", shape="portal", now=TEST_DAY, by=world.user("manager")
    )
    client.force_login(world.user("manager"))
    address = reverse("monitoring:move_source", args=[source.public_id])
    assert client.post(address, {"move": "revoke"}).status_code == 302

    response = client.post(address, {"move": "revoke"})

    assert response.status_code == 422
    assert response.templates[0].name == "not_done.html"
    assert "This key was revoked already." in response.content.decode()
    assert client.post(address, {"move": "paint"}).status_code == 422


def test_a_wrong_password_names_its_field_and_is_in_the_audit(world, client):
    """Signing a day: the signature is refused, the page shows why, and the audit has the event."""
    client.force_login(world.user("clinical_staff"))

    response = client.post(reverse("timetracking:sign_day"), {"day": "2026-11-18", "password": "wrong"})

    assert response.status_code == 422
    assert "This is not your password. Nothing was signed." in response.content.decode()
    event = Event.objects.get(action="signature_refused")
    assert (event.actor, event.detail, event.subject) == (world.user("clinical_staff"), {"act": "sign_day"}, "")
