"""Forecast of a running month: what each code still needs, and by which day. Reports, never decides."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from billing.rules.decision import Decision, Finding

_SHORT_OF_TIME = frozenset({"MGMT_TIME_BELOW_MIN", "MGMT_SHORT_OF_CODE"})
_LACKS_LIVE_CALL = frozenset({"MGMT_NO_LIVE_COMMUNICATION", "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON"})


class Chance(NamedTuple):
    """What is missing for a code: days, seconds or a call, with the last useful day; None if it is too late.

    `code` is empty for the live call, which every management code of the month needs.
    """

    component: str
    code: str
    missing: int
    unit: str
    last_day: date | None


def chances(decision: Decision, *, today: date) -> list[Chance]:
    """The smallest missing fact of each code, with the last day on which it can still be provided.

    A device period takes one reading day a day: with N missing, the first of them must come N days before its end.
    Minutes and the live call may come until the month's last day, or the day monitoring ended.
    """
    return [chance for finding in decision.findings for chance in _chances_of(finding, today)]


def _chances_of(finding: Finding, today: date) -> Iterator[Chance]:
    values = finding.values
    if finding.code == "DEVICE_PERIOD_OPEN":
        for code, need in values.get("needs", ()):
            missing = need - values["days"]
            if missing > 0:
                latest = values["closes"] - timedelta(days=missing - 1)
                yield Chance("device", code, missing, "days", latest if latest >= today else None)
    elif finding.code in _SHORT_OF_TIME:
        yield Chance("management", values["code"], int(values["missing"]), "seconds", finding.until)
    elif finding.code in _LACKS_LIVE_CALL:
        yield Chance("management", "", 1, "live call", finding.until)
