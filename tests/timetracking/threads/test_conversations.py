"""Threads: writing, receiving, owners, due answers, and that a message is never a contact, time, or rewritten."""

import pytest
from django.db import DatabaseError, connection, transaction

from billing.close.compute import decide_all
from billing.facts.case_files import facts_of
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.builders import ZONE, at, days
from timetracking.models import Call, MessageThread, MonthTotal, PatientMessage, TimeEntry
from timetracking.threads import conversations, queries
from timetracking.threads.conversations import Sender

NINE = at("2026-03-20", "09:00:00")
LATER = at("2026-03-20", "10:00:00")


def write(world, text="How are you today?", *, by="clinical_staff", now=NINE, **changes):
    values = {"enrollment": world.enrollment, "subject": "general"} | changes
    return conversations.start_thread(text=text, by=world.members[by], now=now, **values)


def receive(world, text="I have a question.", *, now=NINE, **changes):
    return conversations.receive_new(enrollment=world.enrollment, subject="general", text=text, now=now, **changes)


def again(row):
    return MessageThread.objects.get(pk=row.pk)


def test_a_first_message_makes_a_thread_that_waits_for_the_patient(world):
    message = write(world)
    thread = again(message.thread)

    assert (thread.state, thread.unread_since, thread.last_at) == ("waiting", None, NINE)
    assert thread.owner is not None
    assert (message.author, message.written_by, message.role) == (
        "staff",
        world.user("clinical_staff"),
        "clinical_staff",
    )


def test_the_colleague_who_looks_after_the_patient_owns_the_thread(world):
    world.enrollment.looked_after_by = world.members["qhp"]
    world.enrollment.save()

    assert receive(world).thread.owner == world.members["qhp"]


def test_a_message_of_the_patient_is_due_within_the_promised_hours_and_an_answer_ends_that(world):
    thread = again(receive(world, now=NINE).thread)
    assert (thread.state, thread.unread_since) == ("open", NINE)
    assert thread.answer_due_at == at("2026-03-20", "17:00:00")  # the default: eight hours

    conversations.receive(thread=thread, text="One more thing.", now=LATER)
    assert again(thread).answer_due_at == at("2026-03-20", "17:00:00"), "the first unanswered message is due first"

    conversations.answer(thread=thread, text="Yes.", by=world.members["qhp"], now=LATER)
    thread = again(thread)
    assert (thread.state, thread.unread_since, thread.answer_due_at) == ("waiting", None, None)
    assert [row.text for row in thread.messages.all()] == ["I have a question.", "One more thing.", "Yes."]


def test_a_word_that_needs_a_look_raises_the_thread_until_it_is_answered(world):
    thread = receive(world, "I have chest pain.").thread
    conversations.receive(thread=thread, text="It is better now.", now=LATER)
    assert again(thread).needs_look, "a later message does not lower it"

    conversations.answer(thread=thread, text="Call 911 now.", by=world.members["qhp"], now=LATER)
    assert not again(thread).needs_look


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write a message"),
        (" \u200b\u202e ", "Write a message"),
        ("x" * 4001, "at most 4,000"),
        ("Take [medicine] at noon.", r"brackets.*\[medicine\]"),
    ],
)
def test_an_impossible_text_of_the_care_team_is_refused(world, text, message):
    with pytest.raises(Refused, match=message):
        write(world, text)
    assert not MessageThread.objects.exists()


@pytest.mark.parametrize(("text", "message"), [("", "Write a message"), ("x" * 4001, "at most 4,000")])
def test_an_impossible_text_of_the_patient_is_refused(world, text, message):
    with pytest.raises(Refused, match=message):
        receive(world, text)
    assert not PatientMessage.objects.exists()


def test_4000_characters_fit_and_direction_marks_and_nul_are_removed(world):
    assert len(receive(world, "x" * 4000).text) == 4000
    assert receive(world, "take \u202e5 pills\x00").text == "take 5 pills"


