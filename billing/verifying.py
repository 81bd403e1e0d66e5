"""Whether a month's close still follows from its facts: all is decided again and compared, nothing is written."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.compute import decide_all, facts_digest, output_digest
from billing.facts import case_files
from billing.lines import lines_of
from billing.models import ClaimLine, CloseChunk, LineState, MonthClose
from billing.rules.engine import VERSION
from rpm_portal.days import Month, local_day

STOOD = (LineState.APPROVED, LineState.REVERSED)


@dataclass(frozen=True, slots=True)
class Difference:
    """An enrollment's chunk whose facts or lines are others now than when the month was computed."""

    chunk: int
    facts: bool
    lines: bool
    enrollments: list[str]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a second computation found. `identical` means facts and lines, byte for byte."""

    enrollments: int
    engine: str
    computed_with: str
    differences: list[Difference]

    @property
    def identical(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if self.identical:
            told = f"{self.enrollments} enrollments decided again, every digest the same"
            return f"Identical: {told} (engine {self.engine})."
        facts = sum(one.facts for one in self.differences)
        lines = sum(one.lines for one in self.differences)
        return f"Facts differ in {facts} and lines in {lines} of the month's parts since it was computed."


def verify(close: MonthClose) -> Verified:
    """Decide a computed month again as of its seal, or of its computation, and compare the digests."""
    differences, count = [], 0
    asked: datetime | None = close.sealed_at or close.computed_at
    if asked is None:
        return Verified(0, VERSION, close.engine, [])
    today, fixed = local_day(asked, close.zone), _fixed_by(close)
    chunks = list(close.chunks.filter(run=close.run).order_by("number"))
    for chunk in chunks:
        count += len(chunk.enrollment_ids)
        if (found := _compare(close, chunk, fixed, today)) is not None:
            differences.append(found)
    return Verified(count, VERSION, close.engine, differences)


def _fixed_by(close: MonthClose) -> set[int]:
    """Enrollments whose device windows this month's own seal fixed: when it was computed they were not fixed yet."""
    device = ClaimLine.objects.filter(practice=close.practice_id, component="device", state__in=STOOD)
    before = set(device.filter(close__month__lt=close.month).values_list("enrollment_id", flat=True))
    return set(device.filter(close=close).values_list("enrollment_id", flat=True)) - before


def _compare(close: MonthClose, chunk: CloseChunk, fixed: set[int], today: date) -> Difference | None:
    month = Month.of(close.month)
    files = case_files(close.practice_id, chunk.enrollment_ids, month=month, zone=close.zone, today=today, later=False)
    files = [
        replace(file, facts=replace(file.facts, device_anchor_on=None))
        if close.sealed_at and file.papers.enrollment.pk in fixed
        else file
        for file in files
    ]
    keys = [line.key for file, decision in decide_all(files) for line in lines_of(file, decision)]
    facts = facts_digest(files) != chunk.facts_digest
    lines = output_digest(keys) != chunk.output_digest
    if not facts and not lines:
        return None
    return Difference(chunk.number, facts, lines, [file.papers.enrollment.public_id for file in files][:20])
