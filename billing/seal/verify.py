"""Whether a month's lines follow from its facts, and which of its facts changed since. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billing.close.compute import decide_all, output_digest
from billing.close.lines import lines_of
from billing.facts.case_files import EnrollmentCase, facts_of, under_changes
from billing.facts.differences import fact_changes
from billing.models import STRICTEST, CloseChunk, KeptDecision, MonthClose
from billing.policies.in_force import policies_around, policies_digest
from billing.rules import Policy, load_preset
from billing.rules.canonical import digest_of, facts_from_text, joined_digest
from billing.rules.engine import VERSION
from billing.rules.release import code_set
from rpm_portal.core.days import Month, local_day

ALTERED = "the facts kept with the decision were altered"


@dataclass(slots=True)
class Difference:
    """An enrollment whose lines do not follow from its facts, or whose facts changed since."""

    enrollment: str
    patient_id: int
    # Whether the facts as they were kept decide other lines than those that were kept.
    lines: bool = False
    # Whether the kept facts are no longer the text that the digest was made of.
    altered: bool = False
    # What changed on file since, one phrase each.
    changes: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What differs, in one phrase."""
        said = [ALTERED] if self.altered else []
        said += ["its lines do not follow from its facts"] if self.lines else []
        return "; ".join(said + self.changes)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a second computation found. `moved` names the engine, code set or policies if they differ now."""

    enrollments: int
    engine: str
    computed_with: str
    differences: list[Difference]
    moved: list[str]
    sealed: bool = False

    @property
    def follows(self) -> bool:
        """Whether every line follows from the facts as they were kept, and those are unaltered."""
        return not any(one.lines or one.altered for one in self.differences)

    @property
    def identical(self) -> bool:
        """Whether every line follows from its facts and no fact changed since."""
        return not self.differences

    @property
    def sentence(self) -> str:
        """The finding in words."""
        also = f" Different since: {', '.join(self.moved)}." if self.moved else ""
        if self.identical:
            said = f"{self.enrollments} enrollments decided again, every digest the same"
            return f"Identical: {said} (engine {self.engine}).{also}"
        wrong = sum(one.lines or one.altered for one in self.differences)
        changed = sum(bool(one.changes) for one in self.differences)
        lines = (
            f"The lines of {wrong} of {self.enrollments} enrollments do not follow from the facts kept with them."
            if wrong
            else f"The lines of all {self.enrollments} enrollments follow from the facts kept with them."
        )
        since = "the seal" if self.sealed else "the computation"
        facts = f" Facts of {changed} changed since {since}." if changed else ""
        return f"{lines}{facts}{also}"


def verify(close: MonthClose) -> Verified:
    """Decide a computed month again from the facts kept with it, and compare those with the facts on file.

    The facts on file are read as known at the seal: lines that other months got later, and device windows that were
    fixed later, do not count. About twenty statements a chunk.
    """
    asked = close.sealed_at or close.computed_at
    if asked is None:
        return Verified(0, VERSION, close.engine, [], [])
    today = local_day(asked, close.zone)
    policies = policies_around(close.practice_id, Month.of(close.month))
    chunks = list(close.chunks.filter(run=close.run).order_by("number"))
    differences = [one for chunk in chunks for one in _compare(close, chunk, policies, today)]
    count = sum(len(chunk.enrollment_ids) for chunk in chunks)
    return Verified(count, VERSION, close.engine, differences, _moved(close), close.sealed_at is not None)


def _moved(close: MonthClose) -> list[str]:
    """What the month was decided with and differs now."""
    policies = policies_digest(close.practice_id, Month.of(close.month))
    pairs = (
        ("the engine", close.engine, VERSION),
        ("the code set", close.codes_digest, code_set()),
        ("the payers' policies", close.policies_digest, policies),
    )
    return [name for name, then, now in pairs if then and then != now]


def _compare(close: MonthClose, chunk: CloseChunk, policies: Mapping[int, Policy], today: date) -> list[Difference]:
    ids = chunk.enrollment_ids
    rows = KeptDecision.objects.filter(close=close, enrollment__any_of=ids, replaced_in__isnull=True)
    rows = rows.select_related("enrollment").defer("findings_json", "grounds")
    kept = {row.enrollment_id: row for row in rows}
    found = {pk: Difference(row.enrollment.public_id, row.enrollment.patient_id) for pk, row in kept.items()}
    for pk, row in kept.items():
        found[pk].altered = digest_of(row.facts) != row.facts_digest
    keys = _decided_again([kept[pk] for pk in ids if pk in kept and not found[pk].altered], policies)
    for pk, decided in keys.items():
        found[pk].lines = sorted(decided) != sorted(kept[pk].proposed)
    files = facts_of(
        close.practice_id, ids, month=Month.of(close.month), zone=close.zone, today=today, known_at=close.facts_at
    )
    for file in files:
        pk = file.enrollment_id
        if pk not in found:
            found[pk] = Difference(file.facts.id, file.patient_id, lines=True)
        elif not found[pk].altered:
            found[pk].changes = fact_changes(kept[pk].facts, file.text)
            found[pk].changes += under_changes(kept[pk].decided_under, file.decided_under)
    _check_sums(chunk, kept, found)
    return [found[pk] for pk in ids if pk in found and found[pk].words]


def _decided_again(rows: Sequence[KeptDecision], policies: Mapping[int, Policy]) -> dict[int, list[str]]:
    """The keys of the lines that the kept facts decide, by enrollment."""
    cases, strictest = [], load_preset(STRICTEST)
    for row in rows:
        patient_id, payer_id, provider_id, episode_id = map(_key, row.decided_under.split("|")[:4])
        cases.append(
            EnrollmentCase(
                facts=facts_from_text(row.facts),
                policy=policies.get(payer_id, strictest) if payer_id else strictest,
                enrollment_id=row.enrollment_id,
                patient_id=patient_id or 0,
                payer_id=payer_id,
                billing_provider_id=provider_id or 0,
                episode_id=episode_id,
            )
        )
    return {case.enrollment_id: [line.key for line in lines_of(case, one)] for case, one in decide_all(cases)}


def _key(text: str) -> int | None:
    return None if text == "None" else int(text)


def _check_sums(chunk: CloseChunk, kept: Mapping[int, Any], found: dict[int, Difference]) -> None:
    """The chunk's digests cover the kept rows; if they do not, every enrollment of the chunk is doubtful."""
    complete = all(pk in kept for pk in chunk.enrollment_ids)
    facts = joined_digest(kept[pk].facts_digest for pk in chunk.enrollment_ids if pk in kept)
    output = output_digest(key for row in kept.values() for key in row.proposed)
    if complete and (facts, output) != (chunk.facts_digest, chunk.output_digest):
        for one in found.values():
            one.altered = True
