"""Messages with a patient: the care team writes, the patient answers, and a thread has an owner from the first second.

A message is never a live contact, and it adds no time: minutes of writing come from the timer.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from enrollment.models import Enrollment
from monitoring.alerts.evaluate import owners_of
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Permission, has_permission
from rpm_portal.core.days import local_day
from rpm_portal.core.events import announce
from rpm_portal.core.plain_text import without_invisible
from rpm_portal.core.refusals import Refused
from timetracking.calls.texts import open_brackets
from timetracking.models import MessageThread, MessageVia, PatientMessage, ThreadRead, ThreadState, ThreadSubject
from timetracking.threads.events import MessageReceived, MessageWritten
from timetracking.threads.look_words import needs_look
from timetracking.threads.promise import answer_due, promise_of

LONGEST_TEXT = 4000
MOST_SNOOZE = timedelta(days=30)
Author = PatientMessage.Author
NO_ENROLLMENT = "This program has ended, so no message is sent. Call the patient."


@dataclass(frozen=True)
class Sender:
    """Who of the patient's side wrote: the patient, or a caregiver by name."""

    author: str = Author.PATIENT
    caregiver_name: str = ""


def clean_text(text: str) -> str:
    """The text without invisible characters and outer blanks. Raises Refused if it is empty or too long."""
    text = without_invisible(text.replace("\x00", "").replace("\r\n", "\n")).strip()
    if not text:
        raise Refused("Write a message first.", field="text")
    if len(text) > LONGEST_TEXT:
        raise Refused(
            f"A message has at most {LONGEST_TEXT:,} characters. Send the rest as a second one.", field="text"
        )
    return text


def _staff_text(text: str) -> str:
    text = clean_text(text)
    if brackets := open_brackets(text):
        raise Refused(f"Fill in what is in brackets, or delete it: {brackets[0]}", field="text")
    return text


@transaction.atomic
def start_thread(*, enrollment: Enrollment, subject: str, text: str, by: Membership, now: datetime) -> PatientMessage:
    """Begin a thread with a message to the patient; the writer's colleague who looks after the patient owns it.

    Raises Refused for an enrollment that is not active, an unknown subject, or an impossible text.
    """
    if enrollment.state != "active":
        raise Refused(NO_ENROLLMENT)
    if subject not in ThreadSubject.values:
        raise Refused("Choose what the message is about.", field="subject")
    text = _staff_text(text)
    thread = _new_thread(enrollment, subject, ThreadState.WAITING, now=now)
    record_change(thread, "start_thread", by=by, now=now, thread=thread.public_id, about=subject)
    return _write(thread, text, by=by, now=now)


def _new_thread(enrollment: Enrollment, subject: str, state: str, *, now: datetime) -> MessageThread:
    owner, _ = owners_of(enrollment.practice_id, [enrollment.pk], now=now)[enrollment.pk]
    return MessageThread.objects.create(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        subject=subject,
        state=state,
        owner_id=owner,
        opened_at=now,
        last_at=now,
    )


@transaction.atomic
def answer(*, thread: MessageThread, text: str, by: Membership, now: datetime) -> PatientMessage:
    """Write to the patient in a thread: it then waits for the patient. Raises Refused as `start_thread` does."""
    text = _staff_text(text)
    thread = _locked(thread)
    if thread.enrollment.state != "active":
        raise Refused(NO_ENROLLMENT)
    thread.state, thread.last_at, thread.snoozed_until = ThreadState.WAITING, now, None
    thread.unread_since, thread.answer_due_at, thread.needs_look = None, None, False
    if thread.owner_id is None:
        thread.owner = by
    thread.save()
    return _write(thread, text, by=by, now=now)


def _write(thread: MessageThread, text: str, *, by: Membership, now: datetime) -> PatientMessage:
    message = PatientMessage.objects.create(
        practice_id=thread.practice_id,
        thread=thread,
        author=Author.STAFF,
        written_by=by.user,
        role=by.role,
        text=text,
        language=thread.enrollment.patient.language,
        via=MessageVia.PORTAL,
        written_at=now,
    )
    mark_read(thread, by, now=now)
    record_change(thread, "write_message", by=by, now=now, thread=thread.public_id, message=message.public_id)
    announce(MessageWritten(message, now))
    return message


@transaction.atomic
def receive(
    *,
    thread: MessageThread,
    text: str,
    now: datetime,
    sender: Sender | None = None,
    via: str = MessageVia.PAGE,
    form_key: str = "",
) -> PatientMessage:
    """Store a message of the patient's side and when its answer is due. The same `form_key` again stores nothing.

    A closed thread is opened again. Raises Refused for an enrollment that has ended, or an impossible text.
    """
    text, sender = clean_text(text), sender or Sender()
    thread = _locked(thread)
    if form_key and (sent := PatientMessage.objects.for_practice(thread.practice_id).filter(form_key=form_key).first()):
        return sent
    if thread.enrollment.state != "active":
        raise Refused("Your program has ended, so messages are not read here. Please call.")
    urgent = needs_look(text)
    _wait_for_answer(thread, urgent=urgent, now=now)
    message = PatientMessage.objects.create(
        practice_id=thread.practice_id,
        thread=thread,
        author=sender.author,
        caregiver_name=sender.caregiver_name,
        text=text,
        language=thread.enrollment.patient.language,
        via=via,
        written_at=now,
        form_key=form_key or None,
    )
    detail = {"thread": thread.public_id, "message": message.public_id, "author": sender.author, "via": via}
    record_change(thread, "receive_message", by=None, now=now, **detail)
    announce(MessageReceived(message, now, urgent))
    return message


