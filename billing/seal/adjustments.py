"""After the seal: lines taken back and put in where facts came late, each pointing at what it replaces.

The sealed lines stay; one that is taken back keeps its row and says so. What was sent is answered by a replacement or a
void of the same claim (frequency 7 or 8), which `contents` derives from the lines that stand.
"""

from datetime import datetime

from django.db import transaction

from billing.close.compute import claim_key, claims_for, decide_all
from billing.close.lines import lines_of
from billing.close.moves import held_close
from billing.facts.case_files import CaseFile, facts_of
from billing.models import Adjustment, Claim, ClaimLine, CloseState, LineState, MonthClose
from billing.models.overrides import RAISED
from billing.rules import Decision
from billing.rules.canonical import joined_digest
from enrollment.models import Patient
from enrollment.queries import served_in
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record
from rpm_portal.core.days import Month
from rpm_portal.core.db.history import create_in_bulk, update_in_bulk
from rpm_portal.core.refusals import Refused


@transaction.atomic
def adjust(*, close: MonthClose, patient: Patient, reason: str, by: Membership, now: datetime) -> list[Adjustment]:
    """Bring a patient's lines of a sealed month to what the facts say now; returns an adjustment a claim.

    A line that was held or dropped stays so. Raises Refused where the month is not sealed, without a reason, or
    where nothing would change.
    """
    close = held_close(close)
    if close.state not in {CloseState.SEALED, CloseState.SENT}:
        raise Refused(f"The month is {close.get_state_display()}; it is computed again, not adjusted.")
    if len(reason.strip()) < 10:
        raise Refused("Say in at least ten characters what came late.")
    month = Month.of(close.month)
    ids = served_in(close.practice_id, month.first_day, month.last_day)
    mine = list(patient.enrollments.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
    files = facts_of(close.practice_id, mine, month=month, zone=close.zone, today=month.plus(1).first_day)
    gone, fresh = _difference(close, decide_all(files))
    if not gone and not fresh:
        raise Refused("The facts change no line of this patient.")
    why = f"Adjusted: {reason.strip()}"
    for line in gone:
        line.state = LineState.REVERSED
    update_in_bulk(ClaimLine, gone, fields=["state"], reason=why, by=by.user)
    claims = claims_for(close, [file for _, file in fresh])
    touched: dict[int, tuple[Claim, list[ClaimLine], list[ClaimLine]]] = {}
    for line in gone:
        touched.setdefault(line.claim_id, (line.claim, [], []))[1].append(line)
    for line, file in fresh:
        line.claim, line.state = claims[claim_key(file)], LineState.APPROVED
        touched.setdefault(line.claim.pk, (line.claim, [], []))[2].append(line)
    made, digest = [], joined_digest(file.digest for file in files)
    for claim, back, put in touched.values():
        row = Adjustment.objects.create(
            practice=close.practice,
            close=close,
            claim=claim,
            reason=reason.strip()[:300],
            taken_back=[_words(line) for line in back],
            put_in=[_words(line) for line in put],
            facts_digest=digest,
            made_at=now,
            made_by=by.user,
        )
        for line in put:
            line.adjustment = row
        create_in_bulk(ClaimLine, put, reason=why, by=by.user)
        made.append(row)
    record(
        practice=close.practice,
        by=by.user,
        role=by.role,
        action="adjust_month",
        subject=f"patient:{patient.public_id}",
        now=now,
        detail={"month": str(month), "taken_back": len(gone), "put_in": len(fresh), "reason": reason.strip()[:300]},
    )
    return made


def _words(line: ClaimLine) -> dict[str, object]:
    return {"line": line.public_id, "code": line.code, "units": line.units, "dos": line.dos.isoformat()}


def _difference(
    close: MonthClose, decided: list[tuple[CaseFile, Decision]]
) -> tuple[list[ClaimLine], list[tuple[ClaimLine, CaseFile]]]:
    """Lines that stand and are not earned any more, and those that are earned and do not stand."""
    ids = [file.enrollment_id for file, _ in decided]
    rows = list(ClaimLine.objects.filter(close=close, enrollment__in=ids).select_related("claim"))
    standing = {_key(row): row for row in rows if row.state == LineState.APPROVED}
    kept_back = [row for row in rows if row.state in {LineState.HELD, LineState.DROPPED}]
    wanted = {}
    for file, decision in decided:
        for line in (made.row(close) for made in lines_of(file, decision)):
            if not any(_shuts_out(row, line) for row in kept_back):
                wanted[_key(line)] = (line, file)
    earned = {(line.enrollment_id, line.component) for line, _ in wanted.values()}
    gone = [
        row
        for key, row in standing.items()
        # What two persons raised stays, until the facts earn a line in its place.
        if key not in wanted and (RAISED not in row.flags or (row.enrollment_id, row.component) in earned)
    ]
    return gone, [pair for key, pair in wanted.items() if key not in standing]


def _shuts_out(row: ClaimLine, line: ClaimLine) -> bool:
    """Whether a line somebody held or dropped keeps another out: the same code or, held, the same place."""
    if row.enrollment_id != line.enrollment_id:
        return False
    if row.state == LineState.DROPPED or row.component != line.component:
        return row.code == line.code
    if row.period_start is None or line.period_start is None:
        return True
    return row.period_start <= line.dos and line.period_start <= row.dos


def _key(line: ClaimLine) -> tuple[object, ...]:
    return line.enrollment_id, line.code, line.dos, line.units, tuple(line.modifiers)
