"""Facts of one enrollment in one month, immutable. Datetimes are aware, days are local, time is whole seconds."""

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from billing.rules.fact_rows import (
    AdvancedCare,
    Contact,
    DayRead,
    DevicePeriod,
    OtherClaim,
    OtherTime,
    SelfMeasured,
    TimeSlice,
    VisitFact,
)

PROVIDER_ROLES = frozenset({"physician", "qhp"})
THERAPY_ROLES = frozenset({"therapist", "therapist_assistant"})
KNOWN_ROLES = PROVIDER_ROLES | THERAPY_ROLES | {"clinical_staff", "non_clinical"}


class FactsError(ValueError):
    """Impossible facts; the message names the fact and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientMonth:
    """The facts of one enrollment in one calendar month. Raises FactsError if they are impossible."""

    id: str
    program: str
    year: int
    month: int
    zone: str = "UTC"
    # The last day whose facts are complete, while the month still runs; None once it is over.
    as_of: date | None = None
    billing_provider_id: str = ""
    patient_established: bool = False
    order_present: bool = False
    order_on: date | None = None
    order_ends_on: date | None = None
    order_id: str = ""
    care_plan_present: bool = False
    consent_present: bool = False
    consent_on: date | None = None
    consent_withdrawn_on: date | None = None
    consent_id: str = ""
    diagnosis: str = ""
    diagnosis_kind: str = ""
    device_qualified: bool = False
    supervision_documented: bool = False
    prior_auth_present: bool = False
    rtm_system: str = ""
    therapy_plan: str = ""
    assistant_furnished: bool = False
    started_on: date | None = None
    discharged_on: date | None = None
    device_anchor_on: date | None = None
    new_episode: bool = False
    setup_on: date | None = None
    setup_education_done: bool = False
    setup_billed_in_episode: bool = False
    # Windows given as input, or days from which the engine computes them; windows take precedence.
    device_periods: tuple[DevicePeriod, ...] | None = None
    days_read: tuple[DayRead, ...] = ()
    # The first qualifying day of all, if `days_read` does not reach back to it.
    first_read_on: date | None = None
    time: tuple[TimeSlice, ...] = ()
    contacts: tuple[Contact, ...] = ()
    other_claims: tuple[OtherClaim, ...] = ()
    other_time: tuple[OtherTime, ...] = ()
    visits: tuple[VisitFact, ...] = ()
    self_measured: SelfMeasured | None = None
    advanced_care: AdvancedCare | None = None
    global_period_conflict: bool = False
    # Derived: the month's days; the last day that can be decided on (the month's, or `as_of` while it runs); the first
    # day on which work counts (the latest of order, consent, start of service) and the last (the earliest end of them).
    first_day: date = field(init=False, repr=False, compare=False)
    last_day: date = field(init=False, repr=False, compare=False)
    known_to: date = field(init=False, repr=False, compare=False)
    service_from: date | None = field(init=False, repr=False, compare=False)
    service_to: date | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.program not in {"RPM", "RTM"}:
            raise FactsError(f"program must be RPM or RTM, not {self.program!r}")
        if not (1 <= self.month <= 12 and 2000 <= self.year <= 2200):
            raise FactsError(f"{self.year}-{self.month} is not a month")
        for item in self.time:
            if item.role not in KNOWN_ROLES:
                raise FactsError(f"time {item.id}: the role {item.role!r} is not known")
            if item.seconds < 0:
                raise FactsError(f"time {item.id}: {item.seconds} seconds is less than nothing")
            if item.started_at and item.ended_at and item.ended_at <= item.started_at:
                raise FactsError(f"time {item.id} ends at {item.ended_at} before it starts at {item.started_at}")
        for visit in self.visits:
            if visit.ended_at <= visit.started_at:
                raise FactsError(f"a visit ends at {visit.ended_at} before it starts at {visit.started_at}")
        for period in self.device_periods or ():
            if period.end < period.start:
                raise FactsError(f"the device period from {period.start} ends before it starts, on {period.end}")
            if period.days < 0:
                raise FactsError(f"the device period from {period.start} has {period.days} days")
        self._derive()

    def _derive(self) -> None:
        """Compute the derived days once: a decision reads them thousands of times."""
        starts = [day for day in (self.order_on, self.consent_on, self.started_on) if day is not None]
        ends = [d for d in (self.discharged_on, self.order_ends_on, self.consent_withdrawn_on) if d is not None]
        last_day = date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])
        for name, value in (
            ("first_day", date(self.year, self.month, 1)),
            ("last_day", last_day),
            ("known_to", min(self.as_of, last_day) if self.as_of is not None else last_day),
            ("service_from", max(starts) if starts else None),
            ("service_to", min(ends) if ends else None),
        ):
            object.__setattr__(self, name, value)


@lru_cache(maxsize=4096)
def midnight(day: date, zone: str) -> int:
    """The first second of a local day, as seconds since 1970 in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def day_after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)
