"""Writes the results of a computation, many enrollments at once: decisions by COPY, and their lines."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import BigIntegerField, Case, F, Func, Q, TextField, Value, When
from django.db.models.functions import Cast

from billing.close.lines import LineToWrite
from billing.facts.case_files import CaseFile
from billing.models import ClaimLine, CloseChunk, KeptDecision, LineState, MonthClose
from billing.models.line_reasons import reason_sources_json
from billing.rules import Decision, Outcome
from billing.rules.release import release
from rpm_portal.core.db.copy_rows import array, copy_in
from rpm_portal.core.db.history import copy_with_history, set_with_history
from rpm_portal.core.db.tenancy import new_public_id

_DECISION_COLUMNS = (
    "practice_id",
    "close_id",
    "enrollment_id",
    "run",
    "facts",
    "facts_digest",
    "decided_under",
    "release",
    "policy",
    "findings_json",
    "proposed",
    "reason_sources",
    "fixable_codes",
    "codes",
    "components",
    "outcomes",
    "reason_places",
    "facts_change_count",
)
_LINE_COLUMNS = (
    "public_id",
    "practice_id",
    "close_id",
    "claim_id",
    "state",
    "enrollment_id",
    "patient_id",
    "episode_id",
    "code",
    "component",
    "is_base",
    "units",
    "dos",
    "period_start",
    "modifiers",
    "authorization",
    "evidence",
    "digest",
    "policy",
    "needs_attestation",
    "flags",
    "needs_look",
)


@dataclass(frozen=True, slots=True)
class DecidedMonth:
    """One enrollment's new decision, not written yet; each finding is JSON, the facts are canonical JSON."""

    case: CaseFile
    decision: Decision
    findings: list[str]
    lines: list[LineToWrite]
    facts_text: str
    facts_digest: str


def write_decisions(
    close: MonthClose, run: int, new_decisions: Sequence[DecidedMonth], *, counts: Mapping[int, int]
) -> None:
    """End the current decisions of these enrollments and insert the new ones, with their change `counts`.

    Two statements.
    """
    _end_decisions(close, run, [new.case.enrollment_id for new in new_decisions])
    rows = (_decision_row(close, run, new, counts.get(new.case.enrollment_id)) for new in new_decisions)
    copy_in(KeptDecision._meta.db_table, _DECISION_COLUMNS, rows)


def store_change_counts(close: MonthClose, counts: Mapping[int, int]) -> None:
    """Store, with the current decisions, the change counts at which unchanged facts were read. One statement."""
    by_count: dict[int, list[int]] = defaultdict(list)
    for enrollment_id, count in counts.items():
        by_count[count].append(enrollment_id)
    cases = [When(enrollment__any_of=ids, then=Value(count)) for count, ids in by_count.items()]
    current = KeptDecision.objects.filter(close=close, enrollment__any_of=list(counts), replaced_in__isnull=True)
    current.update(facts_change_count=Case(*cases))


def _decision_row(close: MonthClose, run: int, new: DecidedMonth, count: int | None) -> tuple[object, ...]:
    fixable_codes, findings = 0, new.decision.findings
    codes: list[str] = []
    components: list[str] = []
    outcomes: list[str] = []
    reason_places: list[str] = []
    for code, component, outcome, places in new.decision.outcomes():
        codes.append(code)
        components.append(component)
        outcomes.append(outcome.value)
        fixable_codes += outcome is not Outcome.BILL and any(findings[place].until is not None for place in places)
        reason_places.append("{" + ",".join(map(str, places)) + "}")
    case = new.case
    return (
        close.practice_id,
        close.pk,
        case.enrollment_id,
        run,
        new.facts_text,
        new.facts_digest,
        case.decided_under,
        release(),
        case.policy.name,
        f"[{', '.join(new.findings)}]",
        array([line.key for line in new.lines]),
        reason_sources_json(line.reason_sources for line in new.lines),
        fixable_codes,
        array(codes),
        array(components),
        array(outcomes),
        array(reason_places),
        count,
    )


def _end_decisions(close: MonthClose, run: int, enrollment_ids: list[int]) -> None:
    current = KeptDecision.objects.filter(close=close, enrollment__any_of=enrollment_ids, replaced_in__isnull=True)
    current.update(replaced_in=run)


def end_decisions_of_affected_patients(close: MonthClose, served: list[int]) -> None:
    """End all decisions of a patient if one of the patient's enrollments left the month (it is not in `served`) or
    moved to another patient record: what it billed kept codes from the others, so they must be decided again.

    One statement, two if an enrollment left.
    """
    decided_patient = Func(F("decided_under"), Value("|"), Value(1), function="split_part", output_field=TextField())
    current = KeptDecision.objects.filter(close=close, replaced_in__isnull=True)
    current = current.annotate(decided_patient=Cast(decided_patient, BigIntegerField()))
    affected = current.filter(~Q(enrollment__any_of=served) | ~Q(enrollment__patient=F("decided_patient")))
    if patients := list(affected.values_list("decided_patient", flat=True)):
        current.filter(decided_patient__in=patients).update(replaced_in=close.run)


def end_removed_enrollments(close: MonthClose) -> None:
    """End the decisions, and void the lines, of enrollments that no longer belong to the month. Two statements."""
    chunks = CloseChunk.objects.filter(close=close, run=close.run)
    served = chunks.values_list(Func(F("enrollment_ids"), function="unnest", output_field=BigIntegerField()))
    current = KeptDecision.objects.filter(close=close, replaced_in__isnull=True)
    current.exclude(enrollment__in=served).update(replaced_in=close.run)
    lines = ClaimLine.objects.filter(close=close).exclude(state__in=[LineState.VOID, LineState.DROPPED])
    keys = list(lines.exclude(enrollment__in=served).values_list("pk", flat=True))
    set_with_history(
        ClaimLine, keys, field="state", value=LineState.VOID, reason="No longer part of the month", by=close.started_by
    )


def void_lines(close: MonthClose, keys: Sequence[int]) -> None:
    """Void lines that this computation no longer proposes."""
    reason = f"Replaced by computation {close.run} of {close}"
    set_with_history(ClaimLine, keys, field="state", value=LineState.VOID, reason=reason, by=close.started_by)


def add_lines(
    close: MonthClose, lines: Sequence[tuple[LineToWrite, int]], *, held: Collection[tuple[int, str]] = ()
) -> None:
    """Insert proposed lines, each with its claim's key; lines whose (enrollment, code) is in `held` start as held."""
    rows = [
        (
            new_public_id(),
            close.practice_id,
            close.pk,
            claim_id,
            "held" if (line.enrollment_id, line.code) in held else "proposed",
            line.enrollment_id,
            line.patient_id,
            line.episode_id,
            line.code,
            line.component,
            line.is_base,
            line.units,
            line.dos,
            line.period_start,
            array(line.modifiers),
            line.authorization,
            array(line.evidence),
            line.digest,
            line.policy,
            line.needs_attestation,
            array(line.flags),
            line.needs_look,
        )
        for line, claim_id in lines
    ]
    copy_with_history(
        ClaimLine, _LINE_COLUMNS, rows, reason=f"Proposed by computation {close.run}", by=close.started_by
    )
