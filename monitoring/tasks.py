"""Doors for the worker: kept deliveries, escalation, silence. Safe to run twice, and twice at once."""

import logging

from celery import current_app, shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone
from kombu.exceptions import OperationalError

from monitoring import queries
from monitoring.alerts.handle import AlertRecipient, escalate_due
from monitoring.alerts.silence import find_silence
from monitoring.intake import replay, take_in, withings_pull
from rpm_portal.accounts.models import Practice

log = logging.getLogger(__name__)


def batches() -> str:
    """The queue of kept deliveries, beside the default one: a backlog delays nothing else."""
    return f"{current_app.conf.task_default_queue}-batches"


def ring_delivery(delivery_pk: int) -> None:
    """Ring for a kept delivery. A broker that is away is no error: the sweeper finds the row."""
    try:
        work_delivery.apply_async([delivery_pk], queue=batches(), retry=False)
    except OperationalError:
        log.warning("the broker is away; delivery %s waits for the sweeper", delivery_pk)


def ring_sweep() -> None:
    """Ring for every kept delivery whose time has come. Without a broker the scheduler does it within half a minute."""
    try:
        sweep_deliveries.apply_async(retry=False)
    except OperationalError:
        log.warning("the broker is away; kept deliveries wait for the sweeper")


@shared_task
def work_delivery(delivery_pk: int) -> None:
    """Work a kept delivery through; what was only announced is fetched first."""
    now = timezone.now()
    announced = replay.announced(delivery_pk)
    if announced is None:
        take_in.work(delivery_pk, now=now)
    else:
        replay.fetch(delivery_pk, announced, pull=withings_pull.puller(), now=now)


@shared_task
def sweep_deliveries() -> int:
    """Ring for every kept delivery whose time has come; returns how many."""
    due = queries.waiting_deliveries(now=timezone.now())
    for pk in due:
        work_delivery.apply_async([pk], queue=batches())
    return len(due)


@shared_task
def escalate() -> int:
    """Pass on alerts that nobody answered, and tell those they are passed on to; returns how many."""
    told = escalate_due(now=timezone.now())
    for one in told:
        _tell(one)
    return len(told)


def _tell(one: AlertRecipient) -> None:
    """A message without a word of the patient."""
    place = ("the owner", "the backup", "on call")[one.level]
    text = f"A {one.severity} alert has waited too long and was passed on to you as {place}. Sign in to see it."
    try:
        send_mail("An alert waits for you", text, settings.DEFAULT_FROM_EMAIL, [one.email])
    except OSError as error:
        log.error("a message about an alert could not be sent: %s", type(error).__name__)


@shared_task
def look_for_silence() -> int:
    """Open adherence alerts where no data came for too long; returns how many."""
    now = timezone.now()
    return sum(find_silence(pk, now=now) for pk in Practice.objects.order_by("pk").values_list("pk", flat=True))
