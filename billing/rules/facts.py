"""Facts of one enrollment in one month, immutable. Datetimes are aware, days are local, time is whole seconds.

What may change within a month is a list of intervals (`InForce`): each line is decided by the interval that covers its
own date of service.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date

from billing.rules.access_rows import Alignment, ReviewedUpdate
from billing.rules.care_rows import CarePapers
from billing.rules.day_spans import days_in_all
from billing.rules.fact_rows import (
    AdvancedCare,
    Authorization,
    CareSpan,
    Contact,
    DayRead,
    DevicePeriod,
    InForce,
    Inquiry,
    OtherClaim,
    OtherTime,
    SelfMeasured,
    TherapyPlan,
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
    billing_provider_role: str = ""
    # The days of each billing provider by key, if it changed; above is the one of the month's last day.
    billing_providers: tuple[InForce, ...] = ()
    # Days on which the billing provider (empty: not known) and the supervisor on record belong to the practice.
    provider_in_practice: tuple[InForce, ...] = ()
    supervised: tuple[InForce, ...] = ()
    # Days of the visits that made the patient established and that started monitoring; `established` without a day.
    established: bool = False
    established_on: date | None = None
    initiating_visit_on: date | None = None
    died_on: date | None = None
    # Days of the enrollments of this patient in the program; of several, the earlier ones lend their time to the last.
    enrolled: tuple[InForce, ...] = ()
    orders: tuple[InForce, ...] = ()
    consents: tuple[InForce, ...] = ()
    care_plan_present: bool = False
    # The payer of each day; its id is the payer's key. None: not asked for, the policy is the same on every day.
    coverages: tuple[InForce, ...] | None = None
    # Qualified devices (medical devices as FDA defines them) while they are with the patient.
    devices: tuple[InForce, ...] = ()
    pauses: tuple[InForce, ...] = ()
    diagnosis: str = ""
    diagnosis_kind: str = ""
    # Authorizations by number; `prior_auth_present` if it is only known that one covers everything.
    prior_auth_present: bool = False
    authorizations: tuple[Authorization, ...] = ()
    rtm_system: str = ""
    therapy_plan: str = ""
    # Dated plans of care with their certification. None: only the discipline of `therapy_plan` is known.
    plans_of_care: tuple[TherapyPlan, ...] | None = None
    assistant_furnished: bool = False
    device_anchor_on: date | None = None
    new_episode: bool = False
    setup_on: date | None = None
    setup_education_done: bool = False
    setup_by_assistant: bool = False
    setup_billed_in_episode: bool = False
    continues_episode: bool = False  # with the episode of the enrollment before, whose set-up is then its own
    # Windows given as input, or days from which the engine computes them; windows take precedence.
    device_periods: tuple[DevicePeriod, ...] | None = None
    days_read: tuple[DayRead, ...] = ()
    # The first qualifying day of all, if `days_read` does not reach back to it.
    first_read_on: date | None = None
    time: tuple[TimeSlice, ...] = ()
    contacts: tuple[Contact, ...] = ()
    # The later enrollment of the patient in the program in which this month's time and contacts count.
    time_counted_in: str = ""
    other_claims: tuple[OtherClaim, ...] = ()
    # Whether somebody was asked if another practice monitors the patient, and the days on which one does.
    others_asked: bool = False
    monitored_elsewhere: tuple[InForce, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()
    # Stays, hospice elections, surgical periods and other states of care, with their days.
    care_spans: tuple[CareSpan, ...] = ()
    # The CMS ACCESS model: alignments, and updates of other organizations with the day on which they were reviewed.
    access_alignments: tuple[Alignment, ...] = ()
    access_updates: tuple[ReviewedUpdate, ...] = ()
    other_time: tuple[OtherTime, ...] = ()
    visits: tuple[VisitFact, ...] = ()
    self_measured: SelfMeasured | None = None
    advanced_care: AdvancedCare | None = None
    # Consents, care plans and visits of care management. None: not known, its minutes are only reported.
    care_papers: CarePapers | None = None
    global_period_conflict: bool = False
    # Derived: the month's days; the last day that can be decided on (the month's, or `as_of` while it runs); the spans
    # of days on which order, consent and enrollment are all in force, and their first and last day.
    first_day: date = field(init=False, repr=False, compare=False)
    last_day: date = field(init=False, repr=False, compare=False)
    known_to: date = field(init=False, repr=False, compare=False)
    service: tuple[tuple[date, date], ...] = field(init=False, repr=False, compare=False)
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
        last_day = date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])
        service = days_in_all([self.orders, self.consents, *self._life])
        for name, value in (
            ("first_day", date(self.year, self.month, 1)),
            ("last_day", last_day),
            ("known_to", min(self.as_of, last_day) if self.as_of is not None else last_day),
            ("service", service),
            ("service_from", service[0][0] if service and service[0][0] > date.min else None),
            ("service_to", service[-1][1] if service and service[-1][1] < date.max else None),
        ):
            object.__setattr__(self, name, value)

    def in_service(self, on: date) -> bool:
        """Whether order, consent and enrollment are all in force on a day."""
        return any(first <= on <= last for first, last in self.service)

    def service_in(self, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """The spans of days on which work of a span counts. An order or consent that is missing in the whole span
        limits nothing here: that finding blocks every line of the span, and the work shows what is lost.
        """
        documents = [rows for rows in (self.orders, self.consents) if any(row.overlaps(first, last) for row in rows)]
        if len(documents) == bool(self.orders) + bool(self.consents):
            return self.service
        return days_in_all([*documents, *self._life])

    @property
    def _life(self) -> tuple[tuple[InForce, ...], ...]:
        """The days of the enrollment, up to the patient's death."""
        return (self.enrolled, (InForce(None, self.died_on),)) if self.died_on is not None else (self.enrolled,)

    def last_service_day(self, first: date, last: date) -> date | None:
        """The last day of a span on which all three are in force; None if there is none."""
        days = [min(end, last) for begin, end in self.service if begin <= last and first <= end]
        return max(days) if days else None
