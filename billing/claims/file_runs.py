"""Files of many claims, written by the worker: the wish is a row, and its end is the file or why there is none.

A validator takes some hundredths of a second for each claim. The file is therefore drafted and validated while the
month is open to everybody, and kept under the month's lock only if it still says the same.
"""

import logging
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import QuerySet

from billing.claims.send import drafted, send
from billing.models import Export, ExportRun, MonthClose
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record
from rpm_portal.core.refusals import Refused

log = logging.getLogger(__name__)
AT_ONCE = 100  # claims that are written while the user waits
_BUSY = "A file of this month is being written. Wait until it is done."
_FAILURES = (DatabaseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError)


@transaction.atomic
def ask(
    *, close: MonthClose, chosen: list[str], shape: str, by: Membership, now: datetime, again: bool = False
) -> Export | ExportRun:
    """The file, where it is a small one; else the wish for it, and the door rings the bell.

    Raises Refused as `send` does, and where a file of the month is being written already.
    """
    if ExportRun.objects.filter(close=close, done_at__isnull=True).exists():
        raise Refused(_BUSY)
    if len(chosen) <= AT_ONCE:
        return send(close=close, chosen=chosen, shape=shape, by=by, now=now, again=again)
    try:
        with transaction.atomic():
            run = ExportRun.objects.create(
                practice_id=close.practice_id, close=close, shape=shape, chosen=chosen, again=again, asked_by=by,
                asked_at=now, signaled_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise Refused(_BUSY) from None
    record(
        practice=by.practice, by=by.user, role=by.role, action="ask_export", subject=f"month:{close}", now=now,
        detail={"shape": shape, "claims": len(chosen), "again": again},
    )  # fmt: skip
    return run


def write(run_pk: int, *, now: datetime) -> bool:
    """Write one file that was asked for; False where it is written, or being written by another.

    Safe to run twice at once: the row's lock lets one through. Whatever goes wrong ends the wish with a sentence, and
    nothing of the file is kept.
    """
    try:
        with transaction.atomic():
            rows = ExportRun.objects.select_for_update(skip_locked=True, of=("self",))
            run = rows.filter(pk=run_pk, done_at__isnull=True).first()
            if run is None:
                return False
            close, chosen, shape, again = run.close, run.chosen, run.shape, run.again
            _, draft = drafted(close=close, chosen=chosen, shape=shape, now=now, again=again)
            run.export = send(
                close=close, chosen=chosen, shape=shape, by=run.asked_by, now=now, again=again, draft=draft
            )
            run.done_at = now
            run.save(update_fields=["export", "done_at"])
    except Refused as refusal:
        _end(run_pk, str(refusal), now=now)
    except _FAILURES as error:
        # The type says enough: an error's text may quote a row, and rows name patients.
        log.exception("export run %s failed", run_pk)
        _end(run_pk, f"The file could not be written ({type(error).__name__}). Nothing was kept; ask again.", now=now)
    return True


@transaction.atomic
def call_off(*, close: MonthClose, by: Membership, now: datetime) -> None:
    """End the month's wish that waits. Raises Refused where none does, or the worker is at it this moment."""
    run = ExportRun.objects.select_for_update(skip_locked=True).filter(close=close, done_at__isnull=True).first()
    if run is None:
        raise Refused("No file waits to be written, or it is being written this very moment.")
    run.done_at, run.message = now, f"Called off by {by.signature}."
    run.save(update_fields=["done_at", "message"])
    record(
        practice=by.practice, by=by.user, role=by.role, action="call_off_export", subject=f"month:{close}", now=now,
        detail={"shape": run.shape, "claims": len(run.chosen)},
    )  # fmt: skip


def _end(run_pk: int, message: str, *, now: datetime) -> None:
    ExportRun.objects.filter(pk=run_pk, done_at__isnull=True).update(message=message[:400], done_at=now)


def waiting(*, before: datetime) -> QuerySet[ExportRun]:
    """Files that wait and that the worker has not been told of since a moment, of every practice."""
    return ExportRun.objects.filter(done_at__isnull=True, signaled_at__lt=before)


def latest(close: MonthClose) -> ExportRun | None:
    """The month's latest wish while it waits, or where it ended without a file and none has left since."""
    run = close.export_runs.defer("chosen").select_related("asked_by__user").first()
    if run is None or (run.export_id is None and close.exports.filter(made_at__gt=run.asked_at).exists()):
        return None
    return run if run.done_at is None or run.message else None
