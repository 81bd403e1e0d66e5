"""Papers of care management as plain values: care plans of CCM, PCM or APCM, the patient's consents, and visits."""

from datetime import date
from typing import NamedTuple

from billing.rules.fact_rows import InForce


class ManagedCare(NamedTuple):
    """A care plan from `first` to `last`: its program (CCM, PCM or APCM), how many chronic conditions it covers, and
    whether decisions are of moderate or high complexity.
    """

    program: str
    first: date
    last: date | None
    conditions: int
    is_complex: bool = False
    id: str = ""

    def covers(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return self.first <= on and (self.last is None or on <= self.last)


class CarePapers(NamedTuple):
    """What is on file for care management: plans, consents to it, and the days of visits."""

    plans: tuple[ManagedCare, ...] = ()
    consents: tuple[InForce, ...] = ()
    seen_on: tuple[date, ...] = ()

    def plan_on(self, on: date) -> ManagedCare | None:
        """The plan in force on a day; of several, the one that began last."""
        return max((plan for plan in self.plans if plan.covers(on)), key=lambda plan: plan.first, default=None)

    def consent_on(self, on: date) -> InForce | None:
        """The consent in force on a day."""
        return next((row for row in self.consents if row.covers(on)), None)
