"""Computation of one chunk of a month: reads facts, decides them, and writes decisions, verdicts and lines.

All of a chunk is written in one transaction. An enrollment is decided again only if its facts, the engine release or
what it is decided under (patient, payer, billing provider, episode, policy) changed since its current decision. Its
facts are read only if the database has counted a change since they were last read, or if nothing counts changes.

The steps of `_compute`: load the current decisions; read the facts that may have changed; decide the enrollments that
did change; plan their lines against the existing ones; write; set the chunk's digests over all of its enrollments.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from django.db import connection, transaction

from billing.close import write
from billing.close.changes import change_counts
from billing.close.line_plan import LinePlan, plan_lines
from billing.close.lines import finding_json, lines_of
from billing.facts.case_files import CaseFile, EnrollmentCase, facts_of
from billing.models import (
    ChunkState,
    Claim,
    CloseChunk,
    CloseState,
    KeptDecision,
    MonthClose,
)
from billing.rules import Decision, decide
from billing.rules.canonical import digest_of, joined_digest
from billing.rules.fact_rows import OtherClaim
from billing.rules.release import release
from enrollment.models import Enrollment
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.db.history import copy_with_history
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.gc_control import gc_paused

ClaimKey = tuple[int, int | None, int]
CaseT = TypeVar("CaseT", bound=EnrollmentCase)


@transaction.atomic
def compute_chunk(chunk_pk: int, *, now: datetime) -> bool:
    """Compute one chunk; False if it is done, is being computed, or belongs to a run that was replaced.

    Safe to run twice at once: the row's lock lets one caller through, and the transaction writes all of it or nothing.
    """
    chunk = (
        CloseChunk.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=chunk_pk, state=ChunkState.PENDING)
        .first()
    )
    if chunk is None:
        return False
    # A share lock: other chunks may run at once, but nobody can seal the month or start a new run until we commit. Raw:
    # the ORM has none.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM billing_monthclose WHERE id = %s FOR SHARE", [chunk.close_id])
    close = MonthClose.objects.select_related("started_by").get(pk=chunk.close_id)
    if close.state != CloseState.COMPUTING or close.run != chunk.run:
        return False
    with gc_paused():
        _compute(close, chunk, now=now)
    chunk.state, chunk.done_at, chunk.error = ChunkState.DONE, now, ""
    chunk.save(update_fields=["state", "done_at", "error", "facts_digest", "output_digest"])
    return True


def _compute(close: MonthClose, chunk: CloseChunk, *, now: datetime) -> None:
    """Decide what changed, write it, and set the digests over all of the chunk, changed or not."""
    month, today, ids = Month.of(close.month), local_day(now, close.zone), chunk.enrollment_ids
    # Before the facts are read: a change in between leaves the stored count too low, and the next run reads again.
    counts = change_counts(close, ids, today=today)
    current_decisions = load_current_decisions(close, ids)
    ids_to_read = list(ids) if chunk.recompute_all else _enrollments_to_read(ids, current_decisions, counts)
    cases = facts_of(chunk.practice_id, ids_to_read, month=month, zone=close.zone, today=today) if ids_to_read else []
    facts_texts = {case.enrollment_id: case.text for case in cases}
    facts_digests = {pk: digest_of(text) for pk, text in facts_texts.items()}
    changed = _changed_enrollments(cases, facts_digests, current_decisions)
    new_decisions = []
    for case, decision in decide_all([case for case in cases if chunk.recompute_all or case.enrollment_id in changed]):
        pk, findings = case.enrollment_id, [finding_json(finding) for finding in decision.findings]
        lines = list(lines_of(case, decision, findings))
        new_decisions.append(write.DecidedMonth(case, decision, findings, lines, facts_texts[pk], facts_digests[pk]))
    decided_ids = {new.case.enrollment_id for new in new_decisions}
    if new_decisions:
        plan = plan_lines(close, new_decisions, changed)
        counts_to_store = _counts_after_writing(counts, new_decisions, plan)
        write.write_decisions(close, chunk.run, new_decisions, counts=counts_to_store)
        _write_lines(close, plan)
    if unchanged := {pk: counts[pk] for pk in facts_digests if pk not in decided_ids and pk in counts}:
        write.store_change_counts(close, unchanged)
    line_keys = [line.key for new in new_decisions for line in new.lines]
    line_keys += [key for pk, old in current_decisions.items() if pk not in decided_ids for key in old.proposed]
    chunk.facts_digest = joined_digest(
        facts_digests[pk] if pk in facts_digests else current_decisions[pk].facts_digest for pk in ids
    )
    chunk.output_digest = output_digest(line_keys)


class CurrentDecision(NamedTuple):
    """An enrollment's decision that no later run has replaced. The names are those of `KeptDecision`.

    `facts_change_count` is the change count at which its facts were last read.
    """

    facts_digest: str
    decided_under: str
    release: str
    proposed: list[str]
    facts_change_count: int | None


def load_current_decisions(close: MonthClose, enrollment_ids: Iterable[int]) -> dict[int, CurrentDecision]:
    """The decisions that no run has replaced, by enrollment. One statement."""
    rows = KeptDecision.objects.filter(
        close=close, enrollment__any_of=list(enrollment_ids), replaced_in__isnull=True
    ).values_list("enrollment_id", *CurrentDecision._fields)
    return {row[0]: CurrentDecision._make(row[1:]) for row in rows}


def _enrollments_to_read(
    ids: Sequence[int], current_decisions: Mapping[int, CurrentDecision], counts: Mapping[int, int]
) -> list[int]:
    """The enrollments whose facts may have changed, with all other enrollments of the same patients."""
    maybe_changed = {pk for pk in ids if not _is_surely_unchanged(current_decisions.get(pk), counts.get(pk))}
    if not maybe_changed:
        return []
    if len(maybe_changed) == len(ids):
        return list(ids)
    patients = Enrollment.objects.filter(pk__any_of=list(maybe_changed)).values("patient")
    rows = Enrollment.objects.filter(patient__in=patients, pk__any_of=list(ids))
    ids_to_read = set(rows.values_list("pk", flat=True))
    return [pk for pk in ids if pk in ids_to_read]


def _is_surely_unchanged(old: CurrentDecision | None, count: int | None) -> bool:
    return old is not None and count is not None and old.facts_change_count == count and old.release == release()


def _changed_enrollments(
    cases: Sequence[CaseFile], facts_digests: Mapping[int, str], current_decisions: Mapping[int, CurrentDecision]
) -> set[int]:
    """The enrollments whose facts, or what they are decided under, differ from the current decision; and the other
    enrollments of their patients.
    """
    patients = set()
    for case in cases:
        old = current_decisions.get(case.enrollment_id)
        if old is None or old[:3] != (facts_digests[case.enrollment_id], case.decided_under, release()):
            patients.add(case.patient_id)
    return {case.enrollment_id for case in cases if case.patient_id in patients}


def _counts_after_writing(
    counts: Mapping[int, int], new_decisions: Sequence[write.DecidedMonth], plan: "LinePlan"
) -> dict[int, int]:
    """The change count to store with each new decision, including the changes that writing its lines will cause.

    Each line that is added or voided raises the count of its patient by one (`worklist/invalidation.py`). A change by
    somebody else in between makes the database's count higher than the stored one, and the next run reads the facts
    again.
    """
    counts_to_store = {}
    for new in new_decisions:
        if (count := counts.get(new.case.enrollment_id)) is not None:
            counts_to_store[new.case.enrollment_id] = count + plan.changed_lines[new.case.patient_id]
    return counts_to_store


def decide_all(cases: Sequence[CaseT]) -> list[tuple[CaseT, Decision]]:
    """Decide every case. If a patient has two enrollments, the facts of the later one include what the earlier one
    bills this month.
    """
    decided: list[tuple[CaseT, Decision]] = []
    billed: dict[int, list[OtherClaim]] = defaultdict(list)
    for case in cases:
        facts = case.facts
        if billed[case.patient_id]:
            facts = replace(facts, other_claims=(*facts.other_claims, *billed[case.patient_id]))
        decision = decide(facts, case.policy)
        for line in decision.lines:
            start = date.fromisoformat(line.subject) if line.component == "device" else None
            billed[case.patient_id].append(OtherClaim(line.code, True, line.dos, start, line.units))
        decided.append((case, decision))
    return decided


def output_digest(line_keys: Iterable[str]) -> str:
    """One digest over the lines a chunk proposes, whatever their order."""
    return digest_of("\n".join(sorted(line_keys)))


def _write_lines(close: MonthClose, plan: LinePlan) -> None:
    """Void and add lines, the new ones on their claims."""
    write.void_lines(close, plan.to_void)
    keyed = [(line, claim_key(case, line.dos)) for line, case in plan.to_add]
    claims = claim_keys(close, {key for _, key in keyed})
    write.add_lines(close, [(line, claims[key]) for line, key in keyed], held=plan.held)


def claim_key(case: EnrollmentCase, dos: date) -> ClaimKey:
    """Which claim a line of an enrollment goes on: patient, payer and billing provider of the date of service."""
    return case.patient_id, case.payer_on(dos), case.provider_on(dos)


def claims_for(close: MonthClose, needed: Collection[ClaimKey]) -> dict[ClaimKey, Claim]:
    """The claims with some keys. Missing ones are created."""
    keys = claim_keys(close, needed)
    rows = Claim.objects.in_bulk(list(keys.values()))
    return {key: rows[pk] for key, pk in keys.items()}


def claim_keys(close: MonthClose, keys: Collection[ClaimKey]) -> dict[ClaimKey, int]:
    """The primary keys of the claims with some keys. Missing claims are created."""
    needed = set(keys)
    rows = Claim.objects.filter(close=close, patient__any_of={key[0] for key in needed})
    columns = rows.values_list("patient_id", "payer_id", "billing_provider_id", "pk")
    existing = {(patient_id, payer_id, provider_id): pk for patient_id, payer_id, provider_id, pk in columns}
    missing = sorted(needed - existing.keys(), key=str)
    created = copy_with_history(
        Claim,
        ("public_id", "practice_id", "close_id", "patient_id", "payer_id", "billing_provider_id"),
        [(new_public_id(), close.practice_id, close.pk, *key) for key in missing],
        reason=f"Made by computation {close.run}",
        by=close.started_by,
    )
    return existing | dict(zip(missing, created, strict=True))
