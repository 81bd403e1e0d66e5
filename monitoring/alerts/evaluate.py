"""Evaluation of readings: alerts, joined by cause, with their owners. Safe to run twice.

Every caller has locked the enrollments' standings first (`store.lock_standings`), so evaluations of one patient run one
after the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from enrollment.models import Enrollment
from monitoring.alerts.breaches import CauseBreach, broken_limits, broken_rules, limits_and_rules
from monitoring.models import (
    Alert,
    AlertKind,
    AlertState,
    AlertStep,
    Breach,
    Severity,
    Standing,
    StepKind,
    Watch,
)
from monitoring.readings.store import MatchedReading
from rpm_portal.accounts.models import Membership, User
from rpm_portal.core.db.history import create_in_bulk, update_in_bulk

GRAVITY = {Severity.CRITICAL: 0, Severity.HIGH: 1, Severity.LOW: 2}


def evaluate(practice_id: int, new: Sequence[tuple[int, MatchedReading]], *, now: datetime) -> int:
    """Compare new readings with limits and rules; returns how many alerts were opened.

    One statement if nothing was broken and no rule covers several values, for any number of readings.
    """
    if not new:
        return 0
    ids = {matched.holder.enrollment_id for _, matched in new}
    limits, rules = limits_and_rules(ids)
    if not limits and not rules:
        return 0
    broken = list(broken_limits(new, limits))
    broken += broken_rules(new, rules)
    return _raise_alerts(practice_id, broken, now=now)


def _raise_alerts(practice_id: int, breaches: Sequence[CauseBreach], *, now: datetime) -> int:
    """Join breaches to the open alert for their cause, or open one. A breach counts once."""
    # A breach that is stored already is skipped, and the same breach may occur twice in one call.
    known = set(
        Breach.objects.filter(reading__in={f.reading_id for f in breaches}).values_list("reading_id", "cause")
        if breaches
        else ()
    )
    by_cause: dict[tuple[int, str], list[CauseBreach]] = defaultdict(list)
    for breach in breaches:
        if (breach.reading_id, breach.cause) not in known:
            known.add((breach.reading_id, breach.cause))
            by_cause[breach.enrollment_id, breach.cause].append(breach)
    if not by_cause:
        return 0
    rows = Alert.objects.filter(enrollment__in={key[0] for key in by_cause}).exclude(state=AlertState.CLOSED)
    open_alerts = {(row.enrollment_id, row.cause): row for row in rows.select_for_update().order_by("pk")}
    owners = owners_of(practice_id, {key[0] for key in by_cause}, now=now)
    opened: list[Alert] = []
    joined: list[Alert] = []
    worsened: list[Alert] = []
    for key, group in by_cause.items():
        alert = open_alerts.get(key)
        worst = min(group, key=lambda f: (GRAVITY[Severity(f.severity)], -f.measured_at.timestamp()))
        if alert is None:
            owner, watch = owners[key[0]]
            alert = Alert(
                practice_id=practice_id,
                enrollment_id=key[0],
                cause=key[1],
                rule_id=worst.rule_id,
                description=worst.description,
                opened_at=now,
                owner_id=owner,
                count=len(group),
                due_at=now + escalation_delay(watch, worst.severity),
            )
            _set_breach(alert, worst)
            alert.last_at = max(f.measured_at for f in group)
            opened.append(alert)
            continue
        graver = GRAVITY[Severity(worst.severity)] < GRAVITY[Severity(alert.severity)]
        alert.count += len(group)
        # A value that arrives late is counted; the alert shows the latest value of the highest severity.
        as_grave = GRAVITY[Severity(worst.severity)] == GRAVITY[Severity(alert.severity)]
        if graver or (as_grave and (alert.last_at is None or worst.measured_at >= alert.last_at)):
            _set_breach(alert, worst)
        alert.last_at = max([f.measured_at for f in group] + ([alert.last_at] if alert.last_at else []))
        if graver:
            alert.state = AlertState.OPEN
            due = now + escalation_delay(owners[key[0]][1], worst.severity)
            alert.due_at = min(alert.due_at, due) if alert.due_at else due
            worsened.append(alert)
        joined.append(alert)
    create_in_bulk(Alert, opened, reason="Limit broken", by=None)
    if joined:
        fields = ["count", "severity", "value", "limit", "above", "part", "last_at", "state", "due_at"]
        fields += ["reading_id", "reading_measured_at"]
        update_in_bulk(Alert, joined, fields=fields, reason="Broken again", by=None)
    alerts = {(a.enrollment_id, a.cause): a for a in [*opened, *joined]}
    Breach.objects.bulk_create(
        [
            Breach(
                practice_id=practice_id,
                alert=alerts[f.enrollment_id, f.cause],
                reading_id=f.reading_id,
                reading_measured_at=f.measured_at,
                cause=f.cause,
                severity=f.severity,
                value=f.hit.value,
                limit=f.hit.limit,
            )
            for group in by_cause.values()
            for f in group
        ]
    )
    note_steps(opened, StepKind.OPENED, now=now)
    note_steps(worsened, StepKind.WORSENED, now=now)
    recount_alerts({a.enrollment_id for a in [*opened, *worsened]})
    return len(opened)


def _set_breach(alert: Alert, worst: CauseBreach) -> None:
    alert.severity, alert.part = worst.severity, worst.part
    alert.reading_id, alert.reading_measured_at = worst.reading_id, worst.measured_at
    alert.value, alert.limit, alert.above = worst.hit.value, worst.hit.limit, worst.hit.above


def escalation_delay(watch: Watch | None, severity: str) -> timedelta:
    """How long an alert of this severity waits for its owner before it is escalated."""
    settings = watch or Watch()
    minutes = {
        Severity.CRITICAL: settings.critical_minutes,
        Severity.HIGH: settings.high_minutes,
        Severity.LOW: settings.low_minutes,
    }
    return timedelta(minutes=minutes[Severity(severity)])


def owners_of(practice_id: int, enrollment_ids: Iterable[int], *, now: datetime) -> dict[int, tuple[int, Watch | None]]:
    """The owner of a new alert of each enrollment, with the practice's watch. Three statements.

    The owner is who looks after the patient; else the first of the watch; else the supervisor; else the billing
    provider. A membership that has ended cannot own an alert, except the billing provider's: every alert has an owner.
    """
    watch = Watch.objects.filter(practice=practice_id).first()
    rows = list(
        Enrollment.objects.filter(pk__in=list(enrollment_ids)).values_list(
            "pk", "looked_after_by_id", "supervised_by_id", "billing_provider_id"
        )
    )
    first = watch.first_id if watch else None
    asked = {member for _, after, over, _ in rows for member in (after, first, over) if member}
    serving = {row.pk for row in Membership.objects.filter(pk__in=asked) if row.holds_on(now.date())}
    return {
        pk: (next((member for member in (after, first, over) if member in serving), billing), watch)
        for pk, after, over, billing in rows
    }


def note_steps(alerts: Iterable[Alert], kind: str, *, now: datetime, by: User | None = None) -> None:
    """Store one step for each alert. One statement."""
    rows = [AlertStep(practice_id=a.practice_id, alert=a, kind=kind, at=now, by=by, to_id=a.owner_id) for a in alerts]
    if rows:
        AlertStep.objects.bulk_create(rows)


def recount_alerts(enrollment_ids: Iterable[int]) -> None:
    """Count the open alerts of enrollments into their standings. One statement."""
    ids = sorted(set(enrollment_ids))
    if ids:
        Standing.objects.filter(enrollment__any_of=ids).update(
            open_critical=_open_alerts(kind=AlertKind.CLINICAL, severity=Severity.CRITICAL),
            open_high=_open_alerts(kind=AlertKind.CLINICAL, severity=Severity.HIGH),
            open_low=_open_alerts(kind=AlertKind.CLINICAL, severity=Severity.LOW),
            open_adherence=_open_alerts(kind=AlertKind.ADHERENCE),
        )


def _open_alerts(**which: str) -> Coalesce:
    """The number of open alerts of a standing's enrollment."""
    alerts = Alert.objects.filter(enrollment=OuterRef("enrollment"), **which).exclude(state=AlertState.CLOSED)
    return Coalesce(Subquery(alerts.order_by().values("enrollment").annotate(n=Count("pk")).values("n")), 0)
