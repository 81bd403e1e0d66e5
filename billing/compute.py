"""Computing a chunk of a month: facts in, decisions, verdicts and lines out, in one transaction.

What a chunk holds is decided again only where its facts, the engine, a code or a policy have moved since the decision
that stands: a second computation reads all facts and writes what differs.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection, transaction

from billing import writing
from billing.facts import CaseFile, case_files
from billing.lines import MadeLine, lines_of, said
from billing.models import GONE, ChunkState, Claim, ClaimLine, CloseChunk, CloseState, KeptDecision, MonthClose
from billing.models.raising import RAISED
from billing.reconcile import Wanted, reconcile
from billing.rules import Decision, decide
from billing.rules.fact_rows import OtherClaim
from billing.rules.release import release
from rpm_portal.days import Month, local_day
from rpm_portal.history import copy_with_history
from rpm_portal.settled import collector_resting
from rpm_portal.tenancy import new_public_id

ClaimKey = tuple[int, int | None, int]


@transaction.atomic
def compute_chunk(chunk_pk: int, *, now: datetime, anew: bool = False) -> bool:
    """Compute one chunk; False where it is done, is being done, or belongs to a computation that was replaced.

    Safe to run twice at once: the row's lock lets one through, and the transaction keeps all of it or nothing. `anew`
    decides everything again, moved or not.
    """
    chunk = (
        CloseChunk.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=chunk_pk, state=ChunkState.PENDING)
        .first()
    )
    if chunk is None:
        return False
    # Shared with the other chunks, shut against sealing or computing anew until we are through.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM billing_monthclose WHERE id = %s FOR SHARE", [chunk.close_id])
    close = MonthClose.objects.select_related("started_by").get(pk=chunk.close_id)
    if close.state != CloseState.COMPUTING or close.run != chunk.run:
        return False
    with collector_resting():
        _compute(close, chunk, now=now, anew=anew)
    chunk.state, chunk.done_at, chunk.error = ChunkState.DONE, now, ""
    chunk.save(update_fields=["state", "done_at", "error", "facts_digest", "output_digest"])
    return True


def _compute(close: MonthClose, chunk: CloseChunk, *, now: datetime, anew: bool) -> None:
    """Decide what has moved, write it, and set the digests over all of the chunk, moved or not."""
    month, today = Month.of(close.month), local_day(now, close.zone)
    files = case_files(chunk.practice_id, chunk.enrollment_ids, month=month, zone=close.zone, today=today)
    digests = {file.enrollment_id: file.digest for file in files}
    stands = {} if anew else standing(close, chunk.enrollment_ids)
    moved = _moved(files, digests, stands)
    kept = []
    for file, decision in decide_all([file for file in files if file.enrollment_id in moved]):
        words = [said(finding) for finding in decision.findings]
        lines = list(lines_of(file, decision, words))
        kept.append(writing.Kept(file, decision, words, lines, digests[file.enrollment_id]))
    if kept:
        writing.keep_decisions(close, chunk.run, kept)
        _keep_lines(close, kept)
    output = [line.key for one in kept for line in one.lines]
    output += [key for pk, then in stands.items() if pk not in moved for key in then.proposed]
    chunk.facts_digest = _digest("".join(digests.values()))
    chunk.output_digest = output_digest(output)


class Stands(NamedTuple):
    """A decision that stands: what it was made of, and the lines it proposed."""

    facts_digest: str
    under: str
    release: str
    proposed: list[str]


def standing(close: MonthClose, enrollment_ids: Iterable[int]) -> dict[int, Stands]:
    """The decisions that stand, by enrollment. One statement."""
    rows = KeptDecision.objects.filter(
        close=close, enrollment__any_of=list(enrollment_ids), replaced_in__isnull=True
    ).values_list("enrollment_id", *Stands._fields)
    return {row[0]: Stands._make(row[1:]) for row in rows}


def _moved(files: Sequence[CaseFile], digests: Mapping[int, str], stands: Mapping[int, Stands]) -> set[int]:
    """The enrollments to decide: facts, what they are decided under or the engine differ for one of the patient's, or
    people raised a line.
    """
    patients = set()
    for file in files:
        then = stands.get(file.enrollment_id)
        if then is None or then[:3] != (digests[file.enrollment_id], file.under, release()):
            patients.add(file.papers.enrollment.patient_id)
    if stands:
        # What two persons raised is gone when the month is computed again: they judged what stood then.
        raised = ClaimLine.objects.filter(enrollment__any_of=list(digests), flags__contains=[RAISED]).exclude(
            state__in=GONE
        )
        patients |= set(raised.values_list("patient_id", flat=True))
    return {file.enrollment_id for file in files if file.papers.enrollment.patient_id in patients}


def decide_all(files: Sequence[CaseFile]) -> list[tuple[CaseFile, Decision]]:
    """Decide every file. Of two enrollments of one patient the later sees what the earlier bills this month."""
    decided: list[tuple[CaseFile, Decision]] = []
    billed: dict[int, list[OtherClaim]] = defaultdict(list)
    for file in files:
        patient_id, facts = file.papers.enrollment.patient_id, file.facts
        if billed[patient_id]:
            facts = replace(facts, other_claims=(*facts.other_claims, *billed[patient_id]))
        decision = decide(facts, file.policy)
        for line in decision.lines:
            start = date.fromisoformat(line.subject) if line.component == "device" else None
            billed[patient_id].append(OtherClaim(line.code, True, line.dos, start))
        decided.append((file, decision))
    return decided


def facts_digest(files: Sequence[CaseFile]) -> str:
    """One digest over the facts of a chunk, in the order of its enrollments."""
    return _digest("".join(file.digest for file in files))


def output_digest(keys: Iterable[str]) -> str:
    """One digest over the lines a chunk proposes, in any order of them."""
    return _digest("\n".join(sorted(keys)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _keep_lines(close: MonthClose, kept: Sequence[writing.Kept]) -> None:
    """Add, keep and void lines so that what stands of these enrollments is what was decided."""
    proposed: dict[tuple[int, str, str, str], tuple[MadeLine, CaseFile]] = {}
    for one in kept:
        for made in one.lines:
            proposed[made.enrollment_id, made.code, made.dos.isoformat(), made.digest] = (made, one.file)
    ids = [one.file.enrollment_id for one in kept]
    rows = ClaimLine.objects.filter(close=close, enrollment__any_of=ids).exclude(state__in=GONE)
    existing = list(rows.values_list("pk", "enrollment_id", "code", "dos", "digest", "state", "patient_id"))
    whose = {one.file.enrollment_id: one.file.papers.enrollment.patient_id for one in kept}
    plan = reconcile(
        # A line of the record that a merge took this enrollment from is none of its lines any more.
        [
            (row[0], Wanted(row[1], row[2], row[3].isoformat(), row[4] if row[6] == whose[row[1]] else ""))
            for row in existing
        ],
        [Wanted(*key) for key in proposed],
    )
    gone = set(plan.void)
    # A hold outlives a change of facts: somebody wanted this code kept back.
    held = {(row[1], row[2]) for row in existing if row[0] in gone and row[5] == "held"}
    writing.void_lines(close, plan.void)
    fresh = [proposed[want.enrollment_id, want.code, want.dos, want.digest] for want in plan.add]
    claims = claim_keys(close, [file for _, file in fresh])
    writing.add_lines(close, [(line, claims[claim_key(file)]) for line, file in fresh], held=held)


def claim_key(file: CaseFile) -> ClaimKey:
    """Which claim an enrollment's lines go on: patient, payer, billing provider."""
    row = file.papers.enrollment
    return (
        row.patient_id,
        file.papers.coverage.payer_id if file.papers.coverage else None,
        row.billing_provider_id,
    )


def claims_for(close: MonthClose, files: list[CaseFile]) -> dict[ClaimKey, Claim]:
    """The claims the lines go on, made where they are missing."""
    keys = claim_keys(close, files)
    rows = Claim.objects.in_bulk(list(keys.values()))
    return {key: rows[pk] for key, pk in keys.items()}


def claim_keys(close: MonthClose, files: list[CaseFile]) -> dict[ClaimKey, int]:
    """The keys of the claims the lines go on, made where they are missing."""
    wanted = {claim_key(file) for file in files}
    rows = Claim.objects.filter(close=close, patient__any_of={key[0] for key in wanted})
    told = rows.values_list("patient_id", "payer_id", "billing_provider_id", "pk")
    found = {(patient_id, payer_id, provider_id): pk for patient_id, payer_id, provider_id, pk in told}
    missing = sorted(wanted - found.keys(), key=str)
    made = copy_with_history(
        Claim,
        ("public_id", "practice_id", "close_id", "patient_id", "payer_id", "billing_provider_id"),
        [(new_public_id(), close.practice_id, close.pk, *key) for key in missing],
        reason=f"Made by computation {close.run}",
        by=close.started_by,
    )
    return found | dict(zip(missing, made, strict=True))
