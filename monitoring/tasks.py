"""Celery tasks: stored deliveries, escalation, silence. Safe to run twice and concurrently."""

import logging
from pathlib import Path

from celery import current_app, shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone
from kombu.exceptions import OperationalError

from monitoring import queries
from monitoring.alerts.handle import AlertRecipient, escalate_due
from monitoring.alerts.silence import find_silence
from monitoring.intake import drop_folder, replay, take_in, withings_pull
from rpm_portal.accounts.models import Practice

log = logging.getLogger(__name__)


def batch_queue() -> str:
    """The name of the queue of stored deliveries, separate from the default one: a backlog delays nothing else."""
    return f"{current_app.conf.task_default_queue}-batches"


def enqueue_delivery(delivery_pk: int) -> None:
    """Enqueue the work on a stored delivery. An unreachable broker is no error: the sweep finds the row."""
    try:
        work_delivery.apply_async([delivery_pk], queue=batch_queue(), retry=False)
    except OperationalError:
        log.warning("the broker is away; delivery %s waits for the sweeper", delivery_pk)


def enqueue_sweep() -> None:
    """Enqueue the sweep of stored deliveries. Without a broker the scheduler runs it within half a minute."""
    try:
        sweep_deliveries.apply_async(retry=False)
    except OperationalError:
        log.warning("the broker is away; kept deliveries wait for the sweeper")


@shared_task
def work_delivery(delivery_pk: int) -> None:
    """Process a stored delivery; announced data is fetched first."""
    now = timezone.now()
    announced = replay.announced(delivery_pk)
    if announced is None:
        take_in.work(delivery_pk, now=now)
    else:
        replay.fetch(delivery_pk, announced, pull=withings_pull.puller(now=now), now=now)


@shared_task
def sweep_deliveries() -> int:
    """Enqueue every stored delivery that is due; returns how many."""
    due = queries.waiting_deliveries(now=timezone.now())
    for pk in due:
        work_delivery.apply_async([pk], queue=batch_queue())
    return len(due)


@shared_task
def empty_drop_folder() -> int:
    """Store the files that senders put into the drop folder; returns how many wait for the worker."""
    if not settings.DROP_FOLDER:
        return 0
    waiting = drop_folder.empty_folder(Path(settings.DROP_FOLDER), now=timezone.now())
    for pk in waiting:
        enqueue_delivery(pk)
    return len(waiting)


@shared_task
def escalate() -> int:
    """Escalate alerts that nobody answered, and notify their new owners; returns how many."""
    recipients = escalate_due(now=timezone.now())
    for recipient in recipients:
        _notify(recipient)
    return len(recipients)


def _notify(recipient: AlertRecipient) -> None:
    """Send a message that contains nothing about the patient."""
    role = ("the owner", "the backup", "on call")[recipient.level]
    title, text = (
        "Alert escalated to you",
        f"A {recipient.severity} alert was not acknowledged in time and has been escalated to you ({role}). "
        "Sign in to review it.",
    )
    if recipient.observes:
        title = "Alert escalated"
        text = (
            f"A {recipient.severity} alert that you follow was not acknowledged in time and has been escalated. "
            "Sign in to review it."
        )
    try:
        send_mail(title, text, settings.DEFAULT_FROM_EMAIL, [recipient.email])
    except OSError as error:
        log.error("a message about an alert could not be sent: %s", type(error).__name__)


@shared_task
def look_for_silence() -> int:
    """Open adherence alerts for patients without data; returns how many."""
    now = timezone.now()
    return sum(find_silence(pk, now=now) for pk in Practice.objects.order_by("pk").values_list("pk", flat=True))
