"""Actions on alerts: take, hand over, close with a conclusion; and escalation if nobody acts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction

from monitoring.alerts.contact_tasks import REPLACED
from monitoring.alerts.evaluate import escalation_delay, note_steps, owners_of, recount_alerts
from monitoring.alerts.observers import observer_emails
from monitoring.models import (
    Alert,
    AlertState,
    Conclusion,
    LimitProposal,
    Outreach,
    Review,
    Severity,
    StepKind,
    Threshold,
    Watch,
)
from monitoring.readings.store import lock_standings
from monitoring.services import set_threshold
from rpm_portal.accounts.models import Membership, User
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

MOVES: dict[str, set[str]] = {
    AlertState.OPEN: {AlertState.ACKNOWLEDGED, AlertState.ESCALATED, AlertState.CLOSED},
    AlertState.ESCALATED: {AlertState.ACKNOWLEDGED, AlertState.ESCALATED, AlertState.CLOSED},
    AlertState.ACKNOWLEDGED: {AlertState.ACKNOWLEDGED, AlertState.ESCALATED, AlertState.CLOSED},
    AlertState.CLOSED: set(),
}
# An alert that somebody has taken is escalated after so many times the usual delay.
TAKEN_DELAY_FACTOR = 4
LAST_LEVEL = 2
EXPECTED_PERIOD, EXPECTED_TIMES = timedelta(days=14), 2


@dataclass(frozen=True, slots=True)
class AlertRecipient:
    """A person to notify that an alert waits; contains nothing about the patient. `observes` without owning it."""

    email: str
    level: int
    severity: str
    observes: bool = False


def _lock_alert(alert: Alert, move: str) -> Alert:
    """The alert, locked with its standing. Raises Refused if the move is not allowed."""
    lock_standings(alert.practice_id, [alert.enrollment_id])
    alert = Alert.objects.select_for_update(of=("self",)).select_related("owner").get(pk=alert.pk)
    if move not in MOVES[alert.state]:
        raise Refused("This alert is already closed. Reload the page to see who closed it.")
    return alert


@transaction.atomic
def review_alert(*, alert: Alert, conclusion: str, note: str, by: User, now: datetime) -> Review:
    """Close an alert with a conclusion. Raises Refused without a note, or if it is closed already."""
    if not note.strip():
        raise Refused("A note is required to close an alert. Enter what you found or did.")
    alert = _lock_alert(alert, AlertState.CLOSED)
    review = Review.objects.create(
        practice_id=alert.practice_id,
        enrollment_id=alert.enrollment_id,
        alert=alert,
        conclusion=conclusion,
        note=note.strip(),
        reviewed_to=now,
        reviewed_by=by,
        reviewed_at=now,
    )
    alert.state, alert.closed_at, alert.due_at = AlertState.CLOSED, now, None
    reason = f"Closed: {review.get_conclusion_display()}"
    save_with_reason(alert, reason=reason, by=by, fields=["state", "closed_at", "due_at"])
    note_steps([alert], StepKind.CLOSED, now=now, by=by)
    recount_alerts([alert.enrollment_id])
    if conclusion == Conclusion.EXPECTED:
        _propose_limit(alert, by=by, now=now)
    return review


def _propose_limit(alert: Alert, *, by: User, now: datetime) -> None:
    """Propose to the provider a change of a limit that was called expected repeatedly. One open proposal a limit."""
    metric, _, direction = alert.cause.partition(":")
    if not direction or metric == "rule":
        return
    reviews = Review.objects.filter(
        enrollment=alert.enrollment_id,
        alert__cause=alert.cause,
        conclusion=Conclusion.EXPECTED,
        reviewed_at__gt=now - EXPECTED_PERIOD,
    )
    values = list(reviews.values_list("alert__value", flat=True))
    threshold = Threshold.objects.filter(enrollment=alert.enrollment_id, metric=metric, part=alert.part).first()
    if len(values) < EXPECTED_TIMES or threshold is None:
        return
    critical = alert.severity == Severity.CRITICAL
    bound = ("critical_" if critical else "") + ("high" if alert.above else "low")
    current = getattr(threshold, bound)
    if (
        current is None
        or LimitProposal.objects.filter(threshold=threshold, bound=bound, decided_at__isnull=True).exists()
    ):
        return
    LimitProposal.objects.create(
        practice_id=alert.practice_id,
        enrollment_id=alert.enrollment_id,
        threshold=threshold,
        metric=metric,
        part=alert.part,
        bound=bound,
        current_limit=current,
        seen=max(values) if alert.above else min(values),
        times=len(values),
        made_at=now,
        made_by=by,
    )


@transaction.atomic
def decide_limit(
    *, proposal: LimitProposal, new_limit: Decimal | None, by: User, now: datetime, unit: str = ""
) -> LimitProposal:
    """Set another limit, or (with None) keep it. Raises Refused if it was decided already, ValidationError.

    `new_limit` is in the metric's own unit; it was typed in the display unit `unit`.
    """
    proposal = LimitProposal.objects.select_for_update().select_related("enrollment").get(pk=proposal.pk)
    if proposal.decided_at is not None:
        raise Refused("This was decided already.")
    if new_limit is not None:
        set_threshold(
            enrollment=proposal.enrollment,
            metric=proposal.metric,
            part=proposal.part,
            by=by,
            **{proposal.bound: new_limit, "unit": unit},
        )
    proposal.decided_at, proposal.decided_by, proposal.new_limit = now, by, new_limit
    proposal.save(update_fields=["decided_at", "decided_by", "new_limit"])
    return proposal


@transaction.atomic
def take(*, alert: Alert, by: Membership, now: datetime) -> Alert:
    """Become the owner of an alert; it is escalated later. Raises Refused if it is closed."""
    return _assign(alert, to=by, kind=StepKind.TAKEN, by=by.user, now=now)


@transaction.atomic
def hand_over(*, alert: Alert, to: Membership, by: User, now: datetime) -> Alert:
    """Give an alert to another member of the practice; the delay starts again. Raises Refused."""
    return _assign(alert, to=to, kind=StepKind.HANDED, by=by, now=now)


def _assign(alert: Alert, *, to: Membership, kind: str, by: User, now: datetime) -> Alert:
    alert = _lock_alert(alert, AlertState.ACKNOWLEDGED)
    watch = Watch.objects.filter(practice=alert.practice_id).first()
    wait = escalation_delay(watch, alert.severity)
    alert.owner, alert.due_at = to, now + (wait * TAKEN_DELAY_FACTOR if kind == StepKind.TAKEN else wait)
    alert.state = AlertState.ACKNOWLEDGED if kind == StepKind.TAKEN else AlertState.OPEN
    fields = ["owner", "due_at", "state"]
    save_with_reason(alert, reason=StepKind(kind).label.capitalize(), by=by, fields=fields)
    note_steps([alert], kind, now=now, by=by)
    return alert


def escalate_due(*, now: datetime, limit: int = 500) -> list[AlertRecipient]:
    """Escalate overdue alerts, one step each; returns who is to be notified. Safe to run twice and concurrently."""
    due = Alert.objects.exclude(state=AlertState.CLOSED).filter(due_at__lte=now).order_by("due_at")
    recipients = []
    for pk, practice_id, enrollment_id in list(due.values_list("pk", "practice_id", "enrollment_id")[:limit]):
        with transaction.atomic():
            lock_standings(practice_id, [enrollment_id])
            rows = Alert.objects.select_for_update(of=("self",)).select_related("enrollment")
            alert = rows.exclude(state=AlertState.CLOSED).filter(pk=pk, due_at__lte=now).first()
            if alert is not None:
                recipients += _escalate(alert, now=now)
    return recipients


def _escalate(alert: Alert, *, now: datetime) -> list[AlertRecipient]:
    watch = owners_of(alert.practice_id, [alert.enrollment_id], now=now)[alert.enrollment_id][1]
    if alert.level >= LAST_LEVEL:
        alert.due_at = None
        save_with_reason(alert, reason="Nobody on call had answered", by=None, fields=["due_at"])
        note_steps([alert], StepKind.UNANSWERED, now=now)
        return []
    enrollment = alert.enrollment
    owner_by_level = {
        1: (watch.backup_id if watch else None) or enrollment.supervised_by_id or enrollment.billing_provider_id,
        2: (watch.on_call_id if watch else None) or enrollment.billing_provider_id,
    }
    alert.level += 1
    alert.owner_id, alert.state = owner_by_level[alert.level], AlertState.ESCALATED
    alert.due_at = now + escalation_delay(watch, alert.severity)
    save_with_reason(alert, reason="Escalated, no response", by=None, fields=["level", "owner", "state", "due_at"])
    note_steps([alert], StepKind.ESCALATED, now=now)
    owner = Membership.objects.select_related("user").get(pk=alert.owner_id)
    observers = observer_emails(alert.enrollment_id, without=[owner.pk], now=now)
    return [
        AlertRecipient(owner.user.email, alert.level, alert.severity),
        *(AlertRecipient(email, alert.level, alert.severity, observes=True) for email in observers),
    ]


@transaction.atomic
def plan_outreach(*, alert: Alert, owner: Membership, due_on: date, by: User, now: datetime) -> Outreach:
    """Ask somebody to reach a silent patient by a day. Raises Refused if that is planned already."""
    alert = _lock_alert(alert, AlertState.ACKNOWLEDGED)
    # The next contact agreed in a call gives way to the earlier one.
    agreed = Outreach.objects.filter(enrollment=alert.enrollment_id, alert__isnull=True, done_at__isnull=True)
    agreed.filter(due_on__gte=due_on).update(done_at=now, done_by=by, outcome=REPLACED)
    try:
        with transaction.atomic():
            outreach = Outreach.objects.create(
                practice_id=alert.practice_id,
                enrollment_id=alert.enrollment_id,
                alert=alert,
                owner=owner,
                due_on=due_on,
                made_at=now,
                made_by=by,
            )
    except IntegrityError:
        raise Refused("Outreach to this patient is already assigned.") from None
    _assign(alert, to=owner, kind=StepKind.TAKEN, by=by, now=now)
    return outreach


@transaction.atomic
def finish_outreach(*, outreach: Outreach, outcome: str, by: User, now: datetime) -> Outreach:
    """Record the outcome of an outreach. Raises Refused without an outcome, or if it was finished already."""
    outreach = Outreach.objects.select_for_update().get(pk=outreach.pk)
    if outreach.done_at is not None:
        raise Refused("This was finished already.")
    if not outcome.strip():
        raise Refused("Not saved. Enter the outcome.")
    outreach.done_at, outreach.done_by, outreach.outcome = now, by, outcome.strip()[:300]
    outreach.save(update_fields=["done_at", "done_by", "outcome"])
    return outreach
