"""Writing what was decided, many enrollments at once, by COPY: decisions, the verdicts on them, and their lines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from billing.close.lines import MadeLine
from billing.facts.case_files import CaseFile
from billing.models import ClaimLine, KeptDecision, LineState, MonthClose
from billing.models.line_reasons import grounds_of
from billing.rules import Decision, Outcome
from billing.rules.release import release
from rpm_portal.core.db.any_of import written
from rpm_portal.core.db.copy_rows import array, copy_in
from rpm_portal.core.db.history import copy_with_history, set_with_history
from rpm_portal.core.db.tenancy import new_public_id

_DECISION = (
    "practice_id", "close_id", "enrollment_id", "run", "facts", "facts_digest", "decided_under", "release", "policy",
    "findings_json", "proposed", "grounds", "fixable_codes", "codes", "components", "outcomes", "reason_places",
    "facts_seen",
)  # fmt: skip
_LINE = (
    "public_id", "practice_id", "close_id", "claim_id", "state", "enrollment_id", "patient_id", "episode_id", "code",
    "component", "is_base", "units", "dos", "period_start", "modifiers", "evidence", "digest", "policy",
    "needs_attestation", "flags", "needs_look",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DecidedMonth:
    """One enrollment's month to write: `words` are its findings as JSON, `text` its facts as canonical JSON."""

    file: CaseFile
    decision: Decision
    words: list[str]
    lines: list[MadeLine]
    text: str
    digest: str


def keep_decisions(close: MonthClose, run: int, kept: Sequence[DecidedMonth], *, seen: Mapping[int, int]) -> None:
    """End the decisions that stood of these enrollments, and keep the new ones; `seen`: the counts of their moves."""
    _end(close, run, [one.file.enrollment_id for one in kept])
    rows = (_decision_row(close, run, one, seen.get(one.file.enrollment_id)) for one in kept)
    copy_in(KeptDecision._meta.db_table, _DECISION, rows)


def seen_again(close: MonthClose, seen: Mapping[int, int]) -> None:
    """Note the count of moves at which facts were read and found as they were. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_keptdecision d SET facts_seen = t.seen "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS t(id, seen) "
            "WHERE d.close_id = %s AND d.enrollment_id = t.id AND d.replaced_in IS NULL",
            [written(seen), written(seen.values()), close.pk],
        )


def _decision_row(close: MonthClose, run: int, one: DecidedMonth, seen: int | None) -> tuple[object, ...]:
    fixable, findings = 0, one.decision.findings
    codes: list[str] = []
    components: list[str] = []
    outcomes: list[str] = []
    told: list[str] = []
    for code, component, outcome, places in one.decision.outcomes():
        codes.append(code)
        components.append(component)
        outcomes.append(outcome.value)
        fixable += outcome is not Outcome.BILL and any(findings[place].until is not None for place in places)
        told.append("{" + ",".join(map(str, places)) + "}")
    file = one.file
    return (
        close.practice_id, close.pk, file.enrollment_id, run, one.text, one.digest, file.decided_under, release(),
        file.policy.name, f"[{', '.join(one.words)}]", array([line.key for line in one.lines]),
        grounds_of(line.grounds for line in one.lines), fixable, array(codes), array(components), array(outcomes),
        array(told), seen,
    )  # fmt: skip


def _end(close: MonthClose, run: int, enrollment_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_keptdecision SET replaced_in = %s "
            "WHERE close_id = %s AND enrollment_id = ANY(%s::bigint[]) AND replaced_in IS NULL",
            [run, close.pk, written(enrollment_ids)],
        )


def end_beside_strays(close: MonthClose, served: list[int]) -> None:
    """End the decisions made beside an enrollment that has left the month (it is not `served`) or its patient: what it
    billed kept codes off them. They are decided again with their part. One statement, two where somebody has left.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT split_part(d.decided_under, '|', 1)::bigint FROM billing_keptdecision d
            JOIN enrollment_enrollment e ON e.id = d.enrollment_id
            LEFT JOIN unnest(%s::bigint[]) AS s(id) ON s.id = e.id
            WHERE d.close_id = %s AND d.replaced_in IS NULL
              AND (s.id IS NULL OR e.patient_id <> split_part(d.decided_under, '|', 1)::bigint)
            """,
            [written(served), close.pk],
        )
        left = [patient for (patient,) in cursor.fetchall()]
        if left:
            cursor.execute(
                "UPDATE billing_keptdecision SET replaced_in = %s WHERE close_id = %s AND replaced_in IS NULL "
                "AND split_part(decided_under, '|', 1)::bigint = ANY(%s)",
                [close.run, close.pk, left],
            )


def end_strays(close: MonthClose) -> None:
    """End the decisions, and void the lines, of enrollments that no longer belong to the month. Two statements."""
    # A condition of our own; every value is a parameter.
    left = (
        "enrollment_id NOT IN (SELECT unnest(enrollment_ids) FROM billing_closechunk WHERE close_id = %s AND run = %s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE billing_keptdecision SET replaced_in = %s WHERE close_id = %s AND replaced_in IS NULL AND {left}",  # noqa: S608
            [close.run, close.pk, close.pk, close.run],
        )
        cursor.execute(
            f"SELECT id FROM billing_claimline WHERE close_id = %s AND state NOT IN ('void', 'dropped') AND {left}",  # noqa: S608
            [close.pk, close.pk, close.run],
        )
        keys = [key for (key,) in cursor.fetchall()]
    set_with_history(
        ClaimLine, keys, field="state", value=LineState.VOID, reason="No longer part of the month", by=close.started_by
    )


def void_lines(close: MonthClose, keys: Sequence[int]) -> None:
    """Void lines whose place a computation took."""
    reason = f"Replaced by computation {close.run} of {close}"
    set_with_history(ClaimLine, keys, field="state", value=LineState.VOID, reason=reason, by=close.started_by)


def add_lines(
    close: MonthClose, lines: Sequence[tuple[MadeLine, int]], *, held: Collection[tuple[int, str]] = ()
) -> None:
    """Write proposed lines, each with its claim's key; `held` are (enrollment, code) that somebody wants kept back."""
    rows = [
        (
            new_public_id(), close.practice_id, close.pk, claim_id,
            "held" if (line.enrollment_id, line.code) in held else "proposed",
            line.enrollment_id, line.patient_id, line.episode_id, line.code, line.component, line.is_base, line.units,
            line.dos, line.period_start, array(line.modifiers), array(line.evidence), line.digest,
            line.policy, line.needs_attestation, array(line.flags), line.needs_look,
        )
        for line, claim_id in lines
    ]  # fmt: skip
    copy_with_history(ClaimLine, _LINE, rows, reason=f"Proposed by computation {close.run}", by=close.started_by)
