"""Rows of the facts as plain values: work, contacts, reading days, claims, and care in other programs."""

from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple


class InForce(NamedTuple):
    """A document, device or state in force on the days from `first` to `last`, both inclusive; None if open.

    `id` is the row on file.
    """

    first: date | None = None
    last: date | None = None
    id: str = ""

    def covers(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)

    def overlaps(self, first: date, last: date) -> bool:
        """Whether it is in force on some day of a span."""
        return (self.first is None or self.first <= last) and (self.last is None or first <= self.last)


class TimeSlice(NamedTuple):
    """Work on the patient. With start and end it is cut and de-duplicated; without, its seconds count as given."""

    id: str
    role: str
    person_id: str
    seconds: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    on: date | None = None
    counts: bool = True
    within_em_visit: bool = False
    also_counted_in: str = ""
    by_assistant: bool = False
    # message, or attempt for a call that reached nobody; empty for any other work
    kind: str = ""
    # Who employs the person: practice, contractor or vendor; empty if it is not recorded.
    employer: str = ""


class Contact(NamedTuple):
    """A call or message. `live`: a two-way conversation took place; whether it counts depends on the channel."""

    id: str
    on: date
    channel: str
    live: bool
    by_role: str
    by_id: str
    with_whom: str = "patient"


class DevicePeriod(NamedTuple):
    """One window given as input: `days` distinct qualifying days in [start, end]."""

    start: date
    end: date
    days: int
    self_reported_days: int = 0
    terminated_on: date | None = None
    id: str = ""
    # The last day on which the device recorded data, if it is known.
    last_recorded_on: date | None = None


class DayRead(NamedTuple):
    """A local day with readings: sent by a device, reported by the patient, or both. `ids` are the rows counted."""

    on: date
    automatic: bool
    reported: bool
    ids: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The usual form, with a cached beginning: a month has about sixty days in its facts."""
        return f"{_repr_start(self.on, self.automatic, self.reported)}{self.ids!r})"


@lru_cache(maxsize=8192)
def _repr_start(on: date, automatic: bool, reported: bool, /) -> str:
    return f"DayRead(on={on!r}, automatic={automatic!r}, reported={reported!r}, ids="


class OtherClaim(NamedTuple):
    """A line billed already, by this practice or another. `period_start` may be known for device codes.

    `authorization` is the number of the prior authorization that the line used.
    """

    code: str
    same_practice: bool
    dos: date
    period_start: date | None = None
    units: int = 1
    authorization: str = ""


class Authorization(NamedTuple):
    """A payer's approval: `payer` is its key; without codes it covers every code, without units any number.

    In force from `first` to `last`, both inclusive; None if open.
    """

    payer: str
    number: str
    codes: tuple[str, ...]
    units: int | None
    first: date
    last: date | None
    id: str = ""

    def covers(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return self.first <= on and (self.last is None or on <= self.last)

    def overlaps(self, first: date, last: date) -> bool:
        """Whether it is in force on some day of a span."""
        return self.first <= last and (self.last is None or first <= self.last)


class Inquiry(NamedTuple):
    """An answer to whether another practice bills: asked of `patient`, `practice` or `payer`; none, some, unknown."""

    on: date
    of: str
    answer: str
    id: str = ""


class CareSpan(NamedTuple):
    """A stay or status from `first` to `last`: inpatient, snf, home_health, hospice, surgery, or qmb.

    `same_practitioner` and `related` are of a surgery; `related` also of a hospice election.
    """

    kind: str
    first: date
    last: date | None
    same_practitioner: bool = False
    related: bool = False
    id: str = ""

    def overlaps(self, first: date, last: date) -> bool:
        """Whether it shares a day with a span."""
        return self.first <= last and (self.last is None or first <= self.last)


class TherapyPlan(NamedTuple):
    """A therapy plan of care from `first` to `last`, and whether a physician or NPP has certified it."""

    discipline: str
    first: date
    last: date | None
    certified: bool
    id: str = ""

    def covers(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return self.first <= on and (self.last is None or on <= self.last)


class OtherTime(NamedTuple):
    """Seconds recorded for the patient in a care-management program in the month; day and entries, if known."""

    program: str
    role: str
    seconds: int
    on: date | None = None
    ids: tuple[str, ...] = ()


class VisitFact(NamedTuple):
    """A visit, in person or by video, billed as evaluation and management: its minutes count only there."""

    person_id: str
    started_at: datetime
    ended_at: datetime


class SelfMeasured(NamedTuple):
    """Self-measured blood pressure: training on a validated device, and averages sent back with a plan."""

    taught_on: date | None = None
    taught_billed: bool = False
    readings: int = 0
    plan_sent_on: date | None = None


class AdvancedCare(NamedTuple):
    """Advanced primary care of the month: chronic conditions, and whether Medicare pays the patient's share (QMB)."""

    conditions: int
    qualified_beneficiary: bool = False
    consent_present: bool = False
