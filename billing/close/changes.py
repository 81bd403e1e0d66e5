"""What changed since a month was computed: asked before anybody attests, prepares or seals, and named by patient."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from billing.close.write import seen_again
from billing.facts.case_files import CaseFile, facts_of, under_changes
from billing.facts.differences import fact_changes
from billing.models import GONE, SHUT, ClaimLine, CloseChunk, KeptDecision, MonthClose, MonthSeal
from billing.models.overrides import RAISED
from billing.rules.release import release
from enrollment.models import Enrollment
from enrollment.queries import served_in
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.fact_counters import moves_of
from rpm_portal.core.refusals import Refused

BEFORE_THE_END = "This month was computed before it ended. Compute it again."
MOST_IN_A_SENTENCE = 5


@dataclass(slots=True)
class Changed:
    """One enrollment whose facts are no longer those that its lines were decided on."""

    enrollment: Enrollment
    what: list[str]
    # Codes that two persons raised on the old facts: computing again discards these lines.
    discards: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What changed, in one phrase."""
        return "; ".join(self.what)


def computed_before_the_end(close: MonthClose, *, now: datetime) -> bool:
    """Whether the month has ended, and was computed while it still ran."""
    ends_at = Month.of(close.month).ends_at(close.zone)
    return close.computed_at is not None and close.computed_at < ends_at <= now


def changed_since(close: MonthClose, *, now: datetime, everything: bool = False) -> list[Changed]:
    """The enrollments of a computed month whose facts changed since, by patient name.

    Only the facts that the database has counted as moved are read; with `everything` all of them are, as the seal
    does under its locks. Facts that were counted as moved and are the same are noted, so that the next look is short.
    """
    month, today = Month.of(close.month), local_day(now, close.zone)
    chunks = list(close.chunks.filter(run=close.run).order_by("number"))
    found: dict[int, list[str]] = {}
    for chunk in chunks:
        counts = move_counts(close, chunk.enrollment_ids, today=today)
        kept = _kept(close, chunk.enrollment_ids)
        wanted = [
            pk for pk in chunk.enrollment_ids
            if everything or pk not in kept or pk not in counts or kept[pk].facts_seen != counts[pk]
        ]  # fmt: skip
        files = facts_of(chunk.practice_id, wanted, month=month, zone=close.zone, today=today) if wanted else []
        same = {}
        for file in files:
            if what := _differs(file, kept.get(file.enrollment_id)):
                found[file.enrollment_id] = what
            elif file.enrollment_id in counts:
                same[file.enrollment_id] = counts[file.enrollment_id]
        if same and not everything:
            seen_again(close, same)
    for pk, phrase in _came_and_went(close, chunks, month):
        found[pk] = [phrase]
    return _named(close, found)


def move_counts(close: MonthClose, ids: Sequence[int], *, today: date) -> dict[int, int]:
    """How often the facts of each enrollment have moved; empty if that does not tell whether they are the same.

    While the month runs the day is a fact too, and it moves every night. And if a later month was sealed, its lines
    have become facts of this one without a change of any row that is counted.
    """
    if today <= Month.of(close.month).last_day:
        return {}
    later = MonthSeal.objects.filter(practice=close.practice_id, close__month__gt=close.month)
    return {} if later.exists() else moves_of(ids)


def check_unchanged(close: MonthClose, *, now: datetime, everything: bool = False) -> None:
    """Raise Refused, naming patients and what changed, if the lines rest on facts that are no longer so."""
    if computed_before_the_end(close, now=now):
        raise Refused(BEFORE_THE_END)
    if changed := changed_since(close, now=now, everything=everything):
        raise Refused(sentence_of(changed))


def months_it_rests_on(close: MonthClose) -> list[Month]:
    """Earlier months that are not sealed and bill a patient whom this month bills too, oldest first. One statement.

    Their lines are facts of this month, and could still change.
    """
    billed = ClaimLine.objects.filter(close=close).exclude(state__in=GONE).values("patient")
    lines = ClaimLine.objects.filter(practice=close.practice_id, close__month__lt=close.month, patient__in=billed)
    lines = lines.exclude(state__in=GONE).exclude(close__state__in=SHUT)
    return [Month.of(day) for day in lines.order_by("close__month").values_list("close__month", flat=True).distinct()]


def sentence_of(changed: Sequence[Changed]) -> str:
    """The refusal in words: how many patients, what changed for the first few, and what to do."""
    many = f"{len(changed)} enrollments" if len(changed) > 1 else "1 enrollment"
    shown = "; ".join(f"{one.enrollment.patient}: {one.words}" for one in changed[:MOST_IN_A_SENTENCE])
    rest = f"; and {len(changed) - MOST_IN_A_SENTENCE} more" if len(changed) > MOST_IN_A_SENTENCE else ""
    return f"Facts of {many} changed since the month was computed. {shown}{rest}. Compute the month again."


def _kept(close: MonthClose, ids: Sequence[int]) -> dict[int, KeptDecision]:
    rows = KeptDecision.objects.filter(close=close, enrollment__any_of=list(ids), replaced_in__isnull=True)
    return {row.enrollment_id: row for row in rows.only("enrollment_id", "facts_seen", "facts_digest", "facts",
                                                        "decided_under", "release")}  # fmt: skip


def _differs(file: CaseFile, kept: KeptDecision | None) -> list[str]:
    if kept is None:
        return ["not decided yet"]
    what = fact_changes(kept.facts, file.text)
    what += under_changes(kept.decided_under, file.decided_under)
    if kept.release != release():
        what.append("the rules of this version differ")
    return what


def _came_and_went(close: MonthClose, chunks: Iterable[CloseChunk], month: Month) -> Iterable[tuple[int, str]]:
    """Enrollments that belong to the month now and did not, and the other way around."""
    then = {pk for chunk in chunks for pk in chunk.enrollment_ids}
    now = set(served_in(close.practice_id, month.first_day, month.last_day))
    yield from ((pk, "enrolled in this month since") for pk in now - then)
    yield from ((pk, "no longer enrolled in this month") for pk in then - now)


def _named(close: MonthClose, found: dict[int, list[str]]) -> list[Changed]:
    if not found:
        return []
    rows = Enrollment.objects.filter(pk__in=found).select_related("patient")
    raised = ClaimLine.objects.filter(close=close, enrollment__in=found, flags__contains=[RAISED])
    discards: dict[int, list[str]] = {}
    for pk, code in raised.exclude(state__in=GONE).values_list("enrollment_id", "code"):
        discards.setdefault(pk, []).append(code)
    named = [Changed(row, found[row.pk], discards.get(row.pk, [])) for row in rows]
    return sorted(named, key=lambda one: (one.enrollment.patient.family_name, one.enrollment.patient.given_name))
