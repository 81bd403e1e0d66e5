"""The pages of a visit: read and answer messages, language, device help, in English and Spanish, without scripts."""

import re

import pytest
import time_machine
from django.test import Client

from enrollment.models import Enrollment
from rpm_portal.audit.models import Event
from rpm_portal.pages.patient.links import make_link, secret_of
from rpm_portal.pages.patient.texts import LANGUAGES, texts_in
from tests.builders import a_patient, an_enrollment, at
from timetracking.models import MessageThread, PatientMessage, ThreadRead
from timetracking.threads.conversations import start_thread
from timetracking.threads.promise import set_promise

NOW = at("2026-03-20", "10:00:00")  # a Friday within the hours


@pytest.fixture(autouse=True)
def at_ten(monkeypatch):
    # The limit of a network address is counted in the broker, by all tests of the same minute.
    monkeypatch.setattr("rpm_portal.pages.patient.views.visit_pages.FROM_ADDRESS_A_MINUTE", 10_000)
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def thread(world):
    by = world.members["clinical_staff"]
    text = "Please measure <b>twice</b>."
    return start_thread(enrollment=world.enrollment, subject="device", text=text, by=by, now=NOW).thread


@pytest.fixture
def client(world):
    return visitor(world.patient)


def visitor(patient):
    link = make_link(patient, by=None, now=NOW)
    fields = {"secret": secret_of(link), "month": "3", "day": "2", "year": "1950"}
    browser = Client()
    assert browser.post(f"/m/{link.selector}/", fields).status_code == 302
    return browser


def body(response):
    return response.content.decode()


def test_the_patient_reads_a_message_and_that_leaves_an_event(world, client, thread):
    assert "My device" in body(client.get("/p/"))
    page = client.get(f"/p/threads/{thread.public_id}/")

    assert "Please measure &lt;b&gt;twice&lt;/b&gt;." in body(page)
    assert ThreadRead.objects.get(member__isnull=True).thread == thread
    event = Event.objects.get(action="patient_read_thread")
    assert (event.actor, event.role, event.subject) == (None, "patient", f"patient:{world.patient.public_id}")


def test_the_patient_answers_and_the_thread_waits_for_the_care_team(client, thread):
    response = client.post(f"/p/threads/{thread.public_id}/", {"text": "I did. \u202eBetter.", "once": "a" * 22})

    assert response["Location"] == "/p/?sent=1"
    message = PatientMessage.objects.get(author="patient")
    assert (message.text, message.via) == ("I did. Better.", "page")
    assert MessageThread.objects.get().state == "open"
    assert "Your message was sent." in body(client.get("/p/?sent=1"))


def test_an_answer_that_is_sent_twice_is_stored_once(client, thread):
    for _ in range(2):
        client.post(f"/p/threads/{thread.public_id}/", {"text": "Yes", "once": "a" * 22})
    client.post(f"/p/threads/{thread.public_id}/", {"text": "Yes", "once": "b" * 22})

    assert PatientMessage.objects.filter(author="patient").count() == 2


@pytest.mark.parametrize(("text", "sentence"), [("  ", "Write a message first"), ("x" * 4001, "too long")])
def test_an_impossible_answer_is_explained_and_keeps_the_text(client, thread, text, sentence):
    response = client.post(f"/p/threads/{thread.public_id}/", {"text": text, "once": "a" * 22})

    assert response.status_code == 422
    assert sentence in body(response)
    assert text in body(response)
    assert not PatientMessage.objects.filter(author="patient").exists()


def test_the_patient_begins_a_thread(world, client):
    assert "My medicine" in body(client.get("/p/new/"))
    refused = client.post("/p/new/", {"text": "Hello", "subject": "consent", "once": "a" * 22})
    assert refused.status_code == 422
    client.post("/p/new/", {"text": "Hello", "subject": "medicine", "once": "a" * 22})

    thread = MessageThread.objects.get()
    assert (thread.subject, thread.enrollment, thread.state) == ("medicine", world.enrollment, "open")


