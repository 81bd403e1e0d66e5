"""Queries about months, lines and verdicts. Set-based."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from billing.close.compute import decide_all
from billing.facts.case_files import CaseFile, facts_of, with_time
from billing.models import (
    LOCKED_STATES,
    NOT_IN_FORCE_STATES,
    ChunkState,
    ClaimLine,
    CloseChunk,
    CloseState,
    MonthClose,
)
from billing.models.overrides import OVERRIDDEN
from billing.review.clinic_filter import EVERYTHING, Narrowing
from billing.rules import Decision, decide
from billing.rules.decision import NOT_LOADED
from enrollment.models import Enrollment, Patient
from monitoring.queries import days_changed_after
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.days import Month, local_day
from timetracking.timers import running_timer


def pending_chunks(close_pk: int) -> list[int]:
    """Ids of a close's pending chunks. One statement."""
    rows = CloseChunk.objects.filter(close=close_pk, state=ChunkState.PENDING, close__state=CloseState.COMPUTING)
    return list(rows.order_by("number").values_list("pk", flat=True))


def overdue_chunks(*, before: datetime) -> list[CloseChunk]:
    """Pending chunks of running computations whose task was queued before a moment, at most 500. One statement."""
    rows = CloseChunk.objects.filter(
        state=ChunkState.PENDING, signaled_at__lt=before, close__state=CloseState.COMPUTING
    )
    return list(rows.order_by("signaled_at")[:500])


def closes_computing() -> list[int]:
    """Ids of the months being computed. One statement."""
    return list(MonthClose.objects.filter(state=CloseState.COMPUTING).values_list("pk", flat=True))


def forecast_due(practice_id: int, month: Month, *, since: datetime) -> bool:
    """Whether a running month has no forecast since a moment. One statement."""
    row = MonthClose.objects.filter(practice=practice_id, month=month.first_day).first()
    if row is None or row.run == 0:
        return True
    return row.state == CloseState.IN_REVIEW and (row.computed_at is None or row.computed_at < since)


def was_computed(practice_id: int, month: Month, *, zone: str) -> bool:
    """Whether a month was computed after its end, is being computed, or is sealed. One statement.

    A forecast, computed before the month ended, does not count.
    """
    rows = MonthClose.objects.filter(practice=practice_id, month=month.first_day, run__gt=0)
    past = Q(state__in=[CloseState.PREPARED, CloseState.SEALED, CloseState.SENT])
    return rows.filter(past | Q(started_at__gte=month.ends_at(zone))).exists()


