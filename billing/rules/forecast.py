"""While the month runs: what each code still needs, and the last day on which it can be had. Reports, never decides."""

from datetime import date, timedelta
from typing import NamedTuple

from billing.rules.decision import Decision
from billing.rules.facts import PatientMonth


class Chance(NamedTuple):
    """What is missing for a code: days, seconds or a call, by a last useful day; None where it is too late."""

    component: str
    code: str
    missing: int
    unit: str
    last_day: date | None


def chances(decision: Decision, facts: PatientMonth, *, today: date, supply_days: int = 16) -> list[Chance]:
    """The smallest missing fact of each component with the last day it can still be met.

    A device period needs one reading day a day: with N missing, the first of them must come N days before its end.
    Minutes and the live call may come until the month's last day.
    """
    found: list[Chance] = []
    for finding in decision.findings:
        values = finding.values
        if finding.code == "DEVICE_PERIOD_OPEN" and values["days"] < supply_days:
            missing = supply_days - int(values["days"])
            latest = values["end"] - timedelta(days=missing - 1)
            found.append(Chance("device", "", missing, "days", latest if latest >= today else None))
        elif finding.code == "MGMT_TIME_BELOW_MIN":
            found.append(Chance("management", "", int(values["missing"]), "seconds", _by(facts, today)))
        elif finding.code == "MGMT_SHORT_OF_CODE":
            found.append(Chance("management", values["code"], int(values["missing"]), "seconds", _by(facts, today)))
        elif finding.code in {"MGMT_NO_LIVE_COMMUNICATION", "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON"}:
            found.append(Chance("management", "", 1, "live call", _by(facts, today)))
    return found


def _by(facts: PatientMonth, today: date) -> date | None:
    last = min(facts.last_day, facts.service_to or facts.last_day)
    return last if last >= today else None
