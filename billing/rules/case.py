"""What the rules look at together: the facts, the policy on the right day, and what was counted once for all."""

from dataclasses import dataclass, field
from datetime import date

from billing.rules.codes_loader import CodeSet
from billing.rules.fact_rows import OtherClaim
from billing.rules.facts import PatientMonth
from billing.rules.periods import Window, windows
from billing.rules.policy import Policy, View


@dataclass(slots=True)
class Case:
    """One month under decision. `management` is the policy in force on the month's last day."""

    facts: PatientMonth
    policy: Policy
    codes: CodeSet
    management: View = field(init=False)
    windows: tuple[Window, ...] = field(init=False)
    claims: list[OtherClaim] = field(init=False)

    def __post_init__(self) -> None:
        self.management = self.policy.view(self.facts.last_day)
        self.management["rule_year"]
        self.windows = windows(self.facts, self.management)
        # In one order, so that the order in which facts arrive changes no byte of the decision.
        self.claims = sorted(self.facts.other_claims, key=lambda c: (c.dos, c.code, c.same_practice))

    def device(self, window: Window) -> View:
        """The policy in force on the day a window closes. Raises PolicyGap for a rule year that is not loaded."""
        view = self.policy.view(window.closes_on)
        view["rule_year"]
        return view

    def billed_in_month(self, code: str) -> date | None:
        """The day of this month for which the practice has billed a code already; None where it has not."""
        days = (claim.dos for claim in self.claims if claim.code == code and claim.same_practice)
        return next((on for on in days if self.facts.first_day <= on <= self.facts.last_day), None)

    @property
    def until(self) -> date | None:
        """The last day on which work can still count, while the month runs and that day has not passed."""
        return self.still(min(self.facts.last_day, self.facts.service_to or self.facts.last_day))

    def still(self, day: date) -> date | None:
        """The day, where the month still runs and the day has not passed."""
        as_of = self.facts.as_of
        return day if as_of is not None and day > as_of else None

    @property
    def closed_windows(self) -> list[Window]:
        """Windows that end, or are cut short, in this month: those that are decided now."""
        return [w for w in self.windows if self.facts.first_day <= w.closes_on <= self.facts.known_to]

    @property
    def span(self) -> tuple[date, date]:
        """First and last day over which management is counted."""
        if self.management["management_period"] == "rolling_30":
            closed = self.closed_windows
            return (closed[0].start, closed[0].closes_on) if closed else (date.max, date.max)
        return self.facts.first_day, self.facts.last_day

    @property
    def span_words(self) -> str:
        """November 2026, or the two days of the window."""
        first, last = self.span
        if first == date.max:
            return f"{self.facts.first_day:%B %Y}"
        if (first, last) == (self.facts.first_day, self.facts.last_day):
            return f"{first:%B %Y}"
        return f"{first.day} {first:%b} to {last.day} {last:%b %Y}"
