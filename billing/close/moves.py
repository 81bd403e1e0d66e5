"""State changes of a month until its seal, and of its lines. The allowed ones are in two tables."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from billing.close.write import end_decisions_of_affected_patients, end_removed_enrollments
from billing.models import (
    ChunkState,
    ClaimLine,
    CloseChunk,
    CloseState,
    LineReview,
    LineState,
    MonthClose,
)
from billing.policies.in_force import policies_digest
from billing.policies.profiles import lacks_authorization
from billing.policies.rules_in_force import codes_of
from billing.rules.canonical import joined_digest
from billing.rules.engine import VERSION
from billing.rules.release import code_set
from enrollment.queries import served_in_parts
from rpm_portal.accounts.models import Practice, User
from rpm_portal.audit.services import record
from rpm_portal.core.days import Month
from rpm_portal.core.db.any_of import array_literal
from rpm_portal.core.db.copy_rows import copy_in
from rpm_portal.core.db.history import save_with_reason, update_in_bulk
from rpm_portal.core.refusals import Refused

MONTH_MOVES: dict[str, set[str]] = {
    CloseState.OPEN: {CloseState.COMPUTING},
    CloseState.COMPUTING: {CloseState.IN_REVIEW, CloseState.COMPUTING, CloseState.PAUSED},
    CloseState.PAUSED: {CloseState.COMPUTING},
    CloseState.IN_REVIEW: {CloseState.COMPUTING, CloseState.PREPARED},
    CloseState.PREPARED: {CloseState.IN_REVIEW, CloseState.SEALED},
    CloseState.SEALED: {CloseState.SENT, CloseState.IN_REVIEW},
    CloseState.SENT: set(),
}
LINE_MOVES: dict[str, set[str]] = {
    LineState.PROPOSED: {LineState.APPROVED, LineState.HELD, LineState.VOID},
    LineState.APPROVED: {LineState.HELD, LineState.VOID},
    LineState.HELD: {LineState.APPROVED, LineState.DROPPED, LineState.VOID},
    LineState.DROPPED: set(),
    LineState.VOID: set(),
    LineState.REVERSED: set(),
}
MAX_CHUNK_ATTEMPTS = 5
_CHUNK_COLUMNS = (
    "practice_id",
    "close_id",
    "run",
    "number",
    "enrollment_ids",
    "recompute_all",
    "state",
    "attempts",
    "error",
    "signaled_at",
    "facts_digest",
    "output_digest",
)


def check_move(old: str, new: str, moves: dict[str, set[str]], message: str) -> None:
    """Raise Refused with the message if the table does not allow the move."""
    if new not in moves[old]:
        raise Refused(message)


def lock_close(close: MonthClose) -> MonthClose:
    """The month, locked and read again; the caller is in a transaction. One statement."""
    rows = MonthClose.objects.select_for_update(no_key=True, of=("self",)).select_related("practice")
    locked: MonthClose = rows.get(pk=close.pk)
    return locked


@transaction.atomic
def start_computing(
    *, practice: Practice, month: Month, by: User | None, now: datetime, recompute_all: bool = False
) -> MonthClose:
    """Start a computation of the month: a new run with its chunks as rows. The caller then signals the workers.

    While a computation runs, another start returns it instead of starting a second one. `recompute_all` reads and
    decides everything, changed or not. Raises Refused for a sealed month or one that has not begun.
    """
    if month.starts_at(practice.zone) > now:
        raise Refused(f"{month.words} has not begun yet.")
    MonthClose.objects.get_or_create(practice=practice, month=month.first_day, defaults={"zone": practice.zone})
    close: MonthClose = MonthClose.objects.select_for_update(no_key=True).get(practice=practice, month=month.first_day)
    if close.state == CloseState.COMPUTING and close.chunks.filter(run=close.run, state=ChunkState.PENDING).exists():
        return close
    check_move(
        close.state,
        CloseState.COMPUTING,
        MONTH_MOVES,
        f"{month.words} is {close.get_state_display()} and stays as it is.",
    )
    prepared = MonthClose.objects.filter(
        practice=practice, month__gt=month.first_day, state=CloseState.PREPARED
    ).first()
    if prepared is not None:
        raise Refused(
            f"{Month.of(prepared.month).words} is awaiting lock, and its lines rest on this month. "
            "Return it to review first."
        )
    close.state, close.run, close.zone = CloseState.COMPUTING, close.run + 1, practice.zone
    close.started_at, close.started_by, close.engine = now, by, VERSION
    close.computed_at = close.prepared_at = close.prepared_by = None
    save_with_reason(close, reason=f"Computation {close.run} started", by=by)
    parts = served_in_parts(practice.pk, month.first_day, month.last_day, most=settings.CLOSE_CHUNK_SIZE)
    copy_in(
        CloseChunk._meta.db_table,
        _CHUNK_COLUMNS,
        (
            (
                practice.pk,
                close.pk,
                close.run,
                number,
                array_literal(ids),
                recompute_all,
                ChunkState.PENDING.value,
                0,
                "",
                now,
                "",
                "",
            )
            for number, ids in enumerate(parts, start=1)
        ),
    )
    # The first run has no earlier decisions.
    if close.run > 1:
        end_decisions_of_affected_patients(close, [pk for part in parts for pk in part])
    record(
        practice=practice,
        by=by,
        action="start_computing",
        subject=f"month:{month}",
        now=now,
        detail={
            "run": close.run,
            "enrollments": sum(map(len, parts)),
            **({"recompute_all": True} if recompute_all else {}),
        },
    )
    return close


@transaction.atomic
def pause_computing(*, close: MonthClose, by: User, now: datetime) -> MonthClose:
    """Stop a computation between two chunks; finished chunks stay. Raises Refused if none runs."""
    message = "No computation of this month runs."
    return _pause_or_resume(
        close, CloseState.COMPUTING, CloseState.PAUSED, message, "Computation stopped", by=by, now=now
    )


@transaction.atomic
def resume_computing(*, close: MonthClose, by: User, now: datetime) -> MonthClose:
    """Resume a stopped computation; the caller then signals the workers. Raises Refused."""
    message = "This month's computation was not stopped."
    return _pause_or_resume(
        close, CloseState.PAUSED, CloseState.COMPUTING, message, "Computation resumed", by=by, now=now
    )


def _pause_or_resume(
    close: MonthClose, old: str, to: str, message: str, reason: str, *, by: User, now: datetime
) -> MonthClose:
    close = lock_close(close)
    # The table allows computing from several states; resuming is possible only from the paused state.
    if close.state != old:
        raise Refused(message)
    check_move(old, to, MONTH_MOVES, message)
    close.state = to
    save_with_reason(close, reason=reason, by=by, fields=["state"])
    action = "pause_computing" if to == CloseState.PAUSED else "resume_computing"
    record(practice=close.practice, by=by, action=action, subject=f"month:{close}", now=now, detail={"run": close.run})
    return close


@transaction.atomic
def finish_computing(*, close_pk: int, now: datetime) -> bool:
    """Move the month into review once all chunks are done; False if one is not, or the month is not computing."""
    close = MonthClose.objects.select_for_update(no_key=True).get(pk=close_pk)
    rows = close.chunks.filter(run=close.run).order_by("number")
    chunks = list(rows.values_list("state", "facts_digest", "output_digest"))
    if close.state != CloseState.COMPUTING or any(state != ChunkState.DONE for state, _, _ in chunks):
        return False
    close.state, close.computed_at = CloseState.IN_REVIEW, now
    close.facts_digest = joined_digest(facts for _, facts, _ in chunks)
    close.output_digest = joined_digest(output for _, _, output in chunks)
    close.policies_digest = policies_digest(close.practice_id, Month.of(close.month))
    close.codes_digest = code_set(codes_of(close.practice_id, on=Month.of(close.month).last_day))
    if close.run > 1:
        end_removed_enrollments(close)
    save_with_reason(close, reason=f"Computation {close.run} finished", by=close.started_by)
    record(
        practice=close.practice,
        by=close.started_by,
        action="finish_computing",
        subject=f"month:{close}",
        now=now,
        detail={
            "run": close.run,
            "facts": close.facts_digest,
            "output": close.output_digest,
            "policies": close.policies_digest,
            "codes": close.codes_digest,
        },
    )
    return True


@transaction.atomic
def note_failure(*, chunk_pk: int, error: str) -> None:
    """Count a failed attempt; after five the chunk is marked as failed, and the month's page names it."""
    chunk = CloseChunk.objects.select_for_update().get(pk=chunk_pk)
    if chunk.state != ChunkState.PENDING:
        return
    chunk.attempts, chunk.error = chunk.attempts + 1, error[:200]
    if chunk.attempts >= MAX_CHUNK_ATTEMPTS:
        chunk.state = ChunkState.FAILED
    chunk.save(update_fields=["attempts", "error", "state"])


