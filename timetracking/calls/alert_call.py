"""Calls that answer an alert: the form is filled in with its reading, and saving the call closes the alert."""

from datetime import datetime

from enrollment.models import Enrollment, TextDraft
from enrollment.services import text_drafts
from monitoring.alerts.same_reading import close_with_call, open_alert
from rpm_portal.accounts.models import Membership, User
from timetracking.models import CALLING, SPOKEN, Activity, TimeEntry
from timetracking.timer.press import switch_timer
from timetracking.timers import running_timer


def begin_call_timer(*, enrollment: Enrollment, by: Membership, now: datetime, seen: bool = False) -> TimeEntry | None:
    """Switch the person's timer to a call with the patient; None if it runs on another patient and stays there.

    Raises TimeRefused.
    """
    current = running_timer(by.user)
    if current is not None and current.enrollment_id != enrollment.pk:
        return None
    if current is not None and current.activity in CALLING:
        return current
    return switch_timer(enrollment=enrollment, activity=Activity.CALL, by=by, now=now, seen=seen)


def draft_call(*, enrollment: Enrollment, alert: str, showed: str, decided: str, by: User, now: datetime) -> None:
    """Store the call's form with an alert's reading and the person's words, as if they had been typed.

    Text of a call that the person has not saved yet is kept before them.
    """
    earlier = text_drafts.text_draft_of(enrollment=enrollment, kind=TextDraft.Kind.CALL, by=by)
    values = dict(earlier.values) if earlier is not None else {"number": enrollment.patient.phone}
    for name, text in (("showed", showed), ("decided", decided)):
        before = str(values.get(name, "")).strip()
        values[name] = before if text in before else f"{before}\n{text}".strip()
    values["alert"] = alert
    text_drafts.save_text_draft(enrollment=enrollment, kind=TextDraft.Kind.CALL, values=values, by=by, now=now)


def close_after_call(*, enrollment: Enrollment, alert: str, outcome: str, decided: str, by: User, now: datetime) -> str:
    """Close the alert that a saved call answers; returns what happened to it as a sentence, empty without an alert.

    It stays open if nobody was reached. Raises Refused without words of what was said.
    """
    row = open_alert(enrollment.practice_id, enrollment.pk, alert) if alert else None
    if row is None:
        return ""
    if outcome not in SPOKEN:
        return "The alert stays open, because the patient was not reached."
    close_with_call(alert=row, note=decided, by=by, now=now)
    return "The alert is closed: called the patient."
