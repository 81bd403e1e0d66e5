"""Files of reports: small ones at once, large ones by the worker. Each request is a row that ends with a file."""

import hashlib
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.reports.definition import ReportDefinition
from rpm_portal.pages.reports.files import SHAPES, file_of
from rpm_portal.pages.reports.models import ReportRun
from rpm_portal.pages.reports.table import ReportTable

log = logging.getLogger(__name__)
MAX_ROWS_IN_REQUEST = 5_000  # more rows are written by the worker
MAX_ROWS = 250_000
MAX_WAITING = 3
_FAILURES = (DatabaseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


def table_of(definition: ReportDefinition, by: Membership, *, now: datetime) -> ReportTable:
    """The report of a member's practice. Raises Refused for wrong months, or a subject that is not open to the role."""
    if not definition.subject.is_open_to(by):
        raise Refused("Your role has no reports of this subject. Choose another one.")
    first, last = definition.months(Month.current(now, by.practice.zone))
    return ReportTable(by.practice, definition, first, last)


def about(table: ReportTable, *, title: str, now: datetime) -> list[tuple[str, str]]:
    """The lines that say what a file is: they come into the file."""
    definition = table.definition
    lines = [
        ("Report", title or definition.subject.label),
        ("Practice", table.practice.name),
        ("Subject", definition.subject.label),
        ("Months", f"{table.first} to {table.last}"),
        ("Written at (UTC)", f"{now:%Y-%m-%d %H:%M}"),
    ]
    return lines + [(name.title(), value) for name, value in definition.filters.items()]


@transaction.atomic
def request_file(*, definition: ReportDefinition, shape: str, title: str, by: Membership, now: datetime) -> ReportRun:
    """Record a request for a file; the caller queues the task.

    Raises Refused for too many rows, or if three files of the person wait already.
    """
    if shape not in SHAPES:
        raise Refused("Choose CSV or Excel.")
    table = table_of(definition, by, now=now)
    if (count := table.count()) > MAX_ROWS:
        raise Refused(f"These are {count:,} rows; a file has at most {MAX_ROWS:,}. Choose fewer months, or group them.")
    Membership.objects.select_for_update(no_key=True).get(pk=by.pk)
    if ReportRun.objects.filter(asked_by=by, done_at__isnull=True).count() >= MAX_WAITING:
        raise Refused(f"{MAX_WAITING} of your files are being written. Wait until one is done.")
    run: ReportRun = ReportRun.objects.create(
        practice=by.practice,
        asked_by=by,
        title=title.strip()[:60],
        subject=definition.subject.name,
        query=definition.query[:2000],
        first_month=table.first.first_day,
        last_month=table.last.first_day,
        shape=shape,
        asked_at=now,
        signaled_at=now,
    )
    record_change(run, "ask_report", by=by, now=now, shape=shape, rows=count)
    return run


def write(run_pk: int, *, now: datetime) -> bool:
    """Write one requested file. Returns False if it is written already or another worker is writing it.

    Any failure ends the request with a sentence, and no file is stored.
    """
    try:
        with transaction.atomic():
            rows = ReportRun.objects.select_for_update(skip_locked=True, of=("self",))
            run = rows.select_related("practice").filter(pk=run_pk, done_at__isnull=True).first()
            if run is None:
                return False
            _fill(run, now=now)
            run.done_at = now
            run.save(update_fields=["body", "sha256", "rows", "done_at"])
    except _FAILURES as error:
        # Only the type is shown: an error's text may quote a row, and rows contain patients' names.
        log.exception("report run %s failed", run_pk)
        message = f"The file could not be written ({type(error).__name__}). Ask for it again."
        pending = ReportRun.objects.filter(done_at__isnull=True)
        pending.filter(pk=run_pk).update(message=message, done_at=now)
    return True


def _fill(run: ReportRun, *, now: datetime) -> None:
    definition = ReportDefinition.of_query(run.query)
    table = ReportTable(run.practice, definition, Month.of(run.first_month), Month.of(run.last_month))
    run.body = file_of(table, run.shape, about(table, title=run.title, now=now))
    run.sha256, run.rows = hashlib.sha256(run.body).hexdigest(), table.count()


def waiting(*, before: datetime) -> QuerySet[ReportRun]:
    """Pending requests of every practice whose task was last queued before a moment."""
    return ReportRun.objects.filter(done_at__isnull=True, signaled_at__lt=before).defer("body")


def delete_expired_bodies(*, now: datetime) -> int:
    """Delete the files older than PORTAL_KEEP_PACKETS days. Returns their number."""
    old = ReportRun.objects.filter(asked_at__lt=now - timedelta(days=settings.KEEP_PACKETS), cleared_at=None)
    return old.filter(done_at__isnull=False).update(body=None, cleared_at=now)
