"""Device windows: rolling 30 days from the anchor, or the calendar month. A window is never extended."""

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from typing import NamedTuple

from billing.rules.facts import PatientMonth
from billing.rules.policy import Policy, PolicyGap, View

LENGTH = 30  # days; CMS CY2021 rule: one 30-day period


class Window(NamedTuple):
    """One window with its qualifying days. `closes_on` is its end, or an earlier day on which monitoring ended.

    `recorded_on` is the last qualifying day; None if it is not known.
    """

    start: date
    end: date
    closes_on: date
    days: int
    self_reported: int
    evidence: tuple[str, ...]
    recorded_on: date | None = None

    @property
    def closes_early(self) -> bool:
        """Whether monitoring ended before the window did."""
        return self.closes_on < self.end


def windows_in_force(facts: PatientMonth, policy: Policy, view: View) -> tuple[Window, ...]:
    """The windows that overlap the month, each by the terms in force on the day it closes.

    `view` is the policy on the month's last day with rules. If the terms of windows change within the month, a window
    under the new terms begins after the last one under the old terms.
    """
    terms = _terms(view)
    found = windows(facts, view)
    days = {facts.first_day, *(window.closes_on for window in found)}
    others = {other for day in days if (other := _terms_on(policy, day)) not in {terms, None}}
    if not others:
        return found
    views = {terms: view} | {other: _view_with(policy, days, other) for other in others}
    kept: list[Window] = []
    every = [(window, shape) for shape, its_view in views.items() for window in windows(facts, its_view)]
    for window, shape in sorted(every, key=lambda pair: (pair[0].closes_on, pair[0].start)):
        in_force = _terms_on(policy, window.closes_on) in {shape, None}
        if in_force and not any(window.start <= other.closes_on and other.start <= window.closes_on for other in kept):
            kept.append(window)
    return tuple(kept)


def _terms(view: View) -> tuple[str, str]:
    return view["device_window"], view["device_anchor_event"]


def _terms_on(policy: Policy, day: date) -> tuple[str, str] | None:
    try:
        return _terms(policy.view(day))
    except PolicyGap:
        return None


def _view_with(policy: Policy, days: set[date], terms: tuple[str, str]) -> View:
    return next(policy.view(day) for day in sorted(days) if _terms_on(policy, day) == terms)


def windows(facts: PatientMonth, view: View) -> tuple[Window, ...]:
    """The windows that overlap the month, in order: given as input, or computed from the reading days."""
    if facts.device_periods is not None:
        periods = sorted(facts.device_periods)
        return tuple(
            Window(
                start=period.start,
                end=period.end,
                closes_on=min(period.terminated_on or _closes_on(facts, period.start, period.end), period.end),
                days=period.days,
                self_reported=period.self_reported_days,
                evidence=(period.id,) if period.id else (),
                recorded_on=period.last_recorded_on,
            )
            for period in periods
        )
    return tuple(_windows_from_days(facts, view))


def _closes_on(facts: PatientMonth, start: date, end: date) -> date:
    """The day a window closes: its end, or the last day of service in it if service does not go on to its end."""
    return facts.last_service_day(start, end) or end


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
    qualifying = [day.on for day in facts.days_read if _qualifies(facts, day.automatic) and facts.in_service(day.on)]
    return min(qualifying) if qualifying else None


def _qualifies(facts: PatientMonth, automatic: bool) -> bool:
    """RPM counts only automatic readings of the device; RTM also counts what the patient reports (rule R-DEV-AUTO)."""
    return automatic or facts.program == "RTM"


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
    in_service = sorted(day for first, last in facts.service for day in facts.days_read if first <= day.on <= last)
    dates = [day.on for day in in_service]
    result = []
    for start, end in spans:
        # A window without a day of service is not a service at all.
        closes_on = facts.last_service_day(start, end)
        if closes_on is None:
            continue
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
                recorded_on=max(days) if days else None,
            )
        )
    return result
