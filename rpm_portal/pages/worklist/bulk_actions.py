"""What a person does on the worklist for many patients at once (assign, put off, note a message), and saved views."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from enrollment.models import Enrollment
from monitoring.services import look_after
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.worklist.filters import Filters
from rpm_portal.pages.worklist.models import SavedView, Snooze
from timetracking.calls.call_log import log_call
from timetracking.intervals.refusals import TimeRefused
from timetracking.models import MESSAGES, CallOutcome, Channel

MAX_SNOOZE = timedelta(days=30)
MOST_ROWS, MOST_VIEWS, LONGEST_TEXT = 200, 20, 4000


@transaction.atomic
def assign(*, rows: Sequence[Enrollment], member: Membership | None, by: Membership, now: datetime) -> int:
    """Say who looks after each; returns how many are looked after by another now."""
    changed = [row for row in rows if row.looked_after_by_id != (member.pk if member else None)]
    for row in changed:
        look_after(enrollment=row, member=member, by=by.user)
    if changed:
        record_change(None, "assign_patients", by=by, now=now, count=len(changed))
    return len(changed)


@transaction.atomic
def snooze(*, rows: Sequence[Enrollment], until: date, reason: str, by: Membership, now: datetime) -> int:
    """Put patients off the worklist until a day. A new clinical alert brings a patient back before it.

    Raises Refused without a reason, for a day that is not to come, or one more than thirty days away.
    """
    today = local_day(now, by.practice.zone)
    if len(reason.strip()) < 5:
        raise Refused("Enter a reason for the snooze.")
    if not today < until <= today + MAX_SNOOZE:
        raise Refused("Choose a day after today, at most thirty days away.")
    for row in rows:
        Snooze.objects.create(
            practice_id=row.practice_id, enrollment=row, until_on=until, reason=reason.strip()[:200], by=by.user, at=now
        )
    record_change(None, "snooze_patients", by=by, now=now, count=len(rows))
    return len(rows)


@transaction.atomic
def wake(*, rows: Sequence[Enrollment], by: Membership, now: datetime) -> int:
    """Bring patients back before their day; returns how many were away."""
    today = local_day(now, by.practice.zone)
    snoozes = Snooze.objects.filter(enrollment__in=[row.pk for row in rows], until_on__gt=today, ended_at=None)
    count = snoozes.values("enrollment").distinct().count()
    snoozes.update(ended_at=now)
    if count:
        record_change(None, "wake_patients", by=by, now=now, count=count)
    return count


@transaction.atomic
def note_messages(*, rows: Sequence[Enrollment], channel: str, text: str, by: Membership, now: datetime) -> int:
    """Note for each patient that the same message left: by the practice's own texting or portal, at this moment.

    A message has no minutes of its own and is no live contact. Some statements for each. Raises Refused, and then
    none is noted.
    """
    text = text.replace("\x00", " ").strip()
    if channel not in MESSAGES:
        raise Refused("Choose how the message left: as a text message or in the portal of the practice.")
    if not text:
        raise Refused("Write what the message said.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"A message is kept up to {LONGEST_TEXT:,} characters; this one has {len(text):,}.")
    for row in rows:
        row.practice = by.practice
        number = row.patient.phone if channel == Channel.SMS else ""
        try:
            log_call(
                enrollment=row,
                channel=channel,
                outcome=CallOutcome.SENT,
                started_at=now,
                ended_at=now,
                number=number,
                decided=text,
                by=by,
                now=now,
            )
        except TimeRefused as refusal:
            raise Refused(f"{row.patient}: {refusal} No message was noted.") from refusal
    record_change(None, "note_messages", by=by, now=now, count=len(rows))
    return len(rows)


def save_view(*, practice: Practice, user: User, name: str, filters: Filters) -> SavedView:
    """Keep filters under a name; the same name again replaces it. Raises Refused without one, or beyond twenty."""
    name = " ".join(name.replace("\x00", " ").split())[:40]
    if not name:
        raise Refused("Give the view a name.")
    own = SavedView.objects.for_practice(practice).filter(user=user)
    if own.exclude(name=name).count() >= MOST_VIEWS:
        raise Refused(f"{MOST_VIEWS} views are kept. Remove one first.")
    view, _ = own.update_or_create(practice=practice, user=user, name=name, defaults={"query": filters.query[:300]})
    return view
