"""Computing a chunk of a month: facts in, decisions, verdicts and lines out, in one transaction.

What a chunk holds is decided again only where its facts, the engine, a code or a policy have moved since the decision
that stands. Facts are read where the database has counted a move of them since they were read last, or nobody counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from django.db import connection, transaction

from billing.close import write
from billing.close.changes import move_counts
from billing.close.lines import MadeLine, lines_of, said
from billing.close.reconcile import Wanted, reconcile
from billing.facts.case_files import CaseFile, EnrollmentCase, facts_of
from billing.models import (
    GONE,
    SHUT,
    ChunkState,
    Claim,
    ClaimLine,
    CloseChunk,
    CloseState,
    KeptDecision,
    MonthClose,
)
from billing.models.overrides import RAISED
from billing.rules import Decision, decide
from billing.rules.canonical import digest_of, joined_digest
from billing.rules.fact_rows import OtherClaim
from billing.rules.release import release
from enrollment.models import Enrollment
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.db.history import copy_with_history
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.gc_control import collector_resting

ClaimKey = tuple[int, int | None, int]
CaseT = TypeVar("CaseT", bound=EnrollmentCase)


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
    with collector_resting():
        _compute(close, chunk, now=now)
    chunk.state, chunk.done_at, chunk.error = ChunkState.DONE, now, ""
    chunk.save(update_fields=["state", "done_at", "error", "facts_digest", "output_digest"])
    return True


def _compute(close: MonthClose, chunk: CloseChunk, *, now: datetime) -> None:
    """Decide what has moved, write it, and set the digests over all of the chunk, moved or not."""
    month, today, ids = Month.of(close.month), local_day(now, close.zone), chunk.enrollment_ids
    counts = move_counts(close, ids, today=today)
    stands = standing(close, ids)
    wanted = list(ids) if chunk.anew else _to_read(ids, stands, counts)
    files = facts_of(chunk.practice_id, wanted, month=month, zone=close.zone, today=today) if wanted else []
    texts = {file.enrollment_id: file.text for file in files}
    digests = {pk: digest_of(text) for pk, text in texts.items()}
    moved = _moved(files, digests, stands)
    kept = []
    for file, decision in decide_all([file for file in files if chunk.anew or file.enrollment_id in moved]):
        words = [said(finding) for finding in decision.findings]
        lines = list(lines_of(file, decision, words))
        pk = file.enrollment_id
        kept.append(write.DecidedMonth(file, decision, words, lines, texts[pk], digests[pk]))
    decided = {one.file.enrollment_id for one in kept}
    if kept:
        plan = _planned(close, kept, moved)
        write.keep_decisions(close, chunk.run, kept, seen=_seen(counts, kept, plan))
        _keep_lines(close, plan)
    if again := {pk: counts[pk] for pk in digests if pk not in decided and pk in counts}:
        write.seen_again(close, again)
    output = [line.key for one in kept for line in one.lines]
    output += [key for pk, then in stands.items() if pk not in decided for key in then.proposed]
    chunk.facts_digest = joined_digest(digests[pk] if pk in digests else stands[pk].facts_digest for pk in ids)
    chunk.output_digest = output_digest(output)


class Stands(NamedTuple):
    """A decision that stands: what it was made of, the lines it proposed, and the count of moves it has seen."""

    facts_digest: str
    decided_under: str
    release: str
    proposed: list[str]
    facts_seen: int | None


def standing(close: MonthClose, enrollment_ids: Iterable[int]) -> dict[int, Stands]:
    """The decisions that stand, by enrollment. One statement."""
    rows = KeptDecision.objects.filter(
        close=close, enrollment__any_of=list(enrollment_ids), replaced_in__isnull=True
    ).values_list("enrollment_id", *Stands._fields)
    return {row[0]: Stands._make(row[1:]) for row in rows}


def _to_read(ids: Sequence[int], stands: Mapping[int, Stands], counts: Mapping[int, int]) -> list[int]:
    """The enrollments whose facts are read: those not counted as unmoved, with all others of their patients."""
    first = {pk for pk in ids if not _holds(stands.get(pk), counts.get(pk))}
    if not first:
        return []
    if len(first) == len(ids):
        return list(ids)
    patients = Enrollment.objects.filter(pk__any_of=list(first)).values("patient")
    beside = set(Enrollment.objects.filter(patient__in=patients, pk__any_of=list(ids)).values_list("pk", flat=True))
    return [pk for pk in ids if pk in beside]


def _holds(then: Stands | None, count: int | None) -> bool:
    return then is not None and count is not None and then.facts_seen == count and then.release == release()


def _moved(files: Sequence[CaseFile], digests: Mapping[int, str], stands: Mapping[int, Stands]) -> set[int]:
    """The enrollments whose facts, or what they are decided under, differ from the decision on file, and the other
    enrollments of their patients.
    """
    patients = set()
    for file in files:
        then = stands.get(file.enrollment_id)
        if then is None or then[:3] != (digests[file.enrollment_id], file.decided_under, release()):
            patients.add(file.patient_id)
    return {file.enrollment_id for file in files if file.patient_id in patients}


def _seen(counts: Mapping[int, int], kept: Sequence[write.DecidedMonth], plan: "_Plan") -> dict[int, int]:
    """The count of moves each decision has seen: those before its facts were read, and those its own lines make.

    Lines that come are one statement and lines that go another, and each moves the facts of the patients it touches
    once (`invalidation_triggers.py`). A move by others meanwhile leaves the count ahead, and the facts are read again.
    """
    found = {}
    for one in kept:
        if (count := counts.get(one.file.enrollment_id)) is not None:
            patient = one.file.patient_id
            found[one.file.enrollment_id] = count + (patient in plan.come) + (patient in plan.went)
    return found


def decide_all(cases: Sequence[CaseT]) -> list[tuple[CaseT, Decision]]:
    """Decide every case. Of two enrollments of one patient the later sees what the earlier bills this month."""
    decided: list[tuple[CaseT, Decision]] = []
    billed: dict[int, list[OtherClaim]] = defaultdict(list)
    for case in cases:
        facts = case.facts
        if billed[case.patient_id]:
            facts = replace(facts, other_claims=(*facts.other_claims, *billed[case.patient_id]))
        decision = decide(facts, case.policy)
        for line in decision.lines:
            start = date.fromisoformat(line.subject) if line.component == "device" else None
            billed[case.patient_id].append(OtherClaim(line.code, True, line.dos, start))
        decided.append((case, decision))
    return decided


def output_digest(keys: Iterable[str]) -> str:
    """One digest over the lines a chunk proposes, in any order of them."""
    return digest_of("\n".join(sorted(keys)))


class _Plan(NamedTuple):
    """Lines to add and keys to void, the patients of each, and what somebody wants kept back."""

    fresh: list[tuple[MadeLine, CaseFile]]
    void: Sequence[int]
    held: set[tuple[int, str]]
    come: set[int]
    went: set[int]


def _planned(close: MonthClose, kept: Sequence[write.DecidedMonth], moved: Collection[int]) -> _Plan:
    """Which lines to add, keep and void so that the lines on file of these enrollments are those decided.

    A line that two persons raised stays as long as its enrollment has not `moved`: they judged the same facts.
    """
    proposed: dict[tuple[int, str, str, str], tuple[MadeLine, CaseFile]] = {}
    for one in kept:
        for made in one.lines:
            proposed[made.enrollment_id, made.code, made.dos.isoformat(), made.digest] = (made, one.file)
    ids = [one.file.enrollment_id for one in kept]
    rows = ClaimLine.objects.filter(close=close, enrollment__any_of=ids).exclude(state__in=GONE)
    rows = rows.exclude(flags__contains=[RAISED], enrollment__in=set(ids) - set(moved))
    columns = rows.values_list("pk", "enrollment_id", "code", "dos", "digest", "state", "patient_id")
    # A month's first computation finds none, and looking takes a hundredth of it.
    existing = list(columns) if close.run > 1 else []
    whose = {one.file.enrollment_id: one.file.patient_id for one in kept}
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
    fresh = [proposed[want.enrollment_id, want.code, want.dos, want.digest] for want in plan.add]
    forecast = _forecast_lines_in_the_way(close, [line for line, _ in fresh])
    come = {whose[line.enrollment_id] for line, _ in fresh}
    went = {row[6] for row in existing if row[0] in gone} | set(forecast.values())
    return _Plan(fresh, [*plan.void, *forecast], held, come, went)


def _forecast_lines_in_the_way(close: MonthClose, fresh: Sequence[MadeLine]) -> dict[int, int]:
    """Lines of later months, not sealed, that this month's new lines exclude: set-up of the same episode, or a device
    period that shares a day. Keys of the lines with their patients; one statement, or none without a later month.

    A forecast of a later month is no fact of this one. Its line yields, and the later month is decided again.
    """
    setups = {line.episode_id for line in fresh if line.component == "setup"}
    periods: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for line in fresh:
        if line.period_start is not None:
            periods[line.patient_id].append((line.period_start, line.dos))
    later = MonthClose.objects.filter(practice=close.practice_id, month__gt=close.month).exclude(state__in=SHUT)
    if not (setups or periods) or not later.exists():
        return {}
    rows = ClaimLine.objects.filter(close__in=later, patient__any_of=list({line.patient_id for line in fresh}))
    rows = rows.filter(component__in=["setup", "device"]).exclude(state__in=GONE)
    columns = rows.values_list("pk", "patient_id", "component", "episode_id", "period_start", "dos")
    return {
        pk: patient_id
        for pk, patient_id, component, episode_id, start, end in columns
        if (component == "setup" and episode_id in setups)
        or (start is not None and any(first <= end and start <= last for first, last in periods[patient_id]))
    }


def _keep_lines(close: MonthClose, plan: _Plan) -> None:
    """Void what goes and add what comes, on its claims."""
    write.void_lines(close, plan.void)
    claims = claim_keys(close, [file for _, file in plan.fresh])
    write.add_lines(close, [(line, claims[claim_key(file)]) for line, file in plan.fresh], held=plan.held)


def claim_key(case: EnrollmentCase) -> ClaimKey:
    """Which claim an enrollment's lines go on: patient, payer, billing provider."""
    return case.patient_id, case.payer_id, case.billing_provider_id


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
