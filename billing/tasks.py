"""Celery tasks of billing. The work itself is a row: a task may be lost, run late or run twice without harm."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from celery import shared_task
from django.db import DatabaseError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from billing.claims import file_runs
from billing.claims.work_items import update_work
from billing.close import moves
from billing.close.compute import compute_chunk
from billing.evidence import packet_runs
from billing.models import ChunkState, CloseChunk, ExportRun, PacketRun
from billing.review import queries
from billing.seal.verify import altered_under_lock
from monitoring.queries import kept_days_that_differ
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month, local_day

log = logging.getLogger(__name__)
# A forecast is computed from this day of the month on, between these hours of the practice, if the last one is older
# than FORECAST_AGE; at any other hour only if it is older than FORECAST_MISSED, since the portal was down or is new.
FORECAST_FROM, FORECAST_HOURS, FORECAST_AGE, FORECAST_MISSED = 20, range(2, 5), timedelta(hours=12), timedelta(hours=30)
SIGNAL_AGAIN_AFTER = timedelta(seconds=30)
# How many messages start workers on a month, whatever its size, and how many seconds a task runs before it yields.
MAX_MESSAGES_PER_CLOSE, MAX_TASK_SECONDS = 4, 60


@shared_task
def close_month(close_pk: int) -> None:
    """Compute chunk after chunk until none waits, then finish the month.

    Safe to run twice, and many times at once: a chunk that another worker has locked is skipped. After a minute the
    task ends, so that other work can run, and queues itself again.
    """
    began = time.monotonic()
    for chunk_pk in queries.pending_chunks(close_pk):
        run_chunk(chunk_pk)
        if time.monotonic() - began > MAX_TASK_SECONDS:
            close_month.delay(close_pk)
            return
    moves.finish_computing(close_pk=close_pk, now=timezone.now())


def run_chunk(chunk_pk: int) -> None:
    """Compute one chunk, or record that it failed; `sweep` signals it again."""
    try:
        compute_chunk(chunk_pk, now=timezone.now())
    except (DatabaseError, ValueError, LookupError) as error:
        # Only the type is stored: a database error's text quotes the row, and rows name patients.
        log.exception("chunk %s failed", chunk_pk)
        moves.note_failure(chunk_pk=chunk_pk, error=type(error).__name__)


@shared_task
def sweep() -> None:
    """Find work whose message was lost: chunks pending and not signaled for half a minute, and months to finish."""
    now = timezone.now()
    lost_chunks = queries.overdue_chunks(before=now - SIGNAL_AGAIN_AFTER)
    CloseChunk.objects.filter(pk__in=[chunk.pk for chunk in lost_chunks], state=ChunkState.PENDING).update(
        signaled_at=now
    )
    for close_pk in sorted({chunk.close_id for chunk in lost_chunks}):
        close_month.delay(close_pk)
    for close_pk in queries.closes_computing():
        moves.finish_computing(close_pk=close_pk, now=now)


@shared_task
def write_export(run_pk: int) -> None:
    """Write a requested file of claims. Safe to run twice, and twice at once."""
    file_runs.write(run_pk, now=timezone.now())


@shared_task
def sweep_exports() -> None:
    """Signal files of claims whose message was lost."""
    now = timezone.now()
    _send_again(file_runs.waiting(before=now - SIGNAL_AGAIN_AFTER), write_export, now=now)


def ring_export(run_pk: int) -> None:
    """Signal a file whose request is committed. If the broker is down, `sweep_exports` finds it."""
    _send(write_export, run_pk, "export run %s waits")


@shared_task
def make_packets(run_pk: int) -> None:
    """Make the next packets of a run and queue the task again while some wait. Safe to run twice, and twice at once."""
    if packet_runs.make_next_batch(run_pk, now=timezone.now()):
        make_packets.delay(run_pk)


@shared_task
def sweep_packets() -> None:
    """Signal packets whose message was lost, and delete the finished ones after their time."""
    now = timezone.now()
    _send_again(packet_runs.overdue_runs(before=now - SIGNAL_AGAIN_AFTER), make_packets, now=now)
    packet_runs.delete_expired_bodies(now=now)


def month_to_forecast(zone: str, *, now: datetime) -> tuple[Month, timedelta] | None:
    """The running month, if forecasts are due in a zone, and how old the last one may be now; else None."""
    local = now.astimezone(ZoneInfo(zone))
    if local.day < FORECAST_FROM:
        return None
    return Month.current(now, zone), FORECAST_AGE if local.hour in FORECAST_HOURS else FORECAST_MISSED


@shared_task
def start_due_closes() -> None:
    """Compute each practice's previous month on its closing day, in its own zone, once a month. From the twentieth on,
    forecast the running month once a night, in the early morning there; a missed night is caught up on.
    """
    now = timezone.now()
    for practice in Practice.objects.order_by("pk"):
        try:
            _start_due_closes_of(practice, now=now)
        except Exception as error:
            # One practice must not prevent the closes of those after it; the next round tries again.
            log.error("practice %s: its close could not be started: %s", practice.pk, type(error).__name__)


def _start_due_closes_of(practice: Practice, *, now: datetime) -> None:
    if (running := month_to_forecast(practice.zone, now=now)) is not None:
        month, age = running
        if queries.forecast_due(practice.pk, month, since=now - age):
            close = moves.start_computing(practice=practice, month=month, by=None, now=now)
            ring(close.pk)
    today = local_day(now, practice.zone)
    month = Month.of(today).plus(-1)
    if today.day >= practice.close_day and not queries.was_computed(practice.pk, month, zone=practice.zone):
        close = moves.start_computing(practice=practice, month=month, by=None, now=now)
        ring(close.pk)


@shared_task
def compare_kept_sums() -> None:
    """Recount the stored reading days from the raw readings and log the enrollments that differ."""
    for practice in Practice.objects.order_by("pk"):
        different = kept_days_that_differ(practice.pk)
        if different:
            log.error("practice %s: kept reading days differ for enrollments %s", practice.pk, different[:20])


@shared_task
def update_work_items() -> None:
    """Bring the work on claims up to date: what became late overnight, and deadlines that came near."""
    now = timezone.now()
    for practice in Practice.objects.order_by("pk"):
        update_work(practice, now=now)


@shared_task
def check_seals() -> None:
    """Queue the comparison of each locked month with its signed digests, one task a month."""
    for close in queries.locked_closes():
        check_seal.delay(close.pk)


@shared_task
def check_seal(close_pk: int) -> int:
    """Compare the rows of a locked month with its signed digests; log and return how many differ."""
    close = queries.locked_closes().filter(pk=close_pk).first()
    altered = altered_under_lock(close) if close is not None else []
    if close is not None and altered:
        log.error(
            "practice %s, month %s: %s stored rows differ from those locked", close.practice_id, close, len(altered)
        )
    return len(altered)


def ring(close_pk: int) -> None:
    """Signal a month whose rows are committed. If the broker is down, `sweep` finds the rows."""
    waiting = len(queries.pending_chunks(close_pk))
    _send(close_month, close_pk, "close %s waits", times=max(1, min(MAX_MESSAGES_PER_CLOSE, waiting)))


def ring_packets(run_pk: int) -> None:
    """Signal packets whose rows are committed, twice for two workers. `sweep_packets` finds lost ones."""
    _send(make_packets, run_pk, "packets %s wait", times=2)


def _send(task: object, key: int, message: str, *, times: int = 1) -> None:
    """Send a task `times` times for a row, once it is committed."""
    transaction.on_commit(partial(_send_now, task, key, message, times=times))


def _send_now(task: Any, key: int, message: str, *, times: int) -> None:
    """Send a task `times` times. A broker that is down is only logged: a sweep finds the row."""
    try:
        for _ in range(times):
            task.apply_async([key], retry=False)
    except OperationalError:
        log.warning(f"the broker is down; {message} for the sweep task", key)


def _send_again(runs: Iterable[ExportRun | PacketRun], task: Any, *, now: datetime) -> None:
    """Send the task again for runs whose message was lost, and store when."""
    for run in runs:
        type(run).objects.filter(pk=run.pk).update(signaled_at=now)
        task.delay(run.pk)