@transaction.atomic
def receive_new(*, enrollment: Enrollment, subject: str, text: str, now: datetime, **values: object) -> PatientMessage:
    """Begin a thread with a message of the patient's side; the other arguments are those of `receive`."""
    if subject not in ThreadSubject.values:
        raise Refused("Choose what the message is about.", field="subject")
    Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)  # the same form at the same time waits
    key = values.get("form_key")
    if key and (sent := PatientMessage.objects.for_practice(enrollment.practice_id).filter(form_key=key).first()):
        return sent
    thread = _new_thread(enrollment, subject, ThreadState.OPEN, now=now)
    return receive(thread=thread, text=text, now=now, **values)  # type: ignore[arg-type]


def _wait_for_answer(thread: MessageThread, *, urgent: bool, now: datetime) -> None:
    """Set that the thread waits for the care team; an answer to the first unanswered message is due first."""
    practice = thread.enrollment.practice
    if thread.unread_since is None:
        thread.unread_since = now
        promise = promise_of(practice, now=now)
        thread.answer_due_at = answer_due(promise, practice.zone, received_at=now)
    thread.needs_look = thread.needs_look or urgent
    thread.state, thread.last_at, thread.snoozed_until = ThreadState.OPEN, now, None
    thread.save()


def _locked(thread: MessageThread) -> MessageThread:
    rows = MessageThread.objects.select_for_update(of=("self",))
    return rows.select_related("enrollment__patient", "enrollment__practice", "practice").get(pk=thread.pk)


@transaction.atomic
def hand_over(*, thread: MessageThread, to: Membership, by: Membership, now: datetime) -> MessageThread:
    """Give a thread to a colleague, or take it. Raises Refused if they may not answer messages."""
    if to.practice_id != thread.practice_id or not has_permission(to, Permission.TRACK_TIME):
        raise Refused("Choose a colleague who answers messages.", field="member")
    if not to.holds_on(local_day(now, by.practice.zone)):
        raise Refused("Choose a colleague who works here today.", field="member")
    thread = _locked(thread)
    thread.owner = to
    thread.save(update_fields=["owner"])
    action = "take_thread" if to.pk == by.pk else "hand_over_thread"
    record_change(thread, action, by=by, now=now, thread=thread.public_id, to=to.public_id)
    return thread


@transaction.atomic
def snooze(*, thread: MessageThread, until: date | None, by: Membership, now: datetime) -> MessageThread:
    """Hide a thread until a day. Raises Refused for a day that is not ahead, or while a word needs a look."""
    today = local_day(now, by.practice.zone)
    if until is None or not today < until <= today + MOST_SNOOZE:
        raise Refused("Choose a day within the next 30 days.", field="until")
    thread = _locked(thread)
    if thread.needs_look or (thread.answer_due_at and local_day(thread.answer_due_at, by.practice.zone) < until):
        raise Refused("An answer is due before that day. Answer first.", field="until")
    thread.snoozed_until = until
    thread.save(update_fields=["snoozed_until"])
    record_change(thread, "snooze_thread", by=by, now=now, thread=thread.public_id, until=until.isoformat())
    return thread


@transaction.atomic
def close_thread(*, thread: MessageThread, reason: str, by: Membership, now: datetime) -> MessageThread:
    """Close a thread. If the patient's last message has no answer, a reason of ten characters is needed.

    Raises Refused without it, or if the thread is closed.
    """
    thread, reason = _locked(thread), reason.strip()[:200]
    if thread.state == ThreadState.CLOSED:
        raise Refused("This thread is closed.")
    if thread.unread_since is not None and len(reason) < 10:
        raise Refused("The patient has no answer yet. Answer, or write why none is needed.", field="reason")
    thread.state, thread.unread_since, thread.answer_due_at = ThreadState.CLOSED, None, None
    thread.needs_look, thread.snoozed_until = False, None
    thread.save()
    record_change(thread, "close_thread", by=by, now=now, thread=thread.public_id, reason=reason)
    return thread


def mark_read(thread: MessageThread, member: Membership | None, *, now: datetime) -> None:
    """Store that a member, or the patient (None), has read the thread until now. Two statements."""
    ThreadRead.objects.update_or_create(
        practice_id=thread.practice_id, thread=thread, member=member, defaults={"read_at": now}
    )