def test_brackets_in_a_message_of_the_patient_are_the_patients_own(world):
    assert receive(world, "I wrote [this].").text == "I wrote [this]."


@pytest.mark.parametrize("state", ["paused", "discharged"])
def test_nobody_writes_in_a_program_that_is_not_active(world, state):
    thread = receive(world).thread
    type(world.enrollment).objects.filter(pk=world.enrollment.pk).update(
        state=state, discharged_on=at("2026-03-19").date() if state == "discharged" else None
    )
    world.enrollment.refresh_from_db()

    with pytest.raises(Refused, match="has ended"):
        write(world)
    with pytest.raises(Refused, match="has ended"):
        conversations.answer(thread=thread, text="Hello", by=world.members["qhp"], now=LATER)
    with pytest.raises(Refused, match="Please call"):
        conversations.receive(thread=thread, text="Hello", now=LATER)
    assert PatientMessage.objects.count() == 1


def test_an_unknown_subject_is_refused(world):
    with pytest.raises(Refused, match="about"):
        write(world, subject="weather")


def test_a_form_that_arrives_twice_makes_one_message(world):
    first = receive(world, form_key="k" * 22)
    second = receive(world, form_key="k" * 22)
    third = conversations.receive(thread=first.thread, text="Again", now=LATER, form_key="k" * 22)

    assert first == second == third
    assert (MessageThread.objects.count(), PatientMessage.objects.count()) == (1, 1)


def test_a_message_of_a_caregiver_has_the_name(world):
    message = receive(world, sender=Sender("caregiver", "Ana Ortega"))

    assert (message.author, message.caregiver_name, message.written_by, message.role) == (
        "caregiver",
        "Ana Ortega",
        None,
        "",
    )
    assert message.is_from_patient


def test_a_message_after_closing_opens_the_thread_again(world):
    thread = write(world).thread
    conversations.close_thread(thread=thread, reason="", by=world.members["qhp"], now=LATER)
    assert again(thread).state == "closed"

    conversations.receive(thread=thread, text="Still here.", now=LATER)
    assert again(thread).state == "open"


def test_closing_without_an_answer_needs_a_reason_of_ten_characters(world):
    thread, by = receive(world).thread, world.members["qhp"]

    with pytest.raises(Refused, match="no answer yet"):
        conversations.close_thread(thread=thread, reason="spoke too", by=by, now=LATER)
    conversations.close_thread(thread=thread, reason="spoke today", by=by, now=LATER)
    with pytest.raises(Refused, match="is closed"):
        conversations.close_thread(thread=thread, reason="spoke today", by=by, now=LATER)


def test_a_thread_is_handed_over_only_to_a_colleague_of_the_practice_who_answers_messages(world):
    thread, by = receive(world).thread, world.members["clinical_staff"]

    for other in (world.members["biller"], world.other.members["qhp"]):
        with pytest.raises(Refused, match="who answers messages"):
            conversations.hand_over(thread=thread, to=other, by=by, now=LATER)
    conversations.hand_over(thread=thread, to=world.members["qhp"], by=by, now=LATER)
    assert again(thread).owner == world.members["qhp"]


def test_a_colleague_who_has_left_gets_no_thread(world):
    thread, by, gone = receive(world).thread, world.members["clinical_staff"], world.members["qhp"]
    gone.ends_on = at("2026-03-19").date()

    with pytest.raises(Refused, match="works here today"):
        conversations.hand_over(thread=thread, to=gone, by=by, now=LATER)


def test_a_thread_is_snoozed_only_to_a_day_ahead_and_not_past_its_due_answer(world):
    thread, by = write(world).thread, world.members["qhp"]
    for day in (None, at("2026-03-20").date(), at("2026-04-20").date()):
        with pytest.raises(Refused, match="next 30 days"):
            conversations.snooze(thread=thread, until=day, by=by, now=LATER)
    conversations.snooze(thread=thread, until=at("2026-04-19").date(), by=by, now=LATER)

    conversations.receive(thread=thread, text="Hello?", now=LATER)
    assert again(thread).snoozed_until is None
    with pytest.raises(Refused, match="Answer first"):
        conversations.snooze(thread=thread, until=at("2026-03-24").date(), by=by, now=LATER)


