"""Device periods that still run when a month is forecast: those already earned, and those of the next month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, NotRequired, TypedDict

from billing.models import KeptDecision, MonthClose
from billing.policies.expected import ExpectedAmounts, expected_amounts
from enrollment.models import Patient
from rpm_portal.core.days import Month

# Findings on a device period of its own: they do not block the period that runs.
_OF_ONE_PERIOD = frozenset(
    {
        "DEVICE_PERIOD_OPEN",
        "DEVICE_DAYS_BELOW_MIN",
        "DEVICE_CODE_ALREADY_BILLED_FOR_PERIOD",
        "EARLY_CLOSE_NOT_PAID",
        "DEVICE_PERIOD_BEFORE_ORDER",
    }
)


class PeriodNumbers(TypedDict):
    """The numbers of a running device period in a stored finding (`billing.close.lines`)."""

    start: str
    closes: str
    days: int
    needs: list[tuple[str, int]]


class ChanceNumbers(TypedDict):
    """What a finding lacks, with the last day: seconds for a code, or None for a live call."""

    until: str
    code: str
    seconds: int | None


class StoredFinding(TypedDict):
    """A finding as a decision stores it."""

    code: str
    gravity: str
    period: NotRequired[PeriodNumbers]
    chance: NotRequired[ChanceNumbers]


class DecidedRow(NamedTuple):
    """An enrollment's current decision: its payer's key, findings, and the outcome and findings' places by code."""

    enrollment_id: int
    patient_id: int
    payer: int | None
    findings: list[StoredFinding]
    outcomes: dict[str, tuple[str, str, list[int]]]

    def is_blocked(self, code: str) -> bool:
        """Whether a finding blocks a device code, besides those on single periods."""
        _, _, places = self.outcomes.get(code, ("", "", []))
        blockers = {self.findings[place]["code"] for place in places if self.findings[place]["gravity"] == "blocks"}
        return bool(blockers - _OF_ONE_PERIOD)


def decided_rows(close: MonthClose) -> Iterator[DecidedRow]:
    """The current decisions of a month. One statement."""
    rows = KeptDecision.objects.filter(close=close, replaced_in__isnull=True).order_by("enrollment")
    columns = ("enrollment", "enrollment__patient", "decided_under", "findings_json")
    arrays = ("codes", "components", "outcomes", "reason_places")
    for pk, patient, under, findings, *verdicts in rows.values_list(*columns, *arrays):
        payer = under.split("|")[1]
        outcomes = {
            code: (component, outcome, [int(place) for place in _places(places)])
            for code, component, outcome, places in zip(*verdicts, strict=True)
        }
        yield DecidedRow(pk, patient, int(payer) if payer.isdecimal() else None, findings, outcomes)


def _places(text: str) -> list[str]:
    """An array of numbers as text, like {1,2}, as a list."""
    return [place for place in text.strip("{}").split(",") if place]


@dataclass(frozen=True, slots=True)
class RunningPeriod:
    """A device period that still runs: its days, its last day, and the code that its days earn; empty if none yet."""

    patient: Patient
    starts_on: date
    closes_on: date
    days: int
    code: str
    dollars: Decimal | None


@dataclass(frozen=True, slots=True)
class RunningPeriods:
    """The running periods of a month by what becomes of them."""

    earned: list[RunningPeriod]
    next_month: list[RunningPeriod]

    @property
    def earned_dollars(self) -> Decimal:
        """The expected payment for the periods that are earned already; a code without an amount counts 0."""
        return sum((period.dollars or Decimal() for period in self.earned), Decimal())


def running_periods(close: MonthClose) -> RunningPeriods:
    """The running periods of a month's last computation, the first to end first. Four statements.

    A period that ends in the month and has no code yet is in neither list: it is a reason of `leaks_of`. A period that
    is blocked by something else, such as a missing order, is not earned either.
    """
    rows = list(decided_rows(close))
    last_day = Month.of(close.month).last_day
    amounts = expected_amounts(close.practice, {last_day.year, last_day.year + 1})
    patients = Patient.objects.in_bulk({row.patient_id for row in rows if _periods(row)})
    earned, next_month = [], []
    for row in rows:
        for period in _periods(row):
            shown = _shown(row, period, patients[row.patient_id], amounts)
            if shown.closes_on > last_day:
                next_month.append(shown)
            elif shown.code:
                earned.append(shown)
    return RunningPeriods(_sorted(earned), _sorted(next_month))


def _periods(row: DecidedRow) -> list[PeriodNumbers]:
    return [finding["period"] for finding in row.findings if "period" in finding]


def _sorted(periods: list[RunningPeriod]) -> list[RunningPeriod]:
    return sorted(periods, key=lambda one: (one.closes_on, one.patient.family_name, one.patient.pk))


def _shown(row: DecidedRow, period: PeriodNumbers, patient: Patient, amounts: ExpectedAmounts) -> RunningPeriod:
    closes_on = date.fromisoformat(period["closes"])
    reached = [(days, code) for code, days in period["needs"] if period["days"] >= days and not row.is_blocked(code)]
    code = max(reached)[1] if reached else ""
    dollars = amounts.amount(code, on=closes_on, payer=row.payer) if code else None
    return RunningPeriod(patient, date.fromisoformat(period["start"]), closes_on, period["days"], code, dollars)
