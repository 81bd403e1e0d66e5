"""Computing a chunk of a month: facts in, verdicts and lines out, in one transaction."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from billing.facts import CaseFile, case_files
from billing.flags import flags_of
from billing.models import GONE, ChunkState, Claim, ClaimLine, CloseChunk, CloseState, LineState, MonthClose
from billing.reconcile import Wanted, reconcile
from billing.rules import Decision, Finding, Gravity, Policy, PolicyGap, ProposedLine, decide, load_codes
from billing.rules.fact_rows import OtherClaim
from rpm_portal.days import Month, local_day
from rpm_portal.history import create_in_bulk, update_in_bulk

_BASES = frozenset(code.code for code in load_codes().by_code.values() if code.role in {"base", "first10"})


def said(finding: Finding) -> dict[str, Any]:
    """A finding as it is kept: code, gravity, the sentence, the rows counted, the parameter asked."""
    kept: dict[str, Any] = {"code": finding.code, "gravity": finding.gravity.value, "says": finding.sentence}
    if finding.evidence:
        kept["evidence"] = list(finding.evidence)
    if finding.parameter:
        kept["parameter"] = finding.parameter
    return kept


def because(decision: Decision, line: ProposedLine, policy: Policy) -> list[dict[str, Any]]:
    """The findings a line rests on: its program's, its component's, and of its own window; each with its source."""
    return [
        said(finding) | _source(finding, policy, line.dos)
        for finding in decision.findings
        if finding.component in {"all", line.component}
        # Why another code is not billed belongs to that code's verdict.
        and not finding.code.endswith("_CODE_EXCLUDED")
        and (not finding.subject or line.component != "device" or finding.subject == line.subject)
    ]


def _source(finding: Finding, policy: Policy, on: date) -> dict[str, str]:
    """Where the parameter a finding asked is written, as the policy says it."""
    if not finding.parameter:
        return {}
    try:
        return {"source": policy.dated(finding.parameter, on).source}
    except PolicyGap:
        return {}


@transaction.atomic
def compute_chunk(chunk_pk: int, *, now: datetime) -> bool:
    """Compute one chunk; False where it is done, is being done, or belongs to a computation that was replaced.

    Safe to run twice at once: the row's lock lets one through, and the transaction keeps all of it or nothing.
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
    month = Month.of(close.month)
    files = case_files(
        chunk.practice_id, chunk.enrollment_ids, month=month, zone=close.zone, today=local_day(now, close.zone)
    )
    decided = decide_all(files)
    _keep_verdicts(close, chunk, decided)
    output = _keep_lines(close, decided)
    chunk.state, chunk.done_at, chunk.error = ChunkState.DONE, now, ""
    chunk.facts_digest = facts_digest(files)
    chunk.output_digest = hashlib.sha256("\n".join(output).encode()).hexdigest()
    chunk.save(update_fields=["state", "done_at", "error", "facts_digest", "output_digest"])
    return True


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
    return hashlib.sha256("".join(file.digest for file in files).encode()).hexdigest()


def _keep_verdicts(close: MonthClose, chunk: CloseChunk, decided: list[tuple[CaseFile, Decision]]) -> None:
    """Every enrollment x code gets its verdict, by COPY."""
    columns = "practice_id, close_id, run, enrollment_id, code, component, outcome, said, policy"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY billing_verdict ({columns}) FROM STDIN") as copy,  # constant text
    ):
        for file, decision in decided:
            for verdict in decision.verdicts:
                copy.write_row(
                    (
                        chunk.practice_id,
                        close.pk,
                        chunk.run,
                        file.papers.enrollment.pk,
                        verdict.code,
                        verdict.component,
                        verdict.outcome.value,
                        json.dumps([said(finding) for finding in verdict.findings]),
                        file.policy.name,
                    )
                )


def lines_of(close: MonthClose, file: CaseFile, decision: Decision) -> Iterator[ClaimLine]:
    """The proposed lines of a file as rows, not kept yet and on no claim yet."""
    lengths = {item.id: item.seconds for item in file.facts.time} if decision.lines else {}
    for line in decision.lines:
        flags = flags_of(decision, line, late=file.late, seconds=lengths, first=file.first)
        yield _line_of(close, file, decision, line, flags)


