"""Notes about patients: writing and voiding."""

from datetime import datetime

from django.db import transaction

from enrollment.models import Enrollment
from monitoring.models import Note
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused

MAX_NOTE_LENGTH = 4000  # characters


@transaction.atomic
def write_note(*, enrollment: Enrollment, text: str, by: Membership, now: datetime) -> Note:
    """Store a note about a patient; it is never changed. Raises Refused for an empty or too long one."""
    text = text.replace("\x00", " ").strip()
    if not text:
        raise Refused("Write the note first.")
    if len(text) > MAX_NOTE_LENGTH:
        raise Refused(f"A note has at most {MAX_NOTE_LENGTH:,} characters; this one has {len(text):,}.")
    note = Note.objects.create(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        text=text,
        written_by=by.user,
        role=by.role,
        written_at=now,
    )
    record_change(note, "write_note", by=by, now=now)
    return note


@transaction.atomic
def void_note(*, note: Note, reason: str, by: Membership, now: datetime) -> Note:
    """Void a note, with a reason of at least ten characters; it remains readable.

    Only its writer may void it; anybody else writes another note. Raises Refused.
    """
    note = Note.objects.select_for_update(of=("self",)).select_related("practice", "enrollment").get(pk=note.pk)
    reason = reason.replace("\x00", " ").strip()
    if note.written_by_id != by.user_id:
        raise Refused("Only the writer of a note can void it. Write another note that corrects it.")
    if note.voided_at is not None:
        raise Refused("This note was voided already.")
    if len(reason) < 10:
        raise Refused("Enter a reason of at least 10 characters to void this note.")
    note.voided_at, note.void_reason = now, reason[:300]
    note.save(update_fields=["voided_at", "void_reason"])
    record_change(note, "void_note", by=by, now=now)
    return note
