"""Verification of a month: whether its lines follow from its facts, and which facts changed since. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from billing.close.compute import output_digest
from billing.close.moves import lock_close
from billing.facts.case_files import facts_of, under_changes
from billing.facts.differences import fact_changes
from billing.models import CloseChunk, MonthClose
from billing.policies.in_force import PayerPolicies, policies_around, policies_digest
from billing.policies.rules_in_force import codes_of
from billing.rules.canonical import digest_of, joined_digest
from billing.rules.engine import VERSION
from billing.rules.release import code_set
from billing.seal.decided_again import stored_decisions, wrong_lines
from billing.seal.signed_month import altered_rows, is_signed
from rpm_portal.core.days import Month, local_day

ALTERED = "the facts kept with the decision were altered"


@dataclass(slots=True)
class Difference:
    """An enrollment whose lines do not follow from its stored facts, or whose facts changed since."""

    enrollment: str
    patient_id: int
    # Whether the stored facts decide other lines than those stored.
    lines: bool = False
    # Whether the stored facts no longer match their digest.
    altered: bool = False
    # What changed on file since, one phrase each.
    changes: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What differs, in one phrase."""
        phrases = [ALTERED] if self.altered else []
        phrases += ["its lines do not follow from its facts"] if self.lines else []
        return "; ".join(phrases + self.changes)


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of a verification. `moved` names the engine, code set or policies if they changed since."""

    enrollments: int
    engine: str
    computed_with: str
    differences: list[Difference]
    moved: list[str]
    sealed: bool = False
    # Rows of the month that differ from what was signed, one sentence each.
    altered: tuple[str, ...] = ()

    @property
    def follows(self) -> bool:
        """Whether every line follows from the stored facts, and these and all rows of the month are unaltered."""
        return not self.altered and not any(difference.lines or difference.altered for difference in self.differences)

    @property
    def identical(self) -> bool:
        """Whether every line follows from its facts and no fact changed since."""
        return not self.differences and not self.altered

    @property
    def sentence(self) -> str:
        """The result in words."""
        if number := len(self.altered):
            return f"{number} stored row{'s differ' if number > 1 else ' differs'} from those that were locked."
        also = f" Different since: {', '.join(self.moved)}." if self.moved else ""
        if self.identical:
            summary = f"{self.enrollments} enrollments decided again, every digest the same"
            return f"Identical: {summary} (engine {self.engine}).{also}"
        wrong = sum(difference.lines or difference.altered for difference in self.differences)
        changed = sum(bool(difference.changes) for difference in self.differences)
        lines = (
            f"The lines of {wrong} of {self.enrollments} enrollments do not follow from the facts kept with them."
            if wrong
            else f"The lines of all {self.enrollments} enrollments follow from the facts kept with them."
        )
        since = "the lock" if self.sealed else "the computation"
        facts = f" Facts of {changed} changed since {since}." if changed else ""
        return f"{lines}{facts}{also}"


def verify(close: MonthClose) -> Verified:
    """Decide a computed month again from the facts stored with it, and compare those with the facts on file.

    The facts on file are read as known at the seal: later lines of other months and device windows fixed later do
    not count. The rows of a prepared, sealed or sent month are compared with their signed digests first; if one
    differs, nothing is decided from them. About twenty statements a chunk.
    """
    as_of = close.sealed_at or close.computed_at
    altered = tuple(altered_under_lock(close))
    if as_of is None or altered:
        return Verified(0, VERSION, close.engine, [], [], close.sealed_at is not None, altered)
    today = local_day(as_of, close.zone)
    policies = policies_around(close.practice_id, Month.of(close.month))
    chunks = list(close.chunks.filter(run=close.run).order_by("number"))
    differences = [difference for chunk in chunks for difference in _compare(close, chunk, policies, today)]
    count = sum(len(chunk.enrollment_ids) for chunk in chunks)
    moved = _changed_inputs(close)
    return Verified(count, VERSION, close.engine, differences, moved, close.sealed_at is not None)


@transaction.atomic
def altered_under_lock(close: MonthClose) -> list[str]:
    """`altered_rows` of a month that was signed, under its lock, so that no action is seen half done."""
    close = lock_close(close)
    return altered_rows(close) if is_signed(close) else []


def _changed_inputs(close: MonthClose) -> list[str]:
    """The names of what the month was decided with and has changed since."""
    policies = policies_digest(close.practice_id, Month.of(close.month))
    pairs = (
        ("the engine", close.engine, VERSION),
        ("the code set", close.codes_digest, code_set(codes_of(close.practice_id, on=Month.of(close.month).last_day))),
        ("the payers' policies", close.policies_digest, policies),
    )
    return [name for name, then, now in pairs if then and then != now]


def _compare(close: MonthClose, chunk: CloseChunk, policies: PayerPolicies, today: date) -> list[Difference]:
    ids, stored = chunk.enrollment_ids, stored_decisions(close, chunk)
    by_id = {pk: Difference(row.enrollment.public_id, row.enrollment.patient_id) for pk, row in stored.items()}
    for pk, row in stored.items():
        by_id[pk].altered = digest_of(row.facts) != row.facts_digest
    for pk in wrong_lines(close, [stored[pk] for pk in ids if pk in stored and not by_id[pk].altered], policies):
        by_id[pk].lines = True
    files = facts_of(
        close.practice_id, ids, month=Month.of(close.month), zone=close.zone, today=today, known_at=close.facts_at
    )
    for file in files:
        pk = file.enrollment_id
        if pk not in by_id:
            by_id[pk] = Difference(file.facts.id, file.patient_id, lines=True)
        elif not by_id[pk].altered:
            by_id[pk].changes = fact_changes(stored[pk].facts, file.text) + under_changes(
                stored[pk].decided_under, file.decided_under
            )
    _check_digests(chunk, stored, by_id)
    return [by_id[pk] for pk in ids if pk in by_id and by_id[pk].words]


def _check_digests(chunk: CloseChunk, stored: Mapping[int, Any], by_id: dict[int, Difference]) -> None:
    """Mark every enrollment of a chunk as altered if the chunk's digests do not match its stored rows."""
    complete = all(pk in stored for pk in chunk.enrollment_ids)
    facts = joined_digest(stored[pk].facts_digest for pk in chunk.enrollment_ids if pk in stored)
    output = output_digest(key for row in stored.values() for key in row.proposed)
    if complete and (facts, output) != (chunk.facts_digest, chunk.output_digest):
        for difference in by_id.values():
            difference.altered = True