def close_of(practice: Practice, month: Month) -> MonthClose | None:
    """The practice's month, if it was ever opened. One statement."""
    rows = MonthClose.objects.for_practice(practice).filter(month=month.first_day)
    return rows.select_related("sealed_by", "started_by", "practice").first()


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a computation, in enrollments."""

    done: int
    total: int
    failed: int
    error: str
    seconds_left: int | None = None

    @property
    def percent(self) -> int:
        """Whole percent done."""
        return 100 * self.done // self.total if self.total else 100


def progress(close: MonthClose) -> Progress:
    """Enrollments done, failed and in all, and the time left at the pace of the last chunks. One statement."""
    done = total = failed = 0
    error = ""
    paces: list[tuple[datetime, int]] = []
    rows = CloseChunk.objects.filter(close=close, run=close.run)
    for state, ids, message, done_at in rows.values_list("state", "enrollment_ids", "error", "done_at"):
        total += len(ids)
        done += len(ids) if state == ChunkState.DONE else 0
        failed += len(ids) if state == ChunkState.FAILED else 0
        error = error or message
        if done_at is not None:
            paces.append((done_at, len(ids)))
    return Progress(done, total, failed, error, _seconds_left(sorted(paces)[-6:], total - done - failed))


def _seconds_left(paces: list[tuple[datetime, int]], rest: int) -> int | None:
    """Seconds for the rest; None until two chunks are done."""
    if len(paces) < 2:
        return None
    spent = (paces[-1][0] - paces[0][0]).total_seconds()
    return round(rest * spent / sum(size for _, size in paces[1:]))


def months(
    practice: Practice, *, now: datetime, back: int = 6, narrowing: Narrowing = EVERYTHING
) -> list[dict[str, Any]]:
    """The running month and those before it, newest first, each with its close and counts. Two statements."""
    of = narrowing.lines("lines__")
    current = Month.current(now, practice.zone)
    wanted = [current.plus(-step) for step in range(back)]
    rows = MonthClose.objects.for_practice(practice).filter(month__in=[month.first_day for month in wanted])
    counted = rows.annotate(
        standing=Count("lines", filter=of & ~Q(lines__state__in=NOT_IN_FORCE_STATES)),
        held=Count("lines", filter=of & Q(lines__state="held")),
        waiting=Count("lines", filter=of & Q(lines__state="proposed")),
    )
    by_month = {Month.of(row.month): row for row in counted}
    return [{"month": month, "close": by_month.get(month), "running": month == current} for month in wanted]


NO_CHANGE = "changes no line"
# An overpayment is reported and returned within sixty days after it was identified (42 CFR 401.305(b)).
REFUND_WITHIN = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class LateFact:
    """Reading days of one enrollment received after the seal, and the lines they would change."""

    patient: Patient
    first_day: date
    last_day: date
    days: int
    received_at: datetime
    effect: str
    removes: bool

    @property
    def refund_by(self) -> date:
        """The last day to return a payment for removed lines: sixty days after receipt (42 CFR 401.305)."""
        return (self.received_at + REFUND_WITHIN).date()

    @property
    def changes(self) -> bool:
        """Whether a line would change."""
        return self.effect != NO_CHANGE


def late_facts(close: MonthClose) -> list[LateFact]:
    """Late facts after the seal, one an enrollment, with their effect. A constant number of statements."""
    if close.facts_at is None:
        return []
    month = Month.of(close.month)
    rows = days_changed_after(
        close.practice_id,
        first_day=month.first_day - timedelta(days=30),
        last_day=month.last_day,
        moment=close.facts_at,
    )
    by_enrollment: dict[int, list[Any]] = {}
    for row in rows:
        by_enrollment.setdefault(row.enrollment_id, []).append(row)
    if not by_enrollment:
        return []
    # Sealed months are over, so every window in them is decided: any day after the month will do.
    next_month = month.plus(1).first_day
    files = facts_of(close.practice_id, sorted(by_enrollment), month=month, zone=close.zone, today=next_month)
    effects = _effects(close, decide_all(files))
    return [
        LateFact(
            patient=days[0].enrollment.patient,
            first_day=days[0].local_day,
            last_day=days[-1].local_day,
            days=len({day.local_day for day in days}),
            received_at=max(day.first_received_at for day in days),
            effect=effects[pk],
            removes="would remove" in effects[pk],
        )
        for pk, days in by_enrollment.items()
    ]


def _effects(close: MonthClose, decided: list[tuple[CaseFile, Decision]]) -> dict[int, str]:
    """The lines each enrollment would gain or lose if the month were computed now, in words."""
    ids = [file.enrollment_id for file, _ in decided]
    stored: dict[int, Counter[str]] = {pk: Counter() for pk in ids}
    rows = ClaimLine.objects.filter(close=close, enrollment__in=ids).exclude(state__in=NOT_IN_FORCE_STATES)
    for line in rows.exclude(flags__contains=[OVERRIDDEN]):
        stored[line.enrollment_id][f"{line.code} of {line.dos:%b} {line.dos.day}"] += line.units
    effects = {}
    for file, decision in decided:
        now: Counter[str] = Counter()
        for proposed in decision.lines:
            now[f"{proposed.code} of {proposed.dos:%b} {proposed.dos.day}"] += proposed.units
        before = stored[file.enrollment_id]
        added, removed = sorted(now - before), sorted(before - now)
        phrases = [f"would add {', '.join(added)}"] if added else []
        phrases += [f"would remove {', '.join(removed)}"] if removed else []
        effects[file.enrollment_id] = " and ".join(phrases) or NO_CHANGE
    return effects


def decided_now(
    practice: Practice, enrollment_ids: list[int], *, month: Month, today: date
) -> dict[int, tuple[CaseFile, Decision]]:
    """The engine's decisions on the facts on file, by enrollment. Constant statements; writes nothing."""
    files = facts_of(practice.pk, enrollment_ids, month=month, zone=practice.zone, today=today)
    return {file.enrollment_id: (file, decision) for file, decision in decide_all(files)}


def next_code(practice: Practice, row: Enrollment, user: User, *, now: datetime) -> dict[str, object]:
    """The next management code, the seconds it lacks, and whether a call is missing, with the running timer counted.

    `waits` is the sentence of a date of service without rules, empty if its rules are loaded.
    The timer is added to the facts as if it stopped now, so time that the payer does not count is not counted.
    """
    month = Month.current(now, practice.zone)
    file, decision = decided_now(practice, [row.pk], month=month, today=local_day(now, practice.zone))[row.pk]
    running = running_timer(user)
    if running is not None and running.enrollment_id == row.pk:
        running.stopped_at = now.replace(microsecond=0)
        decision = decide(with_time(file.facts, running), file.policy)
    short_findings = [f for f in decision.findings if f.code in {"MGMT_TIME_BELOW_MIN", "MGMT_SHORT_OF_CODE"}]
    missing, code = min(((int(f.values["missing"]), str(f.values["code"])) for f in short_findings), default=(0, ""))
    reached = [line.code for line in (*decision.lines, *decision.withheld) if line.component == "management"]
    needs_call = any(f.code.startswith(("MGMT_NO_LIVE", "MGMT_LIVE_COMM_NOT")) for f in decision.blockers)
    waits = [f.sentence for f in decision.blockers if f.code == NOT_LOADED and f.component in {"all", "management"}]
    return {
        "code": code,
        "missing": missing,
        "call": needs_call,
        "reached": reached[-1] if reached else "",
        "waits": waits[0] if waits else "",
    }


def locked_closes() -> QuerySet[MonthClose]:
    """The months of every practice that are or were prepared, sealed or sent, with their practice."""
    rows = MonthClose.objects.filter(Q(state__in=LOCKED_STATES) | Q(seal_digests__isnull=False)).distinct()
    return rows.select_related("practice").order_by("pk")
