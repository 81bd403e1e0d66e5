"""Links of patients: the secret is in no row or log, one answer for every reason, and staff make and end them."""

import logging

import pytest
from django.db import connection
from django.test import Client

from rpm_portal.audit.models import Event
from rpm_portal.pages.patient.links import (
    LINK_DAYS,
    current_link,
    find_link,
    link_path,
    make_link,
    revoke_links,
    secret_of,
)
from rpm_portal.pages.patient.models import PatientLink
from tests.builders import at
from tests.test_access import signed_in
from timetracking.threads.conversations import answer, start_thread

NOW = at("2026-03-20", "10:00:00")


@pytest.fixture
def link(world):
    return make_link(world.patient, by=None, now=NOW)


def test_the_secret_follows_from_the_key_and_is_in_no_row(world, link):
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM patient_page_patientlink l")
        (row,) = cursor.fetchone()

    assert len(secret_of(link)) == 22
    assert secret_of(link) not in row
    assert not any(secret_of(link) in str(event.detail) for event in Event.objects.all())
    assert link_path(link) == f"/m/{link.selector}/#{secret_of(link)}"
    assert secret_of(make_link(world.patient, by=None, now=NOW)) != secret_of(link)


def test_a_link_is_found_by_its_secret_until_it_expires(link):
    secret = secret_of(link)

    assert find_link(link.selector, f" {secret} ", now=NOW) == link
    assert find_link(link.selector, secret, now=NOW + LINK_DAYS) is None
    assert find_link(link.selector, secret[:-1], now=NOW) is None
    assert find_link(link.selector, "", now=NOW) is None
    assert find_link(link.selector, "é" * 22, now=NOW) is None
    assert find_link("zzzzzzzz", secret, now=NOW) is None


def test_an_earlier_key_opens_links_and_a_removed_one_does_not(link, settings):
    secret, old = secret_of(link), settings.LINK_KEYS
    settings.LINK_KEYS = [b"n" * 32, *old]
    assert find_link(link.selector, secret, now=NOW) == link
    settings.LINK_KEYS = [b"n" * 32]
    assert find_link(link.selector, secret, now=NOW) is None


def test_ended_links_open_nothing(world, link):
    other = make_link(world.patient, by=None, now=NOW)
    assert revoke_links(world.patient, by=world.members["qhp"], now=NOW) == 2

    assert find_link(link.selector, secret_of(link), now=NOW) is None
    assert find_link(other.selector, secret_of(other), now=NOW) is None
    assert current_link(world.patient, now=NOW) is None
    assert Event.objects.filter(action="revoke_patient_link").count() == 2


def test_each_message_of_the_care_team_has_a_link_and_uses_the_one_in_force(world):
    by = world.members["clinical_staff"]
    message = start_thread(enrollment=world.enrollment, subject="general", text="Hello", by=by, now=NOW)
    later = at("2026-03-25", "10:00:00")
    answer(thread=message.thread, text="Hello again", by=by, now=later)

    assert PatientLink.objects.get().expires_at == later + LINK_DAYS


def test_staff_make_a_link_and_see_it_once(world, settings):
    client = signed_in(world.user("clinical_staff"))
    address = f"/patients/{world.patient.public_id}/link/"
    made = client.post(address, {"act": "make"}).content.decode()
    link = PatientLink.objects.get()

    assert f"{settings.PUBLIC_URL}{link_path(link)}" in made
    assert secret_of(link) not in client.get(address).content.decode()
    assert Event.objects.get(action="make_patient_link").actor == world.user("clinical_staff")
    assert "Links ended: 1" in client.post(address, {"act": "end"}).content.decode()
    assert client.post(address, {"act": "other"}).status_code == 422


def test_the_link_of_a_patient_host_has_its_origin(world, settings):
    settings.PATIENT_HOST = "messages.clinic.example"
    page = signed_in(world.user("clinical_staff")).post(f"/patients/{world.patient.public_id}/link/", {"act": "make"})

    assert f"http://messages.clinic.example{link_path(PatientLink.objects.get())}" in page.content.decode()


def test_with_a_patient_host_each_address_exists_on_one_host_only(world, link, settings):
    settings.PATIENT_HOST, settings.ALLOWED_HOSTS = "messages.clinic.example", ["*"]
    patient, staff = Client(headers={"host": "messages.clinic.example"}), Client(headers={"host": "testserver"})

    assert patient.get(f"/m/{link.selector}/").status_code == 200
    assert staff.get(f"/m/{link.selector}/").status_code == 404
    assert [patient.get(path).status_code for path in ("/", "/accounts/login/", "/admin/", "/api/docs")] == [404] * 4
    assert staff.get("/accounts/login/").status_code == 200
    assert patient.get("/healthz").status_code == 200


def test_no_log_line_has_the_secret_or_the_birth_date(world, link, caplog):
    with caplog.at_level(logging.DEBUG):
        fields = {"secret": secret_of(link), "month": "7", "day": "23", "year": "1951"}
        Client().post(f"/m/{link.selector}/", fields)

    assert secret_of(link) not in caplog.text
    assert "1951" not in caplog.text
