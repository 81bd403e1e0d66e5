"""What can still be done in a running month, by patient, with the expected payment: minutes, a live call, readings, or
a prior authorization that the payer asks for.

Clinical need comes first: patients with open critical alerts, then with open high ones. Within a group money per
minute decides. The worklist never sorts by money.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billing.models import MonthClose
from billing.policies.expected import ExpectedAmounts, expected_amounts
from billing.review.payer_limits import lines_without_authorization
from billing.review.running_periods import ChanceNumbers, DecidedRow, PeriodNumbers, decided_rows
from billing.rules import load_codes
from enrollment.models import Enrollment, Patient
from monitoring.models import Standing
from rpm_portal.core.days import Month

MAX_ACTIONS = 50
_LIVE_CALL = frozenset({"MGMT_NO_LIVE_COMMUNICATION", "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON"})
_TIME = frozenset({"MGMT_TIME_BELOW_MIN", "MGMT_SHORT_OF_CODE"})


@dataclass(frozen=True, slots=True)
class Gain:
    """What one enrollment lacks for a code until a last day: seconds, a call, days with readings, an authorization."""

    enrollment_id: int
    patient_id: int
    code: str
    until: date
    dollars: Decimal
    seconds: int = 0
    call: bool = False
    days: int = 0
    authorization: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """A gain with its patient, the public ID of its enrollment, and the open alerts that put it first."""

    patient: Patient
    enrollment: str
    gain: Gain
    critical: int
    high: int

    @property
    def minutes(self) -> int:
        """Whole minutes of work, rounded up; a live call alone takes at least one."""
        return max(-(-self.gain.seconds // 60), int(self.gain.call))

    @property
    def rank(self) -> tuple[int, int, Decimal, Decimal, int]:
        """Clinical need first, then dollars a minute, then dollars."""
        each = self.gain.dollars / max(self.minutes, 1)
        return -min(self.critical, 1), -min(self.high, 1), -each, -self.gain.dollars, self.patient.pk


def next_actions(close: MonthClose, *, today: date) -> list[Action]:
    """What can still be done in a month, the most urgent first, at most 50. Six statements."""
    month = Month.of(close.month)
    amounts = expected_amounts(close.practice, [month.last_day.year])
    gains = [gain for row in decided_rows(close) for gain in _gains(row, amounts, month) if gain.until >= today]
    gains += _authorizations(close, amounts, month)
    enrollments = Enrollment.objects.select_related("patient").in_bulk({gain.enrollment_id for gain in gains})
    alerts = {
        row.enrollment_id: (row.open_critical, row.open_high)
        for row in Standing.objects.filter(enrollment__in=enrollments)
    }
    actions = [_action(gain, enrollments[gain.enrollment_id], alerts) for gain in gains]
    return sorted(actions, key=lambda action: action.rank)[:MAX_ACTIONS]


def _action(gain: Gain, enrollment: Enrollment, alerts: Mapping[int, tuple[int, int]]) -> Action:
    return Action(enrollment.patient, enrollment.public_id, gain, *alerts.get(enrollment.pk, (0, 0)))


def _authorizations(close: MonthClose, amounts: ExpectedAmounts, month: Month) -> Iterator[Gain]:
    """The authorizations that earned lines lack: without one the payer denies them (CARC 197)."""
    for line in lines_without_authorization(close):
        each = amounts.amount(line.code, on=line.dos, payer=line.claim.payer_id) or Decimal()
        yield Gain(
            line.enrollment_id, line.patient_id, line.code, month.last_day, each * line.units, authorization=True
        )


def _gains(row: DecidedRow, amounts: ExpectedAmounts, month: Month) -> Iterator[Gain]:
    priced = {
        code: amount
        for code in row.outcomes
        if (amount := amounts.amount(code, on=month.last_day, payer=row.payer)) is not None
    }
    yield from _management(row, priced)
    for finding in row.findings:
        if "period" in finding:
            yield from _readings(row, finding["period"], priced, month)


def _time_gain(row: DecidedRow, time: ChanceNumbers, priced: dict[str, Decimal], *, call: bool) -> Gain:
    """The gain of a code by time: its amount, less that of the code of the same time that it replaces."""
    code = time["code"]
    spec = load_codes().by_code[code]
    replaced = [priced.get(other, Decimal()) for other in spec.excludes if _is_reached(row, other)]
    dollars = priced.get(code, Decimal()) - max(replaced, default=Decimal())
    until = date.fromisoformat(time["until"])
    return Gain(row.enrollment_id, row.patient_id, code, until, dollars, seconds=time["seconds"] or 0, call=call)


def _is_reached(row: DecidedRow, code: str) -> bool:
    component, outcome, _ = row.outcomes.get(code, ("", "", []))
    return component == "management" and outcome == "bill"


def _management(row: DecidedRow, priced: dict[str, Decimal]) -> Iterator[Gain]:
    """The next management code by time, and the codes that only a live call holds back."""
    chances = [(finding["code"], finding["chance"]) for finding in row.findings if "chance" in finding]
    call = next((chance for code, chance in chances if code in _LIVE_CALL), None)
    held = [
        code
        for code, (component, outcome, _) in row.outcomes.items()
        if component == "management" and outcome == "blocked"
    ]
    if call is not None and held:
        dollars = sum((priced.get(code, Decimal()) for code in held), Decimal())
        until = date.fromisoformat(call["until"])
        yield Gain(row.enrollment_id, row.patient_id, " ".join(sorted(held)), until, dollars, call=True)
        return
    by_time = [chance for code, chance in chances if code in _TIME]
    if by_time:
        time = min(by_time, key=lambda chance: chance["seconds"] or 0)
        yield _time_gain(row, time, priced, call=call is not None)


def _readings(row: DecidedRow, period: PeriodNumbers, priced: dict[str, Decimal], month: Month) -> Iterator[Gain]:
    """The next supply code of a running period that ends in the month, if its days can still come."""
    closes_on = date.fromisoformat(period["closes"])
    ahead = [(days - period["days"], code) for code, days in period["needs"] if days > period["days"]]
    if not ahead or closes_on > month.last_day or row.is_blocked(min(ahead)[1]):
        return
    missing, code = min(ahead)
    reached = [priced.get(other, Decimal()) for other, days in period["needs"] if days <= period["days"]]
    until = closes_on - timedelta(days=missing - 1)
    dollars = priced.get(code, Decimal()) - max(reached, default=Decimal())
    yield Gain(row.enrollment_id, row.patient_id, code, until, dollars, days=missing)