@transaction.atomic
def move_line(*, line: ClaimLine, to: str, reason: str, by: User, now: datetime) -> LineReview:
    """Approve, hold or drop a line. Holding and dropping need a reason. Raises Refused."""
    close = MonthClose.objects.select_for_update(no_key=True).get(pk=line.close_id)
    if close.state != CloseState.IN_REVIEW:
        raise Refused(f"The month is {close.get_state_display()}; its lines do not change now.")
    line = ClaimLine.objects.select_for_update().get(pk=line.pk)
    check_move(
        line.state,
        to,
        LINE_MOVES,
        f"A line that is {line.get_state_display()} cannot become {LineState(to).label}.",
    )
    if to in {LineState.HELD, LineState.DROPPED} and len(reason.strip()) < 3:
        raise Refused("Say why, so that the next person knows what to correct.")
    line.state = to
    save_with_reason(line, reason=reason or LineState(to).label, by=by, fields=["state"])
    review = LineReview.objects.create(
        practice_id=line.practice_id,
        line=line,
        moved_to=to,
        reason=reason.strip()[:300],
        reviewed_by=by,
        reviewed_at=now,
    )
    record(
        practice=close.practice,
        by=by,
        action=f"line_{to}",
        subject=f"line:{line.public_id}",
        now=now,
        detail={"reason": reason.strip()[:300]} if reason.strip() else {},
    )
    return review


@transaction.atomic
def approve_clean_lines(*, close: MonthClose, by: User, now: datetime) -> int:
    """Approve every proposed line without a warning; returns how many. Raises Refused."""
    close = MonthClose.objects.select_for_update(no_key=True).get(pk=close.pk)
    if close.state != CloseState.IN_REVIEW:
        raise Refused(f"The month is {close.get_state_display()}; its lines do not change now.")
    rows = ClaimLine.objects.select_for_update().filter(close=close, state=LineState.PROPOSED, needs_look=False)
    lines = list(rows.exclude(lacks_authorization()).order_by("pk"))
    for line in lines:
        line.state = LineState.APPROVED
    update_in_bulk(ClaimLine, lines, fields=["state"], reason="Approved with all clean lines", by=by)
    LineReview.objects.bulk_create(
        LineReview(
            practice_id=close.practice_id,
            line=line,
            moved_to=LineState.APPROVED,
            reviewed_by=by,
            reviewed_at=now,
        )
        for line in lines
    )
    record(
        practice=close.practice,
        by=by,
        action="approve_clean_lines",
        subject=f"month:{close}",
        now=now,
        detail={"lines": len(lines)},
    )
    return len(lines)
