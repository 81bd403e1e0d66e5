"""Why a row stands where it stands, in words, with the rule that says so. Pure."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from monitoring.ingest import UNITS
from monitoring.readings.words import bound_of, broken_words, number_text, value_words
from rpm_portal.core.days import Month

RULES = {
    "A1": "A critical alert is open",
    "A2": "An alert is open",
    "B1": "No reading for three days",
    "B2": "No live call in this calendar month",
    "B3": "A device period is about to be lost",
    "C1": "Nothing waits",
}
METRICS = {"blood_pressure": "BP"}


def reason_of(told: Any, *, now: datetime, month: Month, zone: ZoneInfo) -> tuple[str, str, str]:
    """Why a row stands where it stands, the rule that says so, and the next step."""
    if told.section == "A":
        rule, action = ("A1", "Call") if told.open_critical else ("A2", "Review")
        every = told.open_critical + told.open_high
        more = f", and {every - 1} more" if every > 1 else ""
        return f"{_alert(told.alert and json.loads(told.alert), zone) or 'open alert'}{more}", rule, action
    if told.section == "B1":
        if told.last_reading_at is None:
            return "No reading has arrived yet", "B1", "Call"
        return f"No reading for {(now - told.last_reading_at).days} days", "B1", "Call"
    if told.section == "B2":
        before = f", the last on {told.live_on.day} {told.live_on:%b}" if told.live_on else ""
        return f"No live call in {month.words}{before}", "B2", "Call"
    if told.section == "B3":
        missing = told.device_need - told.device_days if told.device_need is not None else 0
        slack = f"only {told.slack} may be missed" if told.slack else "none may be missed"
        ends = f"{told.period_to.day} {told.period_to:%b}" if told.period_to else ""
        return f"{missing} reading day{'' if missing == 1 else 's'} to go by {ends}, {slack}", "B3", "Review"
    return "Readings arrive, call made", "C1", "Review"


def _alert(told: dict[str, Any] | None, zone: ZoneInfo) -> str:
    """BP 182/104 mmHg, limit 160, 2 readings since 06:40."""
    if not told:
        return ""
    if told["metric"]:
        value = value_words(told["metric"], Decimal(str(told["value"])), _decimal(told["value_2"]), told["bounds"])
        said = f"{METRICS.get(told['metric'], told['metric'].replace('_', ' ').capitalize())} {value}"
        said += f", {told['description'] or broken_words(told['metric'], told['part'], Decimal(told['limit']))}"
    else:
        said = told["description"]
    opened = parse_datetime(told["opened_at"])
    if opened is not None and told["count"] > 1:
        opened = (opened if opened.tzinfo else opened.replace(tzinfo=UTC)).astimezone(zone)
        said += f", {told['count']} readings since {opened.day} {opened:%b %H:%M}"
    return said


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def last_words(told: Any) -> str:
    """The last reading with its unit: 142/88 mmHg."""
    if told.last_value is None:
        return ""
    first = number_text(told.last_value, bound_of(told.last_bounds))
    second = f"/{number_text(told.last_value_2, bound_of(told.last_bounds, 2))}" if told.last_value_2 else ""
    return f"{first}{second} {UNITS.get(told.last_metric, '')}"