def _line_of(close: MonthClose, file: CaseFile, decision: Decision, line: ProposedLine, flags: list[str]) -> ClaimLine:
    paper = file.papers
    reasons = because(decision, line, file.policy)
    evidence = sorted({pk for reason in reasons for pk in reason.get("evidence", [])})
    sent = [
        line.code,
        line.units,
        line.dos.isoformat(),
        str(line.dos_from),
        *line.modifiers,
        str(line.subject),
    ]
    payer = paper.coverage.payer_id if paper.coverage else None
    proof = json.dumps([sent, reasons, file.policy.name, payer, paper.enrollment.billing_provider_id], sort_keys=True)
    return ClaimLine(
        practice_id=close.practice_id,
        close=close,
        enrollment=paper.enrollment,
        patient_id=paper.enrollment.patient_id,
        episode=paper.episode if line.component == "setup" else None,
        code=line.code,
        component=line.component,
        is_base=line.code in _BASES,
        units=line.units,
        dos=line.dos,
        period_start=date.fromisoformat(line.subject) if line.component == "device" else None,
        modifiers=list(line.modifiers),
        because=reasons,
        evidence=evidence,
        digest=hashlib.sha256(proof.encode()).hexdigest(),
        needs_attestation=file.policy.at("attestation", line.dos) == "personal",
        flags=flags,
        needs_look=bool(flags) or any(reason["gravity"] == Gravity.REVIEW for reason in reasons),
        policy=file.policy.name,
    )


def _keep_lines(close: MonthClose, decided: list[tuple[CaseFile, Decision]]) -> list[str]:
    """Add, keep and void lines so that what stands is what was decided; returns one text a line, for the digest."""
    proposed: dict[tuple[int, str, str, str], tuple[ClaimLine, CaseFile]] = {}
    for file, decision in decided:
        for made in lines_of(close, file, decision):
            proposed[made.enrollment_id, made.code, made.dos.isoformat(), made.digest] = (made, file)
    ids = [file.papers.enrollment.pk for file, _ in decided]
    existing = list(ClaimLine.objects.filter(close=close, enrollment__in=ids).exclude(state__in=GONE))
    plan = reconcile(
        [(row.pk, Wanted(row.enrollment_id, row.code, row.dos.isoformat(), row.digest)) for row in existing],
        [Wanted(*key) for key in proposed],
    )
    gone = [row for row in existing if row.pk in set(plan.void)]
    held = {(row.enrollment_id, row.code) for row in gone if row.state == LineState.HELD}
    for row in gone:
        row.state = LineState.VOID
    by = close.started_by
    update_in_bulk(ClaimLine, gone, fields=["state"], reason=f"Replaced by computation {close.run}", by=by)
    fresh = [proposed[want.enrollment_id, want.code, want.dos, want.digest] for want in plan.add]
    claims = claims_for(close, [file for _, file in fresh])
    lines = []
    for row, file in fresh:
        row.claim = claims[claim_key(file)]
        # A hold outlives a change of facts: somebody wanted this code kept back.
        row.state = LineState.HELD if (row.enrollment_id, row.code) in held else LineState.PROPOSED
        lines.append(row)
    create_in_bulk(ClaimLine, lines, reason=f"Proposed by computation {close.run}", by=by)
    return sorted("|".join([*map(str, key)]) for key in proposed)


def claim_key(file: CaseFile) -> tuple[int, int | None, int]:
    """Which claim an enrollment's lines go on: patient, payer, billing provider."""
    row = file.papers.enrollment
    return (
        row.patient_id,
        file.papers.coverage.payer_id if file.papers.coverage else None,
        row.billing_provider_id,
    )


def claims_for(close: MonthClose, files: list[CaseFile]) -> dict[tuple[int, int | None, int], Claim]:
    """The claims the lines go on, made where they are missing."""
    keys = {claim_key(file) for file in files}
    rows = Claim.objects.filter(close=close, patient__in={key[0] for key in keys})
    found = {(row.patient_id, row.payer_id, row.billing_provider_id): row for row in rows}
    missing = [
        Claim(
            practice_id=close.practice_id,
            close=close,
            patient_id=key[0],
            payer_id=key[1],
            billing_provider_id=key[2],
        )
        for key in sorted(keys - found.keys(), key=str)
    ]
    create_in_bulk(Claim, missing, reason=f"Made by computation {close.run}", by=close.started_by)
    rows = Claim.objects.filter(close=close, patient__in={key[0] for key in keys})
    return {(row.patient_id, row.payer_id, row.billing_provider_id): row for row in rows}
