"""Doors for the worker. The work is a row; a task may be lost, run late, or run twice, and nothing is harmed."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone
from kombu.exceptions import OperationalError

from billing.claims import file_runs
from billing.close import moves
from billing.close.compute import compute_chunk
from billing.evidence import packet_runs
from billing.models import ChunkState, CloseChunk, ExportRun, PacketRun
from billing.review import queries
from monitoring.queries import kept_days_that_differ
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month, local_day

log = logging.getLogger(__name__)
# From this day of the month, between these hours of the practice, at most once in this time; and at any hour where the
# last one is older than a night and a morning: the portal was down, or is new.
FORECAST_FROM, FORECAST_HOURS, FORECAST_AGE, FORECAST_MISSED = 20, range(2, 5), timedelta(hours=12), timedelta(hours=30)
RING_AGAIN = timedelta(seconds=30)
# How many messages call workers to a month, whatever its size, and how many seconds each of them works at a stretch.
BELLS, AT_A_STRETCH = 4, 60


@shared_task
def close_month(close_pk: int) -> None:
    """Compute chunk after chunk until none waits, and with the last one finish the month.

    Safe to run twice, and many times at once: who comes to a chunk that another holds goes on to the next. After a
    minute it makes way for other work and rings for itself.
    """
    began = time.monotonic()
    for chunk_pk in queries.waiting_chunks(close_pk):
        run_chunk(chunk_pk)
        if time.monotonic() - began > AT_A_STRETCH:
            close_month.delay(close_pk)
            return
    moves.finish_computing(close_pk=close_pk, now=timezone.now())


def run_chunk(chunk_pk: int) -> None:
    """Compute one chunk, or note that it failed; the sweeper rings for it again."""
    try:
        compute_chunk(chunk_pk, now=timezone.now())
    except (DatabaseError, ValueError, LookupError) as error:
        # The type says enough: a database error's text quotes the row, and rows name patients.
        log.exception("chunk %s failed", chunk_pk)
        moves.note_failure(chunk_pk=chunk_pk, error=type(error).__name__)


@shared_task
def sweep() -> None:
    """Find work whose bell was lost: pending chunks not rung for half a minute, and months ready to finish."""
    now = timezone.now()
    forgotten = queries.forgotten_chunks(before=now - RING_AGAIN)
    CloseChunk.objects.filter(pk__in=[chunk.pk for chunk in forgotten], state=ChunkState.PENDING).update(
        signaled_at=now
    )
    for close_pk in sorted({chunk.close_id for chunk in forgotten}):
        close_month.delay(close_pk)
    for close_pk in queries.closes_computing():
        moves.finish_computing(close_pk=close_pk, now=now)


@shared_task
def write_export(run_pk: int) -> None:
    """Write a file of claims that was asked for. Safe to run twice, and twice at once."""
    file_runs.write(run_pk, now=timezone.now())


@shared_task
def sweep_exports() -> None:
    """Ring for files of claims whose bell was lost."""
    now = timezone.now()
    _ring_again(file_runs.waiting(before=now - RING_AGAIN), write_export, now=now)


def ring_export(run_pk: int) -> None:
    """Ring for a file whose wish is committed. Without a broker the sweeper finds it."""
    _ring(write_export, run_pk, "export run %s waits")


@shared_task
def make_packets(run_pk: int) -> None:
    """Make the next packets of a run and ring again while some wait. Safe to run twice, and twice at once."""
    if packet_runs.make_some(run_pk, now=timezone.now()):
        make_packets.delay(run_pk)


@shared_task
def sweep_packets() -> None:
    """Ring for packets whose bell was lost, and put away those of last month."""
    now = timezone.now()
    _ring_again(packet_runs.waiting_runs(before=now - RING_AGAIN), make_packets, now=now)
    packet_runs.put_away(now=now)


def month_to_forecast(zone: str, *, now: datetime) -> tuple[Month, timedelta] | None:
    """The running month where forecasts are made of it in a zone, and how old the last one may be now."""
    local = now.astimezone(ZoneInfo(zone))
    if local.day < FORECAST_FROM:
        return None
    return Month.current(now, zone), FORECAST_AGE if local.hour in FORECAST_HOURS else FORECAST_MISSED


@shared_task
def start_due_closes() -> None:
    """Compute the previous month of each practice that has reached its closing day in its own zone, once a month; and
    from the twentieth on, in the small hours there, forecast the running one, once a night. A night that was missed is
    made up for.
    """
    now = timezone.now()
    for practice in Practice.objects.order_by("pk"):
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
    """Recount the kept reading days from the raw readings and say where they differ."""
    for practice in Practice.objects.order_by("pk"):
        different = kept_days_that_differ(practice.pk)
        if different:
            log.error("practice %s: kept reading days differ for enrollments %s", practice.pk, different[:20])


def ring(close_pk: int) -> None:
    """Ring for a month whose rows are committed. A broker that is away is no error: the sweeper finds the rows."""
    waiting = len(queries.waiting_chunks(close_pk))
    _ring(close_month, close_pk, "close %s waits", times=max(1, min(BELLS, waiting)))


def ring_packets(run_pk: int) -> None:
    """Ring for packets whose rows are committed; twice, for two workers. Without a broker the sweeper finds them."""
    _ring(make_packets, run_pk, "packets %s wait", times=2)


def _ring(task: Any, key: int, who_waits: str, *, times: int = 1) -> None:
    """Send a task so many times for a committed row; where the broker is away the sweeper finds the row."""
    try:
        for _ in range(times):
            task.apply_async([key], retry=False)
    except OperationalError:
        log.warning(f"the broker is away; {who_waits} for the sweeper", key)


def _ring_again(runs: Iterable[ExportRun | PacketRun], task: Any, *, now: datetime) -> None:
    """Ring for runs whose bell was lost, and note when."""
    for run in runs:
        type(run).objects.filter(pk=run.pk).update(signaled_at=now)
        task.delay(run.pk)
