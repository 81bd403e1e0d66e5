"""Changes of facts since a month was computed. Checked before anybody attests, prepares or seals; named by patient."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from billing.close.write import store_change_counts
from billing.facts.case_files import CaseFile, facts_of, under_changes
from billing.facts.differences import fact_changes
from billing.models import (
    CLOSED_STATES,
    NOT_IN_FORCE_STATES,
    ClaimLine,
    CloseChunk,
    KeptDecision,
    MonthClose,
    MonthSeal,
)
from billing.models.overrides import OVERRIDDEN
from billing.rules.release import release
from enrollment.models import Enrollment
from enrollment.queries import served_in
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.fact_counters import fact_change_counts
from rpm_portal.core.refusals import Refused

COMPUTED_BEFORE_THE_END = "This month was calculated before it ended. Recalculate it."
MAX_PATIENTS_IN_SENTENCE = 5


@dataclass(slots=True)
class ChangedEnrollment:
    """One enrollment whose facts differ from those that its lines were decided on."""

    enrollment: Enrollment
    changes: list[str]
    # Codes that two persons approved on the old facts: computing again discards these lines.
    discards: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What changed, in one phrase."""
        return "; ".join(self.changes)


def computed_before_the_end(close: MonthClose, *, now: datetime) -> bool:
    """Whether the month has ended and was computed before its end."""
    ends_at = Month.of(close.month).ends_at(close.zone)
    return close.computed_at is not None and close.computed_at < ends_at <= now


def changed_since(close: MonthClose, *, now: datetime, everything: bool = False) -> list[ChangedEnrollment]:
    """The enrollments of a computed month whose facts changed since, by patient name.

    Only facts whose change count differs are read; with `everything` all of them are, as the seal does under its
    locks. If facts were counted as changed but are the same, the new count is stored, so that the next call skips them.
    """
    month, today = Month.of(close.month), local_day(now, close.zone)
    chunks = list(close.chunks.filter(run=close.run).order_by("number"))
    changes: dict[int, list[str]] = {}
    for chunk in chunks:
        counts = change_counts(close, chunk.enrollment_ids, today=today)
        decisions = _current_decisions(close, chunk.enrollment_ids)
        ids_to_read = [
            pk
            for pk in chunk.enrollment_ids
            if everything or pk not in decisions or pk not in counts or decisions[pk].facts_change_count != counts[pk]
        ]
        cases = (
            facts_of(chunk.practice_id, ids_to_read, month=month, zone=close.zone, today=today) if ids_to_read else []
        )
        unchanged = {}
        for case in cases:
            if differences := _differences(case, decisions.get(case.enrollment_id)):
                changes[case.enrollment_id] = differences
            elif case.enrollment_id in counts:
                unchanged[case.enrollment_id] = counts[case.enrollment_id]
        if unchanged and not everything:
            store_change_counts(close, unchanged)
    for pk, phrase in _joined_and_left(close, chunks, month):
        changes[pk] = [phrase]
    return _with_enrollments(close, changes)


def change_counts(close: MonthClose, ids: Sequence[int], *, today: date) -> dict[int, int]:
    """How often the facts of each enrollment changed; empty if the counts cannot prove that facts are the same.

    While the month runs, the current day is a fact too, and it changes every night. And if a later month was sealed,
    its lines became facts of this one without a change of any counted row.
    """
    if today <= Month.of(close.month).last_day:
        return {}
    later = MonthSeal.objects.filter(practice=close.practice_id, close__month__gt=close.month)
    return {} if later.exists() else fact_change_counts(ids)


def check_unchanged(close: MonthClose, *, now: datetime, everything: bool = False) -> None:
    """Raise Refused, naming patients and changes, if facts changed since the lines were decided."""
    if computed_before_the_end(close, now=now):
        raise Refused(COMPUTED_BEFORE_THE_END)
    if changed := changed_since(close, now=now, everything=everything):
        raise Refused(refusal_sentence(changed))


def months_it_rests_on(close: MonthClose) -> list[Month]:
    """Earlier months that are not sealed and bill a patient of this month too, oldest first. One statement.

    Their lines are facts of this month, and could still change.
    """
    billed = ClaimLine.objects.filter(close=close).exclude(state__in=NOT_IN_FORCE_STATES).values("patient")
    lines = ClaimLine.objects.filter(practice=close.practice_id, close__month__lt=close.month, patient__in=billed)
    lines = lines.exclude(state__in=NOT_IN_FORCE_STATES).exclude(close__state__in=CLOSED_STATES)
    return [Month.of(day) for day in lines.order_by("close__month").values_list("close__month", flat=True).distinct()]


def refusal_sentence(changed: Sequence[ChangedEnrollment]) -> str:
    """The refusal: how many enrollments changed, the changes of the first few, and what to do."""
    number = f"{len(changed)} enrollments" if len(changed) > 1 else "1 enrollment"
    shown = "; ".join(f"{one.enrollment.patient}: {one.words}" for one in changed[:MAX_PATIENTS_IN_SENTENCE])
    rest = f"; and {len(changed) - MAX_PATIENTS_IN_SENTENCE} more" if len(changed) > MAX_PATIENTS_IN_SENTENCE else ""
    return f"Facts of {number} changed since the month was computed. {shown}{rest}. Calculate the month again."


def _current_decisions(close: MonthClose, ids: Sequence[int]) -> dict[int, KeptDecision]:
    rows = KeptDecision.objects.filter(close=close, enrollment__any_of=list(ids), replaced_in__isnull=True)
    rows = rows.only("enrollment_id", "facts_change_count", "facts_digest", "facts", "decided_under", "release")
    return {row.enrollment_id: row for row in rows}


def _differences(case: CaseFile, decision: KeptDecision | None) -> list[str]:
    if decision is None:
        return ["not decided yet"]
    differences = fact_changes(decision.facts, case.text)
    differences += under_changes(decision.decided_under, case.decided_under)
    if decision.release != release():
        differences.append("the rules of this version differ")
    return differences


def _joined_and_left(close: MonthClose, chunks: Iterable[CloseChunk], month: Month) -> Iterable[tuple[int, str]]:
    """Enrollments that joined the month since it was computed, and those that left it."""
    then = {pk for chunk in chunks for pk in chunk.enrollment_ids}
    now = set(served_in(close.practice_id, month.first_day, month.last_day))
    yield from ((pk, "enrolled in this month since") for pk in now - then)
    yield from ((pk, "no longer enrolled in this month") for pk in then - now)


def _with_enrollments(close: MonthClose, changes: dict[int, list[str]]) -> list[ChangedEnrollment]:
    """The changes with their enrollments and the codes that computing again would discard, by patient name."""
    if not changes:
        return []
    enrollments = Enrollment.objects.filter(pk__in=changes).select_related("patient")
    raised = ClaimLine.objects.filter(close=close, enrollment__in=changes, flags__contains=[OVERRIDDEN])
    discards: dict[int, list[str]] = {}
    for pk, code in raised.exclude(state__in=NOT_IN_FORCE_STATES).values_list("enrollment_id", "code"):
        discards.setdefault(pk, []).append(code)
    changed = [ChangedEnrollment(row, changes[row.pk], discards.get(row.pk, [])) for row in enrollments]
    return sorted(changed, key=lambda row: (row.enrollment.patient.family_name, row.enrollment.patient.given_name))
