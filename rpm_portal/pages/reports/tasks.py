"""Tasks of reports. The work itself is a row: a task may be lost, run late or run twice without harm."""

import logging
from datetime import timedelta
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from rpm_portal.pages.reports import runs

log = logging.getLogger(__name__)
_SIGNAL_AGAIN_AFTER = timedelta(seconds=30)


@shared_task
def write_report(run_pk: int) -> None:
    """Write a requested file. Safe to run twice, and twice at once."""
    runs.write(run_pk, now=timezone.now())


@shared_task
def sweep_reports() -> None:
    """Signal files whose message was lost, and delete files after their time."""
    now = timezone.now()
    for run in runs.waiting(before=now - _SIGNAL_AGAIN_AFTER):
        run.signaled_at = now
        run.save(update_fields=["signaled_at"])
        write_report.delay(run.pk)
    runs.delete_expired_bodies(now=now)


def ring(run_pk: int) -> None:
    """Signal a file once its request is committed. If the broker is down, `sweep_reports` finds it."""
    transaction.on_commit(partial(_send, run_pk))


def _send(run_pk: int) -> None:
    try:
        write_report.apply_async([run_pk], retry=False)
    except OperationalError:
        log.warning("the broker is down; report run %s waits for the sweep task", run_pk)
