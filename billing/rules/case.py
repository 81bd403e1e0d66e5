"""Input that all rules share: the facts, the policy on the right day, and the device windows."""

from dataclasses import InitVar, dataclass, field
from datetime import date, timedelta

from billing.rules.code_set import CodeSet
from billing.rules.fact_rows import OtherClaim
from billing.rules.facts import PatientMonth
from billing.rules.periods import LENGTH, Window, windows_in_force
from billing.rules.policy import Policy, View
from billing.rules.sentences import date_words

_LAST_DAY = "last_day_of_month"


@dataclass(slots=True)
class Case:
    """One month to decide. `management` is the policy on the date of service of treatment management.

    That is the month's last day, or an earlier one on which service or the loaded rules end. Lines whose own date of
    service has no rules wait; nothing else depends on the rules of that day.
    """

    facts: PatientMonth
    policy: Policy
    codes: CodeSet
    # The policy on another day, if the month's last day has no rules.
    view: InitVar[View | None] = None
    management: View = field(init=False)
    windows: tuple[Window, ...] = field(init=False)
    claims: list[OtherClaim] = field(init=False)

    def __post_init__(self, view: View | None) -> None:
        self.management = view if view is not None else self.policy.view(last_day_served(self.facts))
        self.windows = windows_in_force(self.facts, self.policy, self.management)
        # Sorted, so that the order of the facts changes no byte of the decision.
        self.claims = sorted(self.facts.other_claims, key=lambda c: (c.dos, c.code, c.same_practice))

    def rules_on(self, day: date) -> View | None:
        """The policy in force on a date of service; None if its rules are not loaded."""
        view = self.policy.view(day)
        return view if view.loaded else None

    def date_of_supply(self, window: Window) -> date:
        """The date of service of a closed window's supply: its last day or, if the payer of that day requires it, the
        last day on which the device recorded data (NGS article 4521902).
        """
        recorded_on = window.recorded_on
        view = self.rules_on(recorded_on) if recorded_on is not None else None
        if recorded_on is not None and view is not None and view["device_dos"] == "last_recorded_day":
            return recorded_on
        return window.closes_on

    def billed_in_month(self, code: str) -> date | None:
        """The day of this month for which the practice has already billed a code, or None."""
        days = (claim.dos for claim in self.claims if claim.code == code and claim.same_practice)
        return next((on for on in days if self.facts.first_day <= on <= self.facts.last_day), None)

    @property
    def until(self) -> date | None:
        """The last day on which work can still count, while the month runs and that day has not passed."""
        return self.if_ahead(last_day_served(self.facts))

    def if_ahead(self, day: date) -> date | None:
        """The day, if the month still runs and the day has not passed; else None."""
        as_of = self.facts.as_of
        return day if as_of is not None and day > as_of else None

    @property
    def closed_windows(self) -> list[Window]:
        """Windows that end, or are cut short, in this month: the ones to decide now."""
        return [w for w in self.windows if self.facts.first_day <= w.closes_on <= self.facts.known_to]

    @property
    def spans(self) -> list[tuple[date, date]]:
        """The spans in which management is counted: the month, or for some payers each window that closes in it."""
        if self.management["management_period"] == "rolling_30":
            return [(window.start, window.closes_on) for window in self.closed_windows]
        return [(self.facts.first_day, self.facts.last_day)]

    def span_words(self, span: tuple[date, date]) -> str:
        """November 2026, or the two days of the window."""
        first, last = span
        if (first, last) == (self.facts.first_day, self.facts.last_day):
            return f"{first:%B %Y}"
        return f"{date_words(first)} through {date_words(last)}"


def last_day_served(facts: PatientMonth) -> date:
    """The last day of the month on which the patient is served; the month's last day if there is none."""
    return facts.last_service_day(facts.first_day, facts.last_day) or facts.last_day


def month_view(facts: PatientMonth, policy: Policy) -> View | None:
    """The policy on the last day with rules that a line of the month can have; None if no such day has rules."""
    first = facts.first_day
    before = policy.view(first - timedelta(days=1))
    if before.loaded and before["management_period"] == "rolling_30" and before["management_dos"] != _LAST_DAY:
        # The work of a 30-day period may have been done in the month before it closes, and is then billed on that day.
        first -= timedelta(days=LENGTH - 1)
    last = last_day_served(facts)
    for back in range((last - first).days + 1):
        view = policy.view(last - timedelta(days=back))
        if view.loaded:
            return view
    return None
