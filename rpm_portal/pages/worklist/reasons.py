"""Why a row has its place on the worklist, in words, with its rule. Pure."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from monitoring.readings.words import broken_words, value_words
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


def reason_of(row: Any, *, now: datetime, month: Month, zone: ZoneInfo, units: str) -> tuple[str, str, str]:
    """Why a `WorklistRow` with its display's data has its place, the rule, and the next step."""
    if row.section == "A":
        rule, action = ("A1", "Call") if row.open_critical else ("A2", "Review")
        alerts = row.open_critical + row.open_high
        more = f", and {alerts - 1} more" if alerts > 1 else ""
        return f"{_alert_words(row.alert, zone, units) or 'open alert'}{more}", rule, action
    if row.section == "B1":
        if row.last_reading_at is None:
            return "No reading has arrived yet", "B1", "Call"
        return f"No reading for {(now - row.last_reading_at).days} days", "B1", "Call"
    if row.section == "B2":
        before = f", the last on {row.live_on.day} {row.live_on:%b}" if row.live_on else ""
        return f"No live call in {month.words}{before}", "B2", "Call"
    if row.section == "B3":
        need, days = row.data["device_need"], row.data["device_days"]
        missing = need - days if need is not None else 0
        slack = f"only {row.slack} may be missed" if row.slack else "none may be missed"
        ends = f"{row.period_to.day} {row.period_to:%b}" if row.period_to else ""
        return f"{missing} reading day{'' if missing == 1 else 's'} to go by {ends}, {slack}", "B3", "Review"
    return "Readings current, call completed", "C1", "Review"


def _alert_words(alert: dict[str, Any] | None, zone: ZoneInfo, units: str) -> str:
    """BP 182/104 mmHg, limit 160, 2 readings since 06:40."""
    if not alert:
        return ""
    if metric := alert["metric"]:
        first, second = Decimal(str(alert["value"])), _decimal(alert["value_2"])
        value = value_words(metric, first, second, alert["bounds"], units=units)
        words = f"{METRICS.get(metric, metric.replace('_', ' ').capitalize())} {value}"
        limit = Decimal(alert["limit"])
        words += f", {alert['description'] or broken_words(metric, alert['part'], limit, units=units)}"
    else:
        words = alert["description"]
    opened = parse_datetime(alert["opened_at"])
    if opened is not None and alert["count"] > 1:
        opened = (opened if opened.tzinfo else opened.replace(tzinfo=UTC)).astimezone(zone)
        words += f", {alert['count']} readings since {opened.day} {opened:%b %H:%M}"
    return words


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def last_words(row: Any, units: str) -> str:
    """The last reading of a `WorklistRow` with its unit: 142/88 mmHg, 182.4 lb."""
    if row.last_value is None:
        return ""
    return value_words(row.last_metric, row.last_value, row.last_value_2 or None, row.last_bounds, units=units)
