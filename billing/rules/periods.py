"""Device windows: rolling 30 days from the anchor, or the calendar month. A window is never extended."""

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from typing import NamedTuple

from billing.rules.facts import PatientMonth
from billing.rules.policy import View

LENGTH = 30  # days; CMS CY2021 rule: one 30-day period


class Window(NamedTuple):
    """One window with its qualifying days. `closes_on` is its end, or an earlier day on which monitoring ended."""

    start: date
    end: date
    closes_on: date
    days: int
    self_reported: int
    evidence: tuple[str, ...]

    @property
    def closes_early(self) -> bool:
        """Whether monitoring ended before the window did."""
        return self.closes_on < self.end


def windows(facts: PatientMonth, view: View) -> tuple[Window, ...]:
    """The windows that overlap the month, in order: given as input, or computed from the reading days."""
    if facts.device_periods is not None:
        periods = sorted(facts.device_periods)
        return tuple(
            Window(
                start=period.start,
                end=period.end,
                closes_on=min(period.end, period.terminated_on or facts.discharged_on or period.end),
                days=period.days,
                self_reported=period.self_reported_days,
                evidence=(period.id,) if period.id else (),
            )
            for period in periods
        )
    return tuple(_windows_from_days(facts, view))


def anchor(facts: PatientMonth, view: View) -> date | None:
    """The first day of the first window; None if no event has started it."""
    # Once a window was billed the anchor is fixed: otherwise a late reading would move windows that are paid.
    if facts.device_anchor_on is not None:
        return facts.device_anchor_on
    service = facts.service_from
    if view["device_anchor_event"] == "setup_date" and facts.setup_on is not None:
        return max(facts.setup_on, service or facts.setup_on)
    if view["device_anchor_event"] == "fixed_day":
        return service
    if facts.first_read_on is not None:
        return facts.first_read_on
    qualifying = [day.on for day in facts.days_read if _qualifies(facts, day.automatic) and _in_service(facts, day.on)]
    return min(qualifying) if qualifying else None


def _qualifies(facts: PatientMonth, automatic: bool) -> bool:
    """RPM counts only automatic readings of the device; RTM also counts what the patient reports (rule R-DEV-AUTO)."""
    return automatic or facts.program == "RTM"


def _in_service(facts: PatientMonth, on: date) -> bool:
    service, ended = facts.service_from, facts.service_to
    return (service is None or on >= service) and (ended is None or on <= ended)


def _windows_from_days(facts: PatientMonth, view: View) -> list[Window]:
    first_day = anchor(facts, view)
    if first_day is None:
        return []
    spans: list[tuple[date, date]] = []
    if view["device_window"] == "calendar_month":
        if first_day <= facts.last_day:
            spans.append((max(first_day, facts.first_day), facts.last_day))
    else:
        skipped = max(0, (facts.first_day - first_day).days // LENGTH)
        start = first_day + timedelta(days=LENGTH * skipped)
        while start <= facts.last_day:
            spans.append((start, start + timedelta(days=LENGTH - 1)))
            start += timedelta(days=LENGTH)
    service, ended = facts.service_from or date.min, facts.service_to or date.max
    in_service = sorted(day for day in facts.days_read if service <= day.on <= ended)
    dates = [day.on for day in in_service]
    result = []
    for start, end in spans:
        if ended < start:
            break
        closes_on = min(end, ended)
        inside = in_service[bisect_left(dates, start) : bisect_right(dates, closes_on)]
        counted = [day for day in inside if _qualifies(facts, day.automatic)]
        days = {day.on for day in counted}
        result.append(
            Window(
                start=start,
                end=end,
                closes_on=closes_on,
                days=len(days),
                self_reported=len({day.on for day in inside} - days) if len(counted) < len(inside) else 0,
                evidence=tuple(pk for day in counted for pk in day.ids),
            )
        )
    return result
