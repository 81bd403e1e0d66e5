"""Notes about patients: written once, voided by their writer, visible to all who see the patient."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from enrollment.services import change_enrollment, sign_order
from monitoring.models import Note
from monitoring.notes import MAX_NOTE_LENGTH, void_note, write_note
from monitoring.queries import notes
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.export.bundle import TABLES, _csv
from tests.builders import an_enrollment, at
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db
NOW = at("2026-03-20", "12:00:00")
WHY = "It is of another patient."


def note_of(world, text="Cuff is too small for her arm.", *, by="clinical_staff", now=NOW):
    return write_note(enrollment=world.enrollment, text=text, by=world.members[by], now=now)


def chart(world, role="clinical_staff"):
    return signed_in(world.user(role)).get(f"/patients/{world.patient.public_id}/").content.decode()


def test_a_note_is_stored_with_who_and_when_and_its_text_is_not_in_the_audit(world):
    note = note_of(world, "  Cuff is too small.\n\x00 ")
    assert (note.text, note.role, note.written_at) == ("Cuff is too small.", "clinical_staff", NOW)
    event = Event.objects.get(practice=world.practice, action="write_note")
    assert (event.subject, event.detail) == (f"enrollment:{world.enrollment.public_id}", {})
    assert "write note" in signed_in(world.user("physician")).get(
        f"/patients/{world.patient.public_id}/history/"
    ).content.decode()  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "Write the note"), (" \n\x00", "Write the note"), ("x" * (MAX_NOTE_LENGTH + 1), "at most 4,000")],
)
def test_an_empty_or_too_long_note_is_not_stored(world, text, message):
    with pytest.raises(Refused, match=message):
        note_of(world, text)
    assert not Note.objects.exists()
    assert note_of(world, "x" * MAX_NOTE_LENGTH).pk


def test_only_its_writer_voids_a_note_once_and_with_a_reason(world):
    note, nurse = note_of(world), world.members["clinical_staff"]
    for message, role, why in (
        ("Only the writer", "physician", WHY), ("Only the writer", "manager", WHY), ("10 characters", "clinical_staff", "too few"),
        ("10 characters", "clinical_staff", "         \x00"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=message):
            void_note(note=note, reason=why, by=world.members[role], now=NOW)
    struck = void_note(note=note, reason=WHY, by=nurse, now=NOW)
    assert (struck.voided_at, struck.void_reason) == (NOW, WHY)
    with pytest.raises(Refused, match="already"):
        void_note(note=note, reason=WHY, by=nurse, now=NOW)
    page = chart(world, "physician")
    assert "Cuff is too small" in page
    assert '<p class="text void">' in page
    assert f"Mar 20, 12:00 PM</time>: {WHY}" in " ".join(page.split())


@pytest.mark.parametrize(
    "statement",
    ["UPDATE monitoring_note SET text = 'another'", "UPDATE monitoring_note SET written_by_id = NULL", "DELETE FROM monitoring_note",
     "TRUNCATE monitoring_note CASCADE"],
)  # fmt: skip
def test_the_database_changes_and_deletes_no_note(world, statement):
    note_of(world)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_voided_note_cannot_be_changed(world):
    note = note_of(world)
    void_note(note=note, reason=WHY, by=world.members["clinical_staff"], now=NOW)
    for change in ({"void_reason": "another reason"}, {"voided_at": None, "void_reason": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Note.objects.update(**change)


def test_a_note_belongs_to_its_own_practice(world):
    with pytest.raises(IntegrityError), transaction.atomic():
        Note.objects.create(
            practice=world.practice, enrollment=world.other.enrollment, text="x", written_at=NOW, role="physician",
            written_by=world.user("physician"),
        )  # fmt: skip
        connection.check_constraints()


def test_a_note_is_read_in_every_program_of_the_patient_and_nobody_elses(world):
    ccm = an_enrollment(world, world.patient, program="CCM", serial="")
    write_note(enrollment=ccm, text="Lives with her son.", by=world.members["physician"], now=NOW)
    page = " ".join(chart(world).split())
    assert "Lives with her son." in page
    assert ", in CCM" in page
    assert "Lives with her son." not in signed_in(world.other.user("physician")).get(
        f"/patients/{world.other.patient.public_id}/"
    ).content.decode()  # fmt: skip


def test_a_chart_queries_notes_only_if_there_are_some(world, django_assert_max_num_queries):
    client = signed_in(world.user("clinical_staff"))
    address = f"/patients/{world.patient.public_id}/"
    client.get(address)
    with django_assert_max_num_queries(12) as without:
        client.get(address)
    for number in range(40):
        note_of(world, f"note {number}", now=NOW + timedelta(minutes=number))
    with django_assert_max_num_queries(12) as with_notes:
        page = client.get(address).content.decode()
    assert len(with_notes) == len(without) + 1
    assert "note 39" in page
    assert "note 10" in page
    assert "note 9<" not in page


def test_notes_as_they_were_known(world):
    note = note_of(world)
    late = note_of(world, "Came later.", now=NOW + timedelta(hours=2))
    void_note(note=note, reason=WHY, by=world.members["clinical_staff"], now=NOW + timedelta(hours=1))
    ids = [world.enrollment.pk]
    assert notes(ids, known=NOW - timedelta(seconds=1)) == []
    (then,) = notes(ids, known=NOW)
    assert (then.voided_at, then.void_reason) == (None, None)
    assert [row.pk for row in notes(ids, known=NOW + timedelta(hours=3))] == [late.pk, note.pk]
    assert notes(ids, known=NOW + timedelta(hours=3))[1].void_reason == WHY


def test_the_form_preserves_the_text_and_returns_to_the_chart(world):
    client, address = signed_in(world.user("clinical_staff")), f"/enrollments/{world.enrollment.public_id}/notes/"
    assert "After you sign, the note is locked" in client.get(address).content.decode()
    long = "y" * (MAX_NOTE_LENGTH + 1)
    refused = client.post(address, {"text": long})
    assert refused.status_code == 422
    assert long in refused.content.decode()
    chart = f"/patients/{world.patient.public_id}/?enrollment={world.enrollment.public_id}"
    assert client.post(address, {"text": "Kept."}).url == chart
    answer = client.post(address, {"text": "<b>Kept</b>"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == chart
    page = client.get(chart).content.decode()
    assert "&lt;b&gt;Kept&lt;/b&gt;" in page
    panel = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel
    assert 'hx-target="closest [data-panel]"' in panel


def test_a_note_is_voided_on_its_page(world):
    note = note_of(world)
    address = f"/notes/{note.public_id}/void/"
    client = signed_in(world.user("clinical_staff"))
    assert "Cuff is too small" in client.get(address).content.decode()
    assert "10 characters" in client.post(address, {"reason": "short"}).content.decode()
    other = signed_in(world.user("physician")).post(address, {"reason": WHY})
    assert other.status_code == 422
    assert address not in chart(world, "physician"), "a link that would be refused is not offered"
    assert address in chart(world)
    assert client.post(address, {"reason": WHY}).url == f"/patients/{world.patient.public_id}/"
    assert address not in chart(world)
    assert signed_in(world.other.user("clinical_staff")).get(address).status_code == 404


def test_who_may_not_review_reads_notes_and_writes_none(world):
    note_of(world)
    page = chart(world, "manager")
    assert "Cuff is too small" in page
    assert "Write a note" not in page


def test_notes_are_in_the_archive(world):
    note_of(world, "=cmd()")
    assert ("notes", Note, "enrollment__patient") in TABLES
    (row,) = csv.DictReader(io.StringIO("".join(_csv("notes", Note.objects.all()))))
    assert row["text"] == "'=cmd()"


def test_the_chart_shows_the_goals_of_the_patient_or_else_of_the_order(world):
    assert "none written" in chart(world)
    order = sign_order(
        enrollment=world.enrollment, ordered_by=world.members["physician"], measures="blood pressure", frequency="daily",
        starts_on=NOW.date(), now=NOW, goals="Below 140 on most days.", supersedes=world.enrollment.orders.get(),
    )  # fmt: skip
    assert order.goals in chart(world)
    change_enrollment(
        enrollment=world.enrollment, reason="Agreed today", by=world.user("physician"), now=NOW, goals="Below 130."
    )
    page = chart(world)
    assert "Below 130." in page
    assert order.goals not in page


def test_the_address_for_a_message_opens_the_message_form(world):
    client, address = signed_in(world.user("clinical_staff")), f"/enrollments/{world.enrollment.public_id}/calls/new/"
    page = client.get(address, {"as": "message"}).content.decode()
    assert "Sign message" in page
    assert '<option value="portal" selected>' in page
    assert '<option value="sent" selected>' in page
    plain = client.get(address).content.decode()
    assert "Sign call" in plain
    refused = client.post(address, {"channel": "sms", "outcome": "sent", "started_at": "never"}).content.decode()
    assert "Sign message" in refused, "a form that was refused is still the message's"
    now = timezone.localtime(timezone.now())
    form = {
        "direction": "out", "channel": "sms", "outcome": "sent", "minutes": 0, "seconds": 0,
        "started_at": f"{now:%Y-%m-%dT00:00}", "decided": "Asked her to measure before breakfast.",
    }  # fmt: skip
    assert client.post(address, form).status_code == 302
    call = world.enrollment.calls.get()
    assert (call.channel, call.outcome, call.is_live) == ("sms", "sent", False)


def test_writing_a_note_needs_a_sign_in(world):
    assert Client().get(f"/enrollments/{world.enrollment.public_id}/notes/").status_code == 302
