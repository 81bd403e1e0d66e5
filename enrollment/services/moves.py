"""State changes of an enrollment, the documents they require, and its episodes."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from enrollment.models import Enrollment, EnrollmentState, Episode, Pause, Program
from enrollment.services.dates import check_backdating, translate_lock_error
from enrollment.services.earlier_values import last_visit_on
from rpm_portal.accounts.models import Membership, User
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Role
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

MOVES: dict[str, set[str]] = {
    EnrollmentState.DRAFT: {EnrollmentState.READY},
    EnrollmentState.READY: {EnrollmentState.ACTIVE},
    EnrollmentState.ACTIVE: {EnrollmentState.PAUSED, EnrollmentState.DISCHARGED},
    EnrollmentState.PAUSED: {EnrollmentState.ACTIVE, EnrollmentState.DISCHARGED},
    EnrollmentState.DISCHARGED: set(),
}
DEVICE_PERIOD = timedelta(days=30)  # RPM and RTM cannot share a device period (rule R-RPM-RTM)


def _change_state(enrollment: Enrollment, to: str, *, reason: str, by: User, fields: tuple[str, ...] = ()) -> None:
    if to not in MOVES[enrollment.state]:
        raise Refused(f"An enrollment cannot go from {enrollment.state} to {to}.")
    enrollment.state = to
    save_with_reason(enrollment, reason=reason, by=by, fields=["state", *fields])


def _lock(enrollment: Enrollment) -> Enrollment:
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("patient", "practice")
    locked: Enrollment = rows.get(pk=enrollment.pk)
    return locked


def missing_for_start(enrollment: Enrollment, *, on: date) -> list[str]:
    """Sentences with what an enrollment still needs to be active on a day."""
    missing = []
    if (died_on := enrollment.patient.died_on) is not None and died_on < on:
        missing.append(f"The patient died on {died_on:%Y-%m-%d}. Nothing starts after that day.")
    if not enrollment.diagnosis:
        missing.append("No diagnosis. Enter the condition that is monitored.")
    if not enrollment.patient.coverages.filter(starts_on__lte=on).exclude(ends_on__lt=on).exists():
        missing.append("No coverage on that day. Add the payer and member id.")
    seen_on = last_visit_on(enrollment.patient, on=on)
    if enrollment.program == Program.RPM and seen_on is None:
        missing.append("RPM needs an established patient. Record the last visit with this practice.")
    elif (
        enrollment.program == Program.RPM
        and seen_on is not None
        and seen_on < _three_years_before(enrollment.started_on or on)
    ):
        missing.append(
            f"The last visit was on {seen_on:%Y-%m-%d}, more than three years before. An established patient was seen "
            "by the same group and specialty within three years; record that visit."
        )
    if not enrollment.orders.filter(starts_on__lte=on).exclude(ends_on__lt=on).exists():
        missing.append("No signed order in effect on that date.")
    if not enrollment.consents.filter(given_on__lte=on, withdrawn_on__isnull=True).exists():
        missing.append("No consent on file by that day.")
    if enrollment.other_monitoring == "running":
        missing.append("Another practice monitors this patient. Record when that has ended; only one may bill.")
    elif enrollment.other_monitoring == "ended" and (ended := enrollment.other_monitoring_ended_on) and ended >= on:
        missing.append(f"The other practice's monitoring runs to {ended:%Y-%m-%d}. Start on a later day.")
    if message := _other_family(enrollment, on=on):
        missing.append(message)
    return missing


def _three_years_before(day: date) -> date:
    """A patient not seen since that day is a new patient (CPT)."""
    return day.replace(year=day.year - 3, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _other_family(enrollment: Enrollment, *, on: date) -> str:
    """Why RPM or RTM may not begin: the other one runs, or ended less than 30 days before (rule R-RPM-RTM)."""
    if enrollment.program not in {Program.RPM, Program.RTM}:
        return ""
    other = Program.RTM if enrollment.program == Program.RPM else Program.RPM
    rows = Enrollment.objects.filter(patient=enrollment.patient_id, program=other, started_on__isnull=False)
    for row in rows.order_by("-started_on"):
        if row.discharged_on is None:
            return (
                f"{other} has run since {row.started_on:%Y-%m-%d}. {enrollment.program} cannot start in the same "
                f"30-day period. End {other} first."
            )
        free_on = row.discharged_on + DEVICE_PERIOD
        if on < free_on:
            return (
                f"{other} ended on {row.discharged_on:%Y-%m-%d}. {enrollment.program} cannot start in the same 30-day "
                f"period; plan it from {free_on:%Y-%m-%d}."
            )
    return ""


@transaction.atomic
def activate(*, enrollment: Enrollment, on: date, by: User, now: datetime, because: str = "") -> Enrollment:
    """Start monitoring on a day, with its first episode. Raises ValidationError with everything that is missing."""
    enrollment = _lock(enrollment)
    reason = check_backdating(on, field="on", because=because, practice=enrollment.practice, now=now)
    missing = missing_for_start(enrollment, on=on)
    if missing:
        raise ValidationError(missing)
    enrollment.started_on = on
    try:
        with translate_lock_error("on"):
            if enrollment.state == EnrollmentState.DRAFT:
                _change_state(enrollment, EnrollmentState.READY, reason="Everything needed is on file", by=by)
            message = f"Service started; entered afterwards: {reason}" if reason else "Service started"
            _change_state(enrollment, EnrollmentState.ACTIVE, reason=message, by=by, fields=("started_on",))
    except IntegrityError:
        raise ValidationError(
            "RPM and RTM cannot run together for a patient. End one before the other begins."
        ) from None
    episode = enrollment.episodes.filter(ended_on__isnull=True).first()
    if episode is None:
        episode = Episode(practice_id=enrollment.practice_id, enrollment=enrollment, started_on=on)
    episode.started_on = on
    save_with_reason(episode, reason="First episode", by=by)
    record_change(enrollment, "activate", by=by, now=now, on=on.isoformat(), backdated=reason)
    return enrollment


@transaction.atomic
def pause(*, enrollment: Enrollment, on: date, reason: str, by: User, now: datetime) -> Enrollment:
    """Pause the service from a day, with a reason. Device periods are not extended. Raises ValidationError, Refused."""
    enrollment = _lock(enrollment)
    if not reason.strip():
        raise ValidationError({"reason": "Enter why the service is paused, for example: in hospital."})
    check_backdating(on, field="on", because=reason, practice=enrollment.practice, now=now)
    if enrollment.started_on is not None and on < enrollment.started_on:
        raise ValidationError({"on": "The service had not begun on that day."})
    _change_state(enrollment, EnrollmentState.PAUSED, reason=reason, by=by)
    row = Pause(practice_id=enrollment.practice_id, enrollment=enrollment, starts_on=on, reason=reason.strip()[:200])
    save_with_reason(row, reason=reason, by=by)
    record_change(enrollment, "pause", by=by, now=now)
    return enrollment


@transaction.atomic
def resume(*, enrollment: Enrollment, on: date, by: User, now: datetime) -> Enrollment:
    """Resume a paused service from a day on which order and consent are in force. Raises ValidationError."""
    enrollment = _lock(enrollment)
    check_backdating(on, field="on", because="resumed", practice=enrollment.practice, now=now)
    row = Pause.objects.select_for_update().filter(enrollment=enrollment, ends_on__isnull=True).first()
    if row is not None and on < row.starts_on:
        raise ValidationError({"on": f"The pause began on {row.starts_on:%Y-%m-%d}; it cannot end before."})
    if missing := missing_for_start(enrollment, on=on):
        raise ValidationError(missing)
    _change_state(enrollment, EnrollmentState.ACTIVE, reason="Service resumed", by=by)
    if row is not None:
        row.ends_on = on
        save_with_reason(row, reason="Service resumed", by=by, fields=["ends_on"])
    record_change(enrollment, "resume", by=by, now=now)
    return enrollment


@transaction.atomic
def discharge(
    *, enrollment: Enrollment, on: date, reason: str, by: User, now: datetime, goal_met: bool = False
) -> Enrollment:
    """End the service on a day, with its episode. Raises Refused unless it was active or paused."""
    enrollment = _lock(enrollment)
    if not reason.strip():
        raise ValidationError({"reason": "Say why monitoring ends."})
    if enrollment.started_on is not None and on < enrollment.started_on:
        raise ValidationError({"on": f"Monitoring began on {enrollment.started_on:%Y-%m-%d}; it cannot end before."})
    check_backdating(on, field="on", because=reason, practice=enrollment.practice, now=now)
    enrollment.discharged_on, enrollment.discharge_reason = on, reason[:200]
    with translate_lock_error("on"):
        _change_state(
            enrollment, EnrollmentState.DISCHARGED, reason=reason, by=by, fields=("discharged_on", "discharge_reason")
        )
    for row in enrollment.pauses.filter(ends_on__isnull=True):
        row.ends_on = max(on, row.starts_on)
        save_with_reason(row, reason="Service ended", by=by, fields=["ends_on"])
    _end_episode(enrollment, on=on, goal_met=goal_met, reason=reason, by=by)
    record_change(enrollment, "discharge", by=by, now=now)
    return enrollment


def _end_episode(enrollment: Enrollment, *, on: date, goal_met: bool, reason: str, by: User) -> None:
    for episode in enrollment.episodes.filter(ended_on__isnull=True):
        episode.ended_on, episode.goal_met, episode.end_reason = on, goal_met, reason[:200]
        save_with_reason(episode, reason=reason, by=by, fields=["ended_on", "goal_met", "end_reason"])


@transaction.atomic
def new_episode(*, enrollment: Enrollment, on: date, goal_met: bool, reason: str, by: User, now: datetime) -> Episode:
    """End the current episode the day before and begin the next, whose set-up may be billed again (rule R-SETUP).

    Raises ValidationError, also without a reason that describes how the old episode ended.
    """
    enrollment = _lock(enrollment)
    if enrollment.state != EnrollmentState.ACTIVE:
        raise ValidationError("Only an active enrollment begins a new episode.")
    if len(reason.strip()) < 10:
        raise ValidationError({"reason": "Say in at least ten characters how the episode ended: the goal and its end."})
    check_backdating(on, field="on", because=reason, practice=enrollment.practice, now=now)
    current = enrollment.episodes.filter(ended_on__isnull=True).first()
    if current is not None and on <= current.started_on:
        began = f"{current.started_on:%Y-%m-%d}"
        raise ValidationError({"on": f"The running episode began on {began}; begin the next one later."})
    last = enrollment.episodes.order_by("-number").first()
    _end_episode(enrollment, on=on - timedelta(days=1), goal_met=goal_met, reason=reason, by=by)
    number = last.number + 1 if last is not None else 1
    episode = Episode(practice_id=enrollment.practice_id, enrollment=enrollment, number=number, started_on=on)
    save_with_reason(episode, reason=f"New episode: {reason}", by=by)
    record_change(enrollment, "new_episode", by=by, now=now, number=number)
    return episode


@transaction.atomic
def record_education(
    *,
    enrollment: Enrollment,
    on: date,
    by: User,
    means: str = "visit",
    minutes: int | None = None,
    teach_back: bool = True,
) -> Episode:
    """Record the patient's education on the device; before the start of service it opens the episode.

    Raises ValidationError if the service has ended, there was no teach-back, or the day is long before the episode.
    """
    enrollment = _lock(enrollment)
    episode: Episode | None = enrollment.episodes.select_for_update().filter(ended_on__isnull=True).first()
    if episode is None and enrollment.state in {EnrollmentState.DRAFT, EnrollmentState.READY}:
        episode = Episode(practice_id=enrollment.practice_id, enrollment=enrollment, started_on=on)
    if episode is None:
        raise ValidationError("Education belongs to an open episode, and monitoring has ended.")
    if not teach_back:
        raise ValidationError({"teach_back": "Education counts once the patient has shown it back."})
    if on < episode.started_on - DEVICE_PERIOD:
        raise ValidationError({"on": "Education belongs to this episode; that day lies long before it began."})
    episode.educated_on, episode.educated_by = on, by
    episode.education_means, episode.education_minutes, episode.teach_back = means, minutes, teach_back
    assistants = Membership.objects.for_practice(enrollment.practice).in_force(on).filter(user=by)
    episode.educated_by_assistant = assistants.filter(role=Role.THERAPIST_ASSISTANT).exists()
    names = [
        "educated_on",
        "educated_by",
        "education_means",
        "education_minutes",
        "teach_back",
        "educated_by_assistant",
    ]
    save_with_reason(episode, reason="Set-up and education", by=by, fields=names if episode.pk else None)
    return episode
