"""Facts of the CMS ACCESS model as plain values: alignments with an organization, and updates that were reviewed."""

from datetime import date
from typing import NamedTuple


class Alignment(NamedTuple):
    """A patient's alignment in a track of the CMS ACCESS model, with this practice (or its affiliate) or another."""

    ours: bool
    track: str
    first: date
    last: date | None = None
    organization: str = ""
    id: str = ""

    def covers(self, on: date) -> bool:
        """Whether it is active on a day."""
        return self.first <= on and (self.last is None or on <= self.last)

    def overlaps(self, first: date, last: date) -> bool:
        """Whether it is active on some day of a span."""
        return self.first <= last and (self.last is None or first <= self.last)


class ReviewedUpdate(NamedTuple):
    """An update of an ACCESS organization (start, transition, completion), and the day the practice reviewed it."""

    track: str
    kind: str
    received_on: date
    done_on: date
    id: str = ""
