"""Notes of patients: written once, struck through by their writer, seen by who sees the patient."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from enrollment.services import change_enrollment, sign_order
from monitoring.models import Note
from monitoring.notes import LONGEST, strike_note, write_note
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


def test_a_note_is_kept_with_who_and_when_and_the_audit_knows_no_word_of_it(world):
    note = note_of(world, "  Cuff is too small.\n\x00 ")
    assert (note.text, note.role, note.written_at) == ("Cuff is too small.", "clinical_staff", NOW)
    told = Event.objects.get(practice=world.practice, action="write_note")
    assert (told.subject, told.detail) == (f"enrollment:{world.enrollment.public_id}", {})
    assert "write note" in signed_in(world.user("physician")).get(
        f"/patients/{world.patient.public_id}/history/"
    ).content.decode()  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"), [("", "Write the note"), (" \n\x00", "Write the note"), ("x" * (LONGEST + 1), "at most 4,000")]
)
def test_an_empty_or_endless_note_is_not_kept(world, text, said):
    with pytest.raises(Refused, match=said):
        note_of(world, text)
    assert not Note.objects.exists()
    assert note_of(world, "x" * LONGEST).pk


def test_only_its_writer_strikes_a_note_through_once_and_says_why(world):
    note, nurse = note_of(world), world.members["clinical_staff"]
    for said, who, why in (
        ("Only who wrote", "physician", WHY), ("Only who wrote", "manager", WHY), ("ten characters", "clinical_staff", "too few"),
        ("ten characters", "clinical_staff", "         \x00"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=said):
            strike_note(note=note, reason=why, by=world.members[who], now=NOW)
    struck = strike_note(note=note, reason=WHY, by=nurse, now=NOW)
    assert (struck.voided_at, struck.void_reason) == (NOW, WHY)
    with pytest.raises(Refused, match="already"):
        strike_note(note=note, reason=WHY, by=nurse, now=NOW)
    page = chart(world, "physician")
    assert "Cuff is too small" in page
    assert '<p class="text void">' in page
    assert f"20 Mar 12:00</time>: {WHY}" in " ".join(page.split())


@pytest.mark.parametrize(
    "statement",
    ["UPDATE monitoring_note SET text = 'another'", "UPDATE monitoring_note SET written_by_id = NULL", "DELETE FROM monitoring_note",
     "TRUNCATE monitoring_note CASCADE"],
)  # fmt: skip
def test_the_database_rewrites_and_loses_no_note(world, statement):
    note_of(world)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_was_struck_through_is_not_struck_through_otherwise(world):
    note = note_of(world)
    strike_note(note=note, reason=WHY, by=world.members["clinical_staff"], now=NOW)
    for change in ({"void_reason": "another reason"}, {"voided_at": None, "void_reason": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Note.objects.update(**change)


def test_a_note_stands_with_its_own_practice(world):
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


def test_a_chart_asks_for_notes_only_where_there_are_some(world, django_assert_max_num_queries):
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
    strike_note(note=note, reason=WHY, by=world.members["clinical_staff"], now=NOW + timedelta(hours=1))
    ids = [world.enrollment.pk]
    assert notes(ids, known=NOW - timedelta(seconds=1)) == []
    (then,) = notes(ids, known=NOW)
    assert (then.voided_at, then.void_reason) == (None, None)
    assert [row.pk for row in notes(ids, known=NOW + timedelta(hours=3))] == [late.pk, note.pk]
    assert notes(ids, known=NOW + timedelta(hours=3))[1].void_reason == WHY


def test_the_form_keeps_what_was_typed_and_leads_back(world):
    client, address = signed_in(world.user("clinical_staff")), f"/enrollments/{world.enrollment.public_id}/notes/"
    assert "What the next one should know" in client.get(address).content.decode()
    long = "y" * (LONGEST + 1)
    refused = client.post(address, {"text": long})
    assert refused.status_code == 422
    assert long in refused.content.decode()
    chart = f"/patients/{world.patient.public_id}/?enrollment={world.enrollment.public_id}"
    assert client.post(address, {"text": "Kept."}).url == chart
    told = client.post(address, {"text": "<b>Kept</b>"}, headers={"HX-Request": "true"})
    assert told.headers["HX-Redirect"] == chart
    page = client.get(chart).content.decode()
    assert "&lt;b&gt;Kept&lt;/b&gt;" in page
    panel = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel
    assert 'hx-target="closest [data-panel]"' in panel


def test_striking_through_on_its_page(world):
    note = note_of(world)
    address = f"/notes/{note.public_id}/strike/"
    client = signed_in(world.user("clinical_staff"))
    assert "Cuff is too small" in client.get(address).content.decode()
    assert "ten characters" in client.post(address, {"reason": "short"}).content.decode()
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


def test_the_chart_tells_the_goals_of_the_patient_or_else_of_the_order(world):
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


def test_a_message_is_begun_by_its_key(world):
    client, address = signed_in(world.user("clinical_staff")), f"/enrollments/{world.enrollment.public_id}/calls/new/"
    asked = client.get(address, {"as": "message"}).content.decode()
    assert "Keep the message" in asked
    assert '<option value="portal" selected>' in asked
    assert '<option value="sent" selected>' in asked
    plain = client.get(address).content.decode()
    assert "Keep the call" in plain
    refused = client.post(address, {"channel": "sms", "outcome": "sent", "started_at": "never"}).content.decode()
    assert "Keep the message" in refused, "a form that was refused is still the message's"
    now = timezone.localtime(timezone.now())
    said = {
        "direction": "out", "channel": "sms", "outcome": "sent", "minutes": 0, "seconds": 0,
        "started_at": f"{now:%Y-%m-%dT00:00}", "decided": "Asked her to measure before breakfast.",
    }  # fmt: skip
    assert client.post(address, said).status_code == 302
    call = world.enrollment.calls.get()
    assert (call.channel, call.outcome, call.is_live) == ("sms", "sent", False)


def test_nobody_signed_in_gets_neither(world):
    assert Client().get(f"/enrollments/{world.enrollment.public_id}/notes/").status_code == 302
