"""The result of a delivery: counts, and the result of each entry as its sender reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitoring.readings.sender_lines import EntryResult


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of a delivery.

    `results` has one for each entry of the body in order: new, known, unmatched, heard or taken_back, with a sentence
    if there is more to report. `later` is set if the body is stored and waits for the worker, as the delivery
    `kept_as`; the counts are then 0. `new_readings` are the ids of the new readings by the position of their entries.
    """

    new: int = 0
    known: int = 0
    unmatched: int = 0
    heard: int = 0
    taken_back: int = 0
    later: bool = False
    kept_as: int | None = field(default=None, compare=False)
    results: tuple[EntryResult, ...] = field(default=(), compare=False)
    new_readings: Mapping[int, int] = field(default_factory=dict, compare=False)

    def rows(self) -> list[dict[str, object]]:
        """The result of each entry for the sender: its position, the result, and if there are, reason and sentence."""
        rows: list[dict[str, object]] = []
        for n, row in enumerate(self.results):
            answer: dict[str, object] = {"entry": n, "result": row.answer}
            if row.reason:
                answer["reason"] = row.reason
            if row.message:
                answer["message"] = row.message
            rows.append(answer)
        return rows

    def counts(self) -> dict[str, int]:
        """The counts as they are stored with the delivery."""
        counts = {"new": self.new, "known": self.known, "unmatched": self.unmatched, "heard": self.heard}
        return counts | {"taken_back": self.taken_back}
