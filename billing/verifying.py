"""Whether a month's close still follows from its facts: all is decided again and compared, nothing is written."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.compute import decide_all, facts_digest, output_digest, standing
from billing.facts import case_files
from billing.in_force import policies_digest
from billing.lines import lines_of
from billing.models import ClaimLine, CloseChunk, LineState, MonthClose
from billing.rules.engine import VERSION
from billing.rules.release import code_set
from rpm_portal.days import Month, local_day

STOOD = (LineState.APPROVED, LineState.REVERSED)


@dataclass(frozen=True, slots=True)
class Difference:
    """An enrollment whose facts or lines are others now than when the month was computed."""

    enrollment: str
    patient_id: int
    facts: bool
    lines: bool

    @property
    def words(self) -> str:
        """What differs."""
        return " and ".join(word for word, is_so in (("facts", self.facts), ("lines", self.lines)) if is_so)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a second computation found. `identical` means facts and lines, byte for byte; `moved` are the engine, the
    code set or the policies where they are others now, whatever came of it.
    """

    enrollments: int
    engine: str
    computed_with: str
    differences: list[Difference]
    moved: list[str]

    @property
    def identical(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def sentence(self) -> str:
        """The finding in words."""
        also = f" Others now than then: {', '.join(self.moved)}." if self.moved else ""
        if self.identical:
            told = f"{self.enrollments} enrollments decided again, every digest the same"
            return f"Identical: {told} (engine {self.engine}).{also}"
        facts = sum(one.facts for one in self.differences)
        lines = sum(one.lines for one in self.differences)
        return f"Facts differ for {facts} and lines for {lines} of {self.enrollments} enrollments.{also}"


def verify(close: MonthClose) -> Verified:
    """Decide a computed month again as of its seal, or of its computation, and compare the digests."""
    differences: list[Difference] = []
    asked: datetime | None = close.sealed_at or close.computed_at
    if asked is None:
        return Verified(0, VERSION, close.engine, [], [])
    today, fixed = local_day(asked, close.zone), _fixed_by(close)
    chunks = list(close.chunks.filter(run=close.run).order_by("number"))
    for chunk in chunks:
        differences += _compare(close, chunk, fixed, today)
    count = sum(len(chunk.enrollment_ids) for chunk in chunks)
    return Verified(count, VERSION, close.engine, differences, _moved(close))


def _moved(close: MonthClose) -> list[str]:
    """What the month was decided with and is another now; months computed before a digest was kept say nothing."""
    policies = policies_digest(close.practice_id, on=Month.of(close.month).last_day)
    pairs = (
        ("the engine", close.engine, VERSION),
        ("the code set", close.codes_digest, code_set()),
        ("the payers' policies", close.policies_digest, policies),
    )
    return [name for name, then, now in pairs if then and then != now]


def _fixed_by(close: MonthClose) -> set[int]:
    """Enrollments whose device windows this month's own seal fixed: when it was computed they were not fixed yet."""
    device = ClaimLine.objects.filter(practice=close.practice_id, component="device", state__in=STOOD)
    before = set(device.filter(close__month__lt=close.month).values_list("enrollment_id", flat=True))
    return set(device.filter(close=close).values_list("enrollment_id", flat=True)) - before


def _compare(close: MonthClose, chunk: CloseChunk, fixed: set[int], today: date) -> list[Difference]:
    month = Month.of(close.month)
    files = case_files(close.practice_id, chunk.enrollment_ids, month=month, zone=close.zone, today=today, later=False)
    files = [
        replace(file, facts=replace(file.facts, device_anchor_on=None))
        if close.sealed_at and file.enrollment_id in fixed
        else file
        for file in files
    ]
    keys = {file.enrollment_id: [line.key for line in lines_of(file, decision)] for file, decision in decide_all(files)}
    facts = facts_digest(files) != chunk.facts_digest
    lines = output_digest(key for some in keys.values() for key in some) != chunk.output_digest
    if not facts and not lines:
        return []
    then = standing(close, chunk.enrollment_ids)
    found = []
    for file in files:
        kept = then.get(file.enrollment_id)
        digest, proposed = (kept.facts_digest, kept.proposed) if kept else ("", [])
        # A decision from before digests were kept one by one: its part differs, and it cannot be told apart.
        one = Difference(
            file.papers.enrollment.public_id,
            file.papers.enrollment.patient_id,
            facts=facts and digest != file.digest,
            lines=lines and (not digest or sorted(proposed) != sorted(keys[file.enrollment_id])),
        )
        if one.facts or one.lines:
            found.append(one)
    return found
