"""Adjustments after the seal: lines reversed and lines added because of late facts, each with its adjustment.

No sealed line is deleted: a reversed one keeps its row with the state `reversed`. A sent claim is corrected by a
replacement or a void (frequency 7 or 8), which `claims.ready_claims` derives from the lines in force.
"""

from datetime import datetime

from django.db import transaction

from billing.claims.late_refunds import open_duties_of_late_facts
from billing.close.compute import claim_key, claims_for, decide_all
from billing.close.lines import lines_of
from billing.close.moves import lock_close
from billing.close.unbilled_lines import UnbilledLines
from billing.facts.case_files import CaseFile, facts_of
from billing.models import Adjustment, Claim, ClaimLine, CloseState, LineState, MonthClose
from billing.models.overrides import OVERRIDDEN
from billing.rules import Decision
from billing.rules.canonical import joined_digest
from billing.seal.signed_month import check_rows, sign_month
from enrollment.models import Patient
from enrollment.queries import served_in
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record
from rpm_portal.core.days import Month
from rpm_portal.core.db.history import create_in_bulk, update_in_bulk
from rpm_portal.core.refusals import Refused


@transaction.atomic
def adjust(*, close: MonthClose, patient: Patient, reason: str, by: Membership, now: datetime) -> list[Adjustment]:
    """Update a patient's lines of a sealed month to the facts on file. Returns one adjustment a claim.

    A line that was held or dropped keeps its state. Raises Refused if the month is not sealed, the reason is too
    short, or nothing would change.
    """
    close = lock_close(close)
    if close.state not in {CloseState.SEALED, CloseState.SENT}:
        raise Refused(f"The month is {close.get_state_display()}; it is computed again, not adjusted.")
    if len(reason.strip()) < 10:
        raise Refused("Say in at least ten characters what came late.")
    check_rows(close)
    month = Month.of(close.month)
    served_ids = served_in(close.practice_id, month.first_day, month.last_day)
    enrollment_ids = list(patient.enrollments.filter(pk__in=served_ids).order_by("pk").values_list("pk", flat=True))
    files = facts_of(close.practice_id, enrollment_ids, month=month, zone=close.zone, today=month.plus(1).first_day)
    to_reverse, to_add = _difference(close, decide_all(files))
    if not to_reverse and not to_add:
        raise Refused("The facts change no line of this patient.")
    change_reason = f"Adjusted: {reason.strip()}"
    claims = claims_for(close, {claim_key(file, line.dos) for line, file in to_add})
    touched: dict[int, tuple[Claim, list[ClaimLine], list[ClaimLine]]] = {}
    for line in to_reverse:
        touched.setdefault(line.claim_id, (line.claim, [], []))[1].append(line)
    for line, file in to_add:
        line.claim, line.state = claims[claim_key(file, line.dos)], LineState.APPROVED
        touched.setdefault(line.claim.pk, (line.claim, [], []))[2].append(line)
    adjustments, digest = [], joined_digest(file.digest for file in files)
    for claim, reversed_lines, added_lines in touched.values():
        row = Adjustment.objects.create(
            practice=close.practice,
            close=close,
            claim=claim,
            reason=reason.strip()[:300],
            taken_back=[_line_summary(line) for line in reversed_lines],
            put_in=[_line_summary(line) for line in added_lines],
            facts_digest=digest,
            made_at=now,
            made_by=by.user,
        )
        adjustments.append(row)
        # The database lets a line of a sealed month change only if an adjustment names it.
        for line in reversed_lines:
            line.state = LineState.REVERSED
        update_in_bulk(ClaimLine, reversed_lines, fields=["state"], reason=change_reason, by=by.user)
        for line in added_lines:
            line.adjustment = row
    # After all lines are reversed: a new line may take the place of one on another claim.
    create_in_bulk(ClaimLine, [line for line, _ in to_add], reason=change_reason, by=by.user)
    record(
        practice=close.practice,
        by=by.user,
        role=by.role,
        action="adjust_month",
        subject=f"patient:{patient.public_id}",
        now=now,
        detail={
            "month": str(month),
            "taken_back": len(to_reverse),
            "put_in": len(to_add),
            "reason": reason.strip()[:300],
        },
    )
    sign_month(close, action="adjusted", by=by.user, now=now, claims=list(touched))
    open_duties_of_late_facts(touched.values(), reason=change_reason, by=by, now=now)
    return adjustments


def _line_summary(line: ClaimLine) -> dict[str, object]:
    return {"line": line.public_id, "code": line.code, "units": line.units, "dos": line.dos.isoformat()}


def _difference(
    close: MonthClose, decided: list[tuple[CaseFile, Decision]]
) -> tuple[list[ClaimLine], list[tuple[ClaimLine, CaseFile]]]:
    """The approved lines that are no longer earned, and the earned lines that are missing."""
    ids = [file.enrollment_id for file, _ in decided]
    rows = list(ClaimLine.objects.filter(close=close, enrollment__in=ids).select_related("claim"))
    approved = {_line_key(row): row for row in rows if row.state == LineState.APPROVED}
    excluded = [row for row in rows if row.state in {LineState.HELD, LineState.DROPPED}]
    wanted, unbilled = {}, UnbilledLines(close)
    for file, decision in decided:
        for line in (proposal.row(close) for proposal in lines_of(file, decision)):
            if unbilled.exclude(line):
                continue
            if not any(_excludes(row, line) for row in excluded):
                wanted[_line_key(line)] = (line, file)
    earned = {(line.enrollment_id, line.component) for line, _ in wanted.values()}
    to_reverse = [
        row
        for key, row in approved.items()
        # A line that two persons approved stays until the facts earn a line of the same component.
        if key not in wanted and (OVERRIDDEN not in row.flags or (row.enrollment_id, row.component) in earned)
    ]
    return to_reverse, [pair for key, pair in wanted.items() if key not in approved]


def _excludes(row: ClaimLine, line: ClaimLine) -> bool:
    """Whether a held or dropped line excludes another: the same code or, if held, the same component and period."""
    if row.enrollment_id != line.enrollment_id:
        return False
    if row.state == LineState.DROPPED or row.component != line.component:
        return row.code == line.code
    if row.period_start is None or line.period_start is None:
        return True
    return row.period_start <= line.dos and line.period_start <= row.dos


def _line_key(line: ClaimLine) -> tuple[object, ...]:
    return line.enrollment_id, line.code, line.dos, line.units, tuple(line.modifiers), line.authorization
