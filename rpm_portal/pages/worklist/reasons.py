"""Why a row has its place on the worklist, in words, with its rule. Pure."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from monitoring.readings.words import broken_words, value_words
from rpm_portal.core.days import Month, day_words, short_day_words, time_words

# A `WorklistRow` with what `with_display` adds to it.
ShownRow = Any

RULES = {
    "A1": "A critical alert is open",
    "A2": "An alert is open",
    "A3": "A low-severity or adherence alert is open",
    "B1": "No reading for three days",
    "B2": "No live call in this calendar month",
    "B3": "Device period at risk",
    "B4": "A document is missing",
    "B5": "A document or the month ends within 7 days",
    "B6": "A discharged patient still has a device",
    "C1": "No action needed",
}
METRICS = {"blood_pressure": "BP"}


def reason_of(row: ShownRow, *, now: datetime, month: Month, zone: ZoneInfo, units: str) -> tuple[str, str, str]:
    """Why a `WorklistRow` with its display's data has its place, the rule, and the next step."""
    match row.section:
        case "A" | "A3":
            return _alert_reason(row, zone, units)
        case "B1" if row.last_reading_at is None:
            return "No readings received yet", "B1", "Call"
        case "B1":
            return f"No reading for {(now - row.last_reading_at).days} days", "B1", "Call"
        case "B2":
            before = f", the last on {_short_day(row.live_on)}" if row.live_on else ""
            return f"No live call in {month.words}{before}", "B2", "Call"
        case "B3":
            return _period_reason(row), "B3", "Review"
        case "B4":
            return row.data["blocker"] or "A document is missing", "B4", "Fix documents"
        case "B5":
            needs_call = "live call" in row.data["ending"]
            is_document = not row.data["ending"].startswith("Needs")
            step = "Fix documents" if is_document else "Call" if needs_call else "Review"
            return f"{_short_day(row.ends_on)}: {row.data['ending']}", "B5", step
        case "B6":
            return _device_reason(row), "B6", "Return device"
    return "Readings current, call completed", "C1", "Review"


def _alert_reason(row: ShownRow, zone: ZoneInfo, units: str) -> tuple[str, str, str]:
    rule, action = ("A1", "Call") if row.open_critical else ("A2" if row.section == "A" else "A3", "Review")
    alerts = row.open_critical + row.open_high + row.open_other
    more = f", and {alerts - 1} more" if alerts > 1 else ""
    return f"{_alert_words(row.alert, zone, units) or 'open alert'}{more}", rule, action


def _period_reason(row: ShownRow) -> str:
    need, days = row.data["device_need"], row.data["device_days"]
    missing = need - days if need is not None else 0
    slack = f"only {row.slack} may be missed" if row.slack else "no days to spare"
    return f"{missing} reading day{'' if missing == 1 else 's'} needed by {_short_day(row.period_to)}, {slack}"


def _device_reason(row: ShownRow) -> str:
    devices = "the device" if row.devices_out == 1 else f"{row.devices_out} devices"
    return f"Discharged {_short_day(row.discharged_on)}. Get {devices} back"


def _short_day(day: date | None) -> str:
    """A day without its year: Nov 21. Empty without one."""
    return short_day_words(day) if day else ""


def service_words(row: ShownRow) -> str:
    """The days of service of an enrollment that is not active: discharged, Jul 17 to Oct 2, 2026. Empty if it is."""
    if row.state == "active":
        return ""
    if row.state == "discharged":
        first, last = row.started_on, row.discharged_on
        return f"discharged, {_short_day(first) or 'never started'} to {day_words(last) if last else ''}"
    return str(row.state)


def _alert_words(alert: dict[str, Any] | None, zone: ZoneInfo, units: str) -> str:
    """BP 182/104 mmHg, limit 160, 2 readings since Nov 18, 6:40 AM."""
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
        words += f", {alert['count']} readings since {short_day_words(opened)}, {time_words(opened)}"
    return words


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def last_words(row: ShownRow, units: str) -> str:
    """The last reading of a `WorklistRow` with its unit: 142/88 mmHg, 182.4 lb."""
    if row.last_value is None:
        return ""
    return value_words(row.last_metric, row.last_value, row.last_value_2 or None, row.last_bounds, units=units)