def test_reading_marks_for_the_person_and_answering_for_the_team(world):
    thread = receive(world).thread
    nurse, doctor = world.members["clinical_staff"], world.members["physician"]
    conversations.mark_read(thread, nurse, now=LATER)

    assert [row.is_new for row in queries.inbox(nurse, "team", now=LATER)] == [False]
    assert [row.is_new for row in queries.inbox(doctor, "team", now=LATER)] == [True]
    conversations.answer(thread=thread, text="Yes.", by=nurse, now=LATER)
    assert list(queries.inbox(doctor, "team", now=LATER)) == []


def test_the_lists_of_the_inbox_have_ones_own_the_teams_and_the_overdue_threads(world):
    mine, urgent = receive(world).thread, receive(world, "I fell down.", now=LATER).thread
    conversations.hand_over(thread=mine, to=world.members["qhp"], by=world.members["qhp"], now=NINE)
    conversations.hand_over(thread=urgent, to=world.members["physician"], by=world.members["qhp"], now=NINE)
    qhp = world.members["qhp"]

    assert list(queries.inbox(qhp, "team", now=LATER)) == [urgent, mine]
    assert list(queries.inbox(qhp, "mine", now=LATER)) == [mine]
    assert list(queries.inbox(qhp, "overdue", now=at("2026-03-20", "17:00:00"))) == []
    assert list(queries.inbox(qhp, "overdue", now=at("2026-03-20", "17:00:01"))) == [mine]
    assert queries.inbox_counts(qhp, now=LATER) == {"mine": 1, "team": 2, "overdue": 0}
    assert queries.inbox_counts(world.other.members["qhp"], now=LATER) == {"mine": 0, "team": 0, "overdue": 0}


def test_a_thread_of_a_colleague_who_left_is_in_everybodys_list(world):
    thread = receive(world).thread
    conversations.hand_over(thread=thread, to=world.members["qhp"], by=world.members["qhp"], now=NINE)
    type(world.members["qhp"]).objects.filter(pk=world.members["qhp"].pk).update(ends_on=at("2026-03-19").date())

    assert list(queries.inbox(world.members["physician"], "mine", now=LATER)) == [thread]


def test_messages_are_never_rewritten_or_deleted(world):
    row = receive(world)

    for change in ({"author": "caregiver"}, {"written_at": LATER}, {"thread": write(world).thread}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PatientMessage.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_the_text_is_encrypted_in_its_column_and_in_no_event(world):
    receive(world, "My knee hurts like Ortega's.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM timetracking_patientmessage")
        (stored,) = cursor.fetchone()

    assert "knee" not in stored
    assert not any("knee" in str(event.detail) for event in Event.objects.all())
    event = Event.objects.get(action="receive_message")
    assert (event.actor, event.subject) == (None, f"enrollment:{world.enrollment.public_id}")


def test_messages_are_no_contact_no_time_and_change_no_decision(world):
    world.read(days("2026-02-10", "2026-03-20"))
    world.work("2026-03-05", 1300)
    month, today = Month(2026, 3), at("2026-03-20").date()

    def decision():
        (file,) = facts_of(world.practice.pk, [world.enrollment.pk], month=month, zone=ZONE, today=today)
        ((_, decided),) = decide_all([file])
        return decided

    before, totals = decision(), list(MonthTotal.objects.values())
    thread = write(world).thread
    for number in range(10):
        conversations.receive(thread=thread, text=f"Answer {number}", now=LATER)
        conversations.answer(thread=thread, text=f"Question {number}", by=world.members["physician"], now=LATER)

    assert decision() == before
    assert list(MonthTotal.objects.values()) == totals
    assert not Call.objects.exists()
    assert TimeEntry.objects.count() == 1
