"""Files of many claims, written by the worker: each request is a row that ends with a file or an error sentence.

The validator takes some hundredths of a second a claim. The file is therefore drafted and validated without the
month's lock, and stored under it only if its content is still the same.
"""

import logging
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import QuerySet

from billing.claims.send import prepare_draft, send
from billing.models import ClaimCopy, ExportRun, MonthClose, Submission
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record
from rpm_portal.core.refusals import Refused

log = logging.getLogger(__name__)
MAX_CLAIMS_IN_REQUEST = 100  # larger files are written by the worker
_BUSY = "A file of this month is being written. Wait until it is done."
_FAILURES = (DatabaseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError)


@transaction.atomic
def request_file(
    *, close: MonthClose, chosen: list[str], shape: str, by: Membership, now: datetime, again: bool = False
) -> Submission | ClaimCopy | ExportRun:
    """The file if it is small; else the request for it, and the caller queues the task.

    Raises Refused as `send` does, and if a file of the month is being written already.
    """
    if ExportRun.objects.filter(close=close, done_at__isnull=True).exists():
        raise Refused(_BUSY)
    if len(chosen) <= MAX_CLAIMS_IN_REQUEST:
        return send(close=close, chosen=chosen, shape=shape, by=by, now=now, again=again)
    try:
        with transaction.atomic():
            run = ExportRun.objects.create(
                practice_id=close.practice_id,
                close=close,
                shape=shape,
                chosen=chosen,
                again=again,
                asked_by=by,
                asked_at=now,
                signaled_at=now,
            )
    except IntegrityError:
        raise Refused(_BUSY) from None
    record(
        practice=by.practice,
        by=by.user,
        role=by.role,
        action="ask_export",
        subject=f"month:{close}",
        now=now,
        detail={"shape": shape, "claims": len(chosen), "again": again},
    )
    return run


def write(run_pk: int, *, now: datetime) -> bool:
    """Write one requested file. Returns False if it is written already or another worker is writing it.

    Safe to run twice at once: the second run skips the locked row. Any failure ends the request with a sentence, and
    nothing of the file is stored.
    """
    try:
        with transaction.atomic():
            rows = ExportRun.objects.select_for_update(skip_locked=True, of=("self",))
            run = rows.filter(pk=run_pk, done_at__isnull=True).first()
            if run is None:
                return False
            close, chosen, shape, again = run.close, run.chosen, run.shape, run.again
            _, draft = prepare_draft(close=close, chosen=chosen, shape=shape, now=now, again=again)
            row = send(close=close, chosen=chosen, shape=shape, by=run.asked_by, now=now, again=again, draft=draft)
            run.submission, run.copy = (row, None) if isinstance(row, Submission) else (None, row)
            run.done_at = now
            run.save(update_fields=["submission", "copy", "done_at"])
    except Refused as refusal:
        _end_run(run_pk, str(refusal), now=now)
    except _FAILURES as error:
        # Only the type is shown: an error's text may quote a row, and rows contain patients' names.
        log.exception("export run %s failed", run_pk)
        _end_run(
            run_pk, f"The file could not be written ({type(error).__name__}). Nothing was kept; ask again.", now=now
        )
    return True


@transaction.atomic
def cancel(*, close: MonthClose, by: Membership, now: datetime) -> None:
    """Cancel the month's pending request. Raises Refused if there is none, or the worker is writing it."""
    run = ExportRun.objects.select_for_update(skip_locked=True).filter(close=close, done_at__isnull=True).first()
    if run is None:
        raise Refused("No file waits to be written, or it is being written this very moment.")
    run.done_at, run.message = now, f"Called off by {by.signature}."
    run.save(update_fields=["done_at", "message"])
    record(
        practice=by.practice,
        by=by.user,
        role=by.role,
        action="call_off_export",
        subject=f"month:{close}",
        now=now,
        detail={"shape": run.shape, "claims": len(run.chosen)},
    )


def _end_run(run_pk: int, message: str, *, now: datetime) -> None:
    ExportRun.objects.filter(pk=run_pk, done_at__isnull=True).update(message=message[:400], done_at=now)


def waiting(*, before: datetime) -> QuerySet[ExportRun]:
    """Pending requests of every practice whose task was last queued before a moment."""
    return ExportRun.objects.filter(done_at__isnull=True, signaled_at__lt=before)


def latest(close: MonthClose) -> ExportRun | None:
    """The month's latest request if it is pending, or if it failed and no file was written since."""
    run = close.export_runs.defer("chosen").select_related("asked_by__user").first()
    if run is None or (run.done_at is not None and not run.message):
        return None
    files = (close.submissions, close.copies)
    written_since = run.done_at is not None and any(rows.filter(made_at__gt=run.asked_at).exists() for rows in files)
    return None if written_since else run
