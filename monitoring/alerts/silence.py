"""Adherence alerts for patients without data: opened by a scheduled task and closed by the next reading."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, IntegerField, OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from enrollment.models import DeviceAssignment, DeviceShare, Enrollment, Program
from monitoring.alerts.evaluate import escalation_delay, note_steps, owners_of, recount_alerts
from monitoring.models import Alert, AlertKind, AlertRule, AlertState, Severity, StepKind, Watch
from monitoring.readings.store import lock_standings
from rpm_portal.core.db.history import create_in_bulk, update_in_bulk

SILENCE = "absence"
SILENT_DAYS = 3  # allowed if neither the patient's rule nor the practice's watch sets a number


def end_silence(ids: Iterable[int], *, now: datetime) -> None:
    """Close the adherence alerts of enrollments for which a reading arrived, with a step."""
    rows = Alert.objects.filter(enrollment__in=ids, cause=SILENCE).exclude(state=AlertState.CLOSED)
    alerts = list(rows.select_for_update().order_by("pk"))
    for alert in alerts:
        alert.state, alert.closed_at, alert.due_at = AlertState.CLOSED, now, None
    update_in_bulk(Alert, alerts, fields=["state", "closed_at", "due_at"], reason="A reading arrived", by=None)
    note_steps(alerts, StepKind.ARRIVED, now=now)
    recount_alerts(alert.enrollment_id for alert in alerts)


def silent(practice_id: int, *, now: datetime) -> list[tuple[int, int, int]]:
    """(enrollment, days without data, days allowed) of active patients with a device but without data. One statement.

    The days are counted from the last reading, or from the day the device was given or shared if none has arrived.
    """
    assigned = DeviceAssignment.objects.filter(enrollment=OuterRef("pk"), starts_at__lte=now)
    assigned = assigned.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
    shared = DeviceShare.objects.filter(enrollment=OuterRef("pk"), starts_at__lte=now)
    for end in ("ends_at", "assignment__ends_at"):
        shared = shared.filter(Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": now}))
    first = [Subquery(rows.order_by("starts_at").values("starts_at")[:1]) for rows in (assigned, shared)]
    rules = AlertRule.objects.filter(enrollment=OuterRef("pk"), ended_at__isnull=True, spec__kind=SILENCE)
    rules = rules.annotate(days=Cast(KT("spec__days"), IntegerField())).order_by("days")
    watch = Watch.objects.filter(practice=OuterRef("practice"))
    # An alert that is open, or was opened in this silence already.
    alerts = Alert.objects.filter(enrollment=OuterRef("pk"), cause=SILENCE)
    alerts = alerts.filter(~Q(state=AlertState.CLOSED) | Q(opened_at__gt=OuterRef("since")))
    rows = (
        Enrollment.objects.filter(practice=practice_id, state="active", program__in=[Program.RPM, Program.RTM])
        .annotate(assigned_at=Least(*first))
        .filter(assigned_at__isnull=False)
        .annotate(
            since=Greatest("standing__last_reading_at", "assigned_at"),
            allowed=Coalesce(
                Subquery(rules.values("days")[:1]),
                Subquery(watch.values("silent_days")),
                SILENT_DAYS,
                output_field=IntegerField(),
            ),
        )
        .filter(~Exists(alerts))
    )
    silences = [(pk, (now - since).days, allowed) for pk, since, allowed in rows.values_list("pk", "since", "allowed")]
    return sorted(silence for silence in silences if silence[1] >= silence[2])


def raise_silence(practice_id: int, rows: Sequence[tuple[int, int, int]], *, now: datetime) -> int:
    """Open an adherence alert for each row; the caller has locked the standings. Returns how many."""
    if not rows:
        return 0
    owners = owners_of(practice_id, [row[0] for row in rows], now=now)
    alerts = [
        Alert(
            practice_id=practice_id,
            enrollment_id=pk,
            kind=AlertKind.ADHERENCE,
            cause=SILENCE,
            severity=Severity.LOW,
            value=Decimal(days),
            limit=Decimal(allowed),
            above=True,
            description=f"No data for {days} days",
            opened_at=now,
            last_at=now,
            owner_id=owners[pk][0],
            due_at=now + escalation_delay(owners[pk][1], Severity.LOW),
        )
        for pk, days, allowed in rows
    ]
    create_in_bulk(Alert, alerts, reason="No data", by=None)
    note_steps(alerts, StepKind.OPENED, now=now)
    recount_alerts(row[0] for row in rows)
    return len(alerts)


def find_silence(practice_id: int, *, now: datetime) -> int:
    """Open adherence alerts for patients without data; returns how many. Safe to run twice and concurrently."""
    with transaction.atomic():
        ids = [row[0] for row in silent(practice_id, now=now)]
        if not ids:
            return 0
        lock_standings(practice_id, ids)
        # Query again under the lock: a reading or another run may have been first.
        return raise_silence(practice_id, silent(practice_id, now=now), now=now)
