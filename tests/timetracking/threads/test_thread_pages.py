"""Pages of messages: the inbox, one thread, writing, the section of the chart, the worklist, and the packet's part."""

import pytest
import time_machine

from rpm_portal.audit.models import Event
from rpm_portal.pages.navigation.views import unanswered_threads
from rpm_portal.pages.worklist.filters import Filters
from rpm_portal.pages.worklist.rows import panel
from tests.builders import at
from tests.form_keys import with_key
from tests.test_access import signed_in
from timetracking.models import MessageThread, PatientMessage, ThreadRead
from timetracking.threads.conversations import receive_new, start_thread
from timetracking.threads.templates import add_message_templates, templates_for

NOW = at("2026-03-20", "10:00:00")


@pytest.fixture
def thread(world):
    return receive_new(enrollment=world.enrollment, subject="device", text="The cuff is <b>small</b>.", now=NOW).thread


def url(thread, act=""):
    return f"/threads/{thread.public_id}/{act}"


def test_a_thread_shows_its_messages_as_text_and_leaves_an_event(world, thread):
    page = signed_in(world.user("clinical_staff")).get(url(thread))

    assert page.status_code == 200
    assert "The cuff is &lt;b&gt;small&lt;/b&gt;." in page.content.decode()
    event = Event.objects.get(action="read_thread")
    assert event.detail["thread"] == thread.public_id
    assert ThreadRead.objects.get().member == world.members["clinical_staff"]


def test_an_answer_is_stored_once_and_the_page_shows_it(world, thread):
    client = signed_in(world.user("clinical_staff"))
    form = with_key({"text": "Please use the large cuff."})
    for _ in range(2):
        assert client.post(url(thread, "answer/"), form).status_code == 302

    assert PatientMessage.objects.filter(author="staff").count() == 1
    assert "Please use the large cuff." in client.get(url(thread)).content.decode()


def test_a_refused_answer_keeps_the_typed_text_and_does_not_mark_the_thread_as_read(world, thread):
    page = signed_in(world.user("clinical_staff")).post(url(thread, "answer/"), with_key({"text": "Take [dose]."}))

    assert page.status_code == 422
    assert "Take [dose]." in page.content.decode()
    assert "Fill in what is in brackets" in page.content.decode()
    assert not ThreadRead.objects.exists()


def test_a_biller_reads_no_messages_and_an_auditor_does_not_write(world, thread):
    biller, auditor = signed_in(world.user("biller")), signed_in(world.user("auditor"))

    assert [biller.get(path).status_code for path in ("/inbox/", url(thread))] == [403, 403]
    assert auditor.get(url(thread)).status_code == 200
    assert auditor.post(url(thread, "answer/"), with_key({"text": "Hello"})).status_code == 403


def test_another_practices_thread_does_not_exist(world, thread):
    client = signed_in(world.other.user("clinical_staff"))

    assert client.get(url(thread)).status_code == 404
    assert client.post(url(thread, "answer/"), with_key({"text": "Hello"})).status_code == 404
    assert thread.public_id not in client.get("/inbox/?list=team").content.decode()


def test_a_new_message_is_written_from_the_chart(world):
    client = signed_in(world.user("clinical_staff"))
    address = f"/enrollments/{world.enrollment.public_id}/threads/new/"
    assert client.get(address).status_code == 200
    answer = client.post(address, with_key({"subject": "medicine", "text": "How is the new pill?"}))

    thread = MessageThread.objects.get()
    assert answer["Location"] == url(thread)
    assert (thread.subject, thread.state) == ("medicine", "waiting")


def test_the_section_of_the_chart_lists_threads_without_their_texts(world, thread):
    client = signed_in(world.user("clinical_staff"))
    address = f"/enrollments/{world.enrollment.public_id}/threads/"
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "Device" in part
    assert "cuff" not in part
    assert "<html" not in part
    assert address in client.get(f"/patients/{world.patient.public_id}/").content.decode()


def test_unanswered_threads_are_counted_in_the_navigation_and_shown_in_the_worklist(world, thread):
    owner = thread.owner
    with time_machine.travel(NOW, tick=False):
        shown = panel(world.practice, Filters.of({"messages": "1"}), member=owner, now=NOW)
    rows = [row for band in shown.bands for row in band.rows]

    assert unanswered_threads(owner, now=NOW) == 1
    assert unanswered_threads(world.other.members["qhp"], now=NOW) == 0
    assert [(row.enrollment, row.unread_threads) for row in rows] == [(world.enrollment.public_id, 1)]


def test_the_filter_of_unanswered_messages_lists_only_patients_who_wait(world):
    start_thread(
        enrollment=world.enrollment, subject="general", text="Hello", by=world.members["clinical_staff"], now=NOW
    )
    shown = panel(world.practice, Filters.of({"messages": "1"}), member=world.members["qhp"], now=NOW)

    assert [row for band in shown.bands for row in band.rows] == []


def test_templates_are_offered_in_the_patients_language_with_the_name(world):
    assert add_message_templates(practice=world.practice, by=None) == 4
    assert add_message_templates(practice=world.practice, by=None) == 0
    english = dict(templates_for(world.patient, world.practice))
    world.patient.language = "es"
    spanish = dict(templates_for(world.patient, world.practice))

    assert english.keys() == spanish.keys()
    assert english["Please call us"].startswith(f"Hello {world.patient.given_name}, please call us [when]")
    assert spanish["Please call us"].startswith(f"Hola {world.patient.given_name}")


def test_each_template_has_both_languages_with_the_same_number_of_brackets():
    import tomllib

    from timetracking.calls.texts import open_brackets
    from timetracking.threads import templates

    for raw in tomllib.loads(templates._FILE.read_text())["template"]:
        assert len(open_brackets(raw["text_en"])) == len(open_brackets(raw["text_es"])) > 0, raw["title"]


def test_response_times_are_changed_on_their_page_and_every_version_is_listed(world):
    client = signed_in(world.user("manager"))
    form = {"weekdays": ["1", "2"], "opens": "9", "closes": "12", "minutes": "120", "telephone": "312-555-0142"}
    assert client.post("/settings/response-times/", with_key(form)).status_code == 302
    refused = client.post("/settings/response-times/", with_key(form | {"closes": "9"}))

    assert (
        "Monday, Tuesday, 9 AM - 12 PM. We answer within 2 hours"
        in client.get("/settings/response-times/").content.decode()
    )
    assert refused.status_code == 422
    assert "begin before they end" in refused.content.decode()
