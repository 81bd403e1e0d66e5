"""`manage.py open_practice`: creates a practice with its first administrator, or nothing."""

import io
import re

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from enrollment.models import ConsentScript
from monitoring.models import ConditionTemplate
from rpm_portal.accounts.models import Membership, Practice, SecondFactor, User
from rpm_portal.audit.models import Event
from rpm_portal.core.access import Role
from timetracking.models import CallTemplate

WORDS = "copper-lantern-hollow"
OPTIONS = {
    "name": "Lakeside Cardiology", "zone": "America/Chicago", "email": "Ada.Lake@Example.com", "given_name": "Ada",
    "family_name": "Lake", "url": "http://testserver",
}  # fmt: skip


def opened(**fields):
    out = io.StringIO()
    call_command("open_practice", stdout=out, **{**OPTIONS, **fields})
    return out.getvalue()


def sign_in(email, password):
    client = Client()
    answer = client.post("/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR="192.0.2.70")
    return client, answer


def nothing_changed():
    return (
        Practice.objects.filter(name__icontains="lakeside").count(),
        User.objects.filter(email="ada.lake@example.com").count(),
    ) == (0, 0)


@pytest.mark.slow
def test_the_first_administrator_chooses_a_password_by_the_link_and_signs_in(db):
    output = opened()
    assert mail.outbox[0].to == ["ada.lake@example.com"]
    assert "/reset/key/" not in output, "the link is a secret and is only mailed"
    practice, user = Practice.objects.get(), User.objects.get()
    assert practice.public_id in output
    assert (practice.name, practice.zone, practice.second_factor) == (
        "Lakeside Cardiology",
        "America/Chicago",
        SecondFactor.EVERYBODY,
    )
    assert not user.has_usable_password()
    member = Membership.objects.get(practice=practice, user=user)
    assert (member.role, member.ends_on) == (Role.ADMIN, None)
    event = Event.objects.get(practice=practice)
    assert (event.action, event.actor, event.subject) == ("open_practice", None, f"membership:{member.public_id}")
    for model in (ConsentScript, ConditionTemplate, CallTemplate):
        assert model.objects.filter(practice=practice).exists(), model

    visitor = Client()
    link = re.search(r"http://testserver(/\S+/reset/key/\S+)", mail.outbox[0].body)[1]
    form = visitor.get(link)["Location"]
    assert visitor.post(form, {"password1": WORDS, "password2": WORDS}).status_code == 302
    client, answer = sign_in("ada.lake@example.com", WORDS)
    assert answer["Location"] == "/"
    assert b"Set up two-factor sign-in" in client.get("/people/").content, "the second factor must be set up first"
    assert {"reset_password", "sign_in"} <= set(Event.objects.values_list("action", flat=True))
    practice.second_factor = SecondFactor.NOBODY
    practice.save()
    assert client.get("/people/").status_code == 200


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"zone": "America/Nowhere"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"email": "no address"}, "no e-mail address"),
        ({"email": ""}, "no e-mail address"),
        ({"given_name": " "}, "given name"),
        ({"family_name": "y" * 81}, "family_name"),
        ({"npi": "1234567890"}, "npi"),
        ({"tax_id": "12"}, "tax_id"),
        ({"url": "portal.example"}, "--url"),
        ({"existing_person": True}, "nobody signs in"),
    ],
)
def test_a_refusal_shows_the_reason_and_changes_nothing(db, fields, words):
    with pytest.raises(CommandError) as refusal:
        opened(**fields)
    assert str(refusal.value).startswith("Nothing was changed")
    assert words in str(refusal.value)
    assert (Practice.objects.count(), User.objects.count(), Event.objects.count()) == (0, 0, 0)
    assert mail.outbox == []


@pytest.mark.parametrize("name", ["Lakeside Cardiology", "LAKESIDE  cardiology "])
def test_a_practice_of_this_name_is_not_opened_twice(db, name):
    opened()
    with pytest.raises(CommandError, match="named"):
        opened(name=name, email="second@example.com")
    assert Practice.objects.count() == 1
    assert not User.objects.filter(email="second@example.com").exists()


@pytest.mark.slow
def test_the_address_of_an_existing_person_needs_an_option(world):
    nurse = world.user("clinical_staff")
    with pytest.raises(CommandError, match="--existing-person"):
        opened(email=nurse.email.upper())
    assert nothing_changed()
    before = nurse.password
    opened(email=nurse.email.upper(), existing_person=True)
    nurse.refresh_from_db()
    assert nurse.password == before
    assert Membership.objects.get(practice__name="Lakeside Cardiology").user == nurse
    assert mail.outbox[0].to == [nurse.email]
    assert "/reset/key/" not in mail.outbox[0].body, "an existing person keeps their password"


def test_an_inactive_person_is_refused(world):
    nurse = world.user("clinical_staff")
    nurse.is_active = False
    nurse.save()
    with pytest.raises(CommandError, match="inactive"):
        opened(email=nurse.email, existing_person=True)


def test_a_failing_mail_server_prevents_opening_unless_the_link_is_printed(db, settings):
    settings.EMAIL_BACKEND = "tests.accounts.test_credentials.Away"
    with pytest.raises(CommandError, match="could not be sent"):
        opened()
    assert nothing_changed()
    output = opened(print_link=True)
    link = re.search(r"http://testserver(/\S+/reset/key/\S+)", output)[1]
    assert Client().get(link).status_code == 302


def test_the_address_of_the_portal_is_read_from_the_settings(db, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.clinic.example", "https://portal.clinic.example"]
    opened(url="")
    assert "https://portal.clinic.example/accounts/password/reset/key/" in mail.outbox[0].body
    settings.CSRF_TRUSTED_ORIGINS, settings.ALLOWED_HOSTS = [], ["*", ".example"]
    with pytest.raises(CommandError, match="--url"):
        opened(url="", name="Second", email="second@example.com")