def test_after_the_hours_the_page_says_so_before_a_message_is_sent(world, client, thread, at_ten):
    set_promise(
        weekdays="12345",
        opens=8,
        closes=17,
        minutes=120,
        telephone="312-555-0142",
        by=world.members["manager"],
        now=NOW,
    )
    page = f"/p/threads/{thread.public_id}/"
    assert "closed now" not in body(client.get(page))
    at_ten.move_to(at("2026-03-20", "10:10:00"))
    set_promise(
        weekdays="12345", opens=8, closes=10, minutes=60, telephone="312-555-0142", by=world.members["manager"],
        now=at("2026-03-20", "10:05:00"),
    )  # fmt: skip
    text = body(client.get(page))

    assert "closed now" in text
    assert "We answer within 1 hour" in text
    assert 'href="tel:+13125550142"' in text
    assert "911" in text


def test_a_program_that_has_ended_takes_no_messages_and_says_to_call(world, client, thread):
    Enrollment.objects.filter(pk=world.enrollment.pk).update(state="discharged", discharged_on=NOW.date())
    answered = client.post(f"/p/threads/{thread.public_id}/", {"text": "Hello", "once": "a" * 22})
    new = client.post("/p/new/", {"text": "Hello", "subject": "general", "once": "a" * 22})

    assert (answered.status_code, new.status_code) == (409, 409)
    assert "Your program has ended" in body(answered)
    assert not PatientMessage.objects.filter(author="patient").exists()


def test_another_patients_thread_does_not_exist(world, client, thread):
    other = a_patient(world.practice, world.user("qhp"), mrn="B2", family="Silva")
    row = an_enrollment(world, other)
    foreign = start_thread(enrollment=row, subject="general", text="Other", by=world.members["qhp"], now=NOW).thread
    elsewhere = start_thread(
        enrollment=world.other.enrollment, subject="general", text="x", by=world.other.members["qhp"], now=NOW
    ).thread
    for one in (foreign, elsewhere):
        assert client.get(f"/p/threads/{one.public_id}/").status_code == 404
        assert client.post(f"/p/threads/{one.public_id}/", {"text": "x"}).status_code == 404
    assert foreign.public_id not in body(client.get("/p/"))


def test_a_spanish_speaker_reads_spanish_and_can_change_that(world, thread):
    type(world.patient).objects.filter(pk=world.patient.pk).update(language="es")
    client = visitor(world.patient)
    assert '<html lang="es">' in body(client.get("/p/"))
    client.post("/p/preferences/", {"language": "en"})
    assert '<html lang="en">' in body(client.get("/p/"))
    client.post("/p/preferences/", {"language": "fr"})
    assert '<html lang="en">' in body(client.get("/p/"))


@pytest.mark.parametrize(
    ("address", "accepted", "language"),
    [("", "es-MX", "es"), ("", "fr", "en"), ("?lang=es", "en", "es"), ("?lang=xx", "en", "en")],
)
def test_the_check_is_in_the_language_of_the_address_or_the_browser(address, accepted, language, db):
    page = Client().get(f"/m/abcdefgh/{address}", headers={"Accept-Language": accepted})

    assert f'<html lang="{language}">' in body(page)


def test_the_help_names_the_patients_device(world, client):
    assert str(world.cuff.name) in body(client.get("/p/device/"))


def test_each_sentence_is_there_in_both_languages_and_not_the_same():
    english, spanish = (texts_in(language) for language in LANGUAGES)

    assert english.keys() == spanish.keys()
    assert all(english[name].strip() and spanish[name].strip() for name in english)
    assert [name for name in english if english[name] == spanish[name]] == []
    assert all("911" in texts["emergency"] for texts in (english, spanish))


def test_pages_have_no_inline_script_or_style_and_work_without_scripts(client, thread):
    paths = ("/p/", "/p/new/", f"/p/threads/{thread.public_id}/", "/p/preferences/", "/p/device/", "/m/abcdefgh/")
    for path in paths:
        text = body(client.get(path))
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style", text), path
        assert "htmx" not in text
        assert text.count("<h1") == 1, path
        assert all("csrfmiddlewaretoken" in form for form in re.findall(r"<form.*?</form>", text, re.S)), path
    assert "Code from your message" in body(client.get("/m/abcdefgh/"))


def test_sentences_are_short_enough_for_a_sixth_grade_reader():
    """At most 20 words in a sentence: a bound for the reading grade, not a measure of it."""
    for name, text in texts_in("en").items():
        for sentence in re.split(r"[.?!] ", text):
            assert len(sentence.split()) <= 20, name
