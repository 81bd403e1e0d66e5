"""Device supply: distinct reading days in each window that ends in the month (rules R-DEV-2025, R-DEV-2026)."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from billing.rules.case import Case
from billing.rules.code_set import Code
from billing.rules.day_spans import day_after
from billing.rules.decision import NOT_LOADED, Finding, Gravity, ProposedLine
from billing.rules.fact_rows import OtherClaim
from billing.rules.facts import PatientMonth
from billing.rules.periods import LENGTH, Window
from billing.rules.policy import View


def _codes(case: Case, on: date, view: View) -> tuple[Code | None, Code | None]:
    """The long and the short supply code on a date of service, if they exist and the payer takes them."""
    system = case.facts.rtm_system if case.facts.program == "RTM" else ""
    codes = [
        code
        for code in case.codes.find(program=case.facts.program, component="device", system=system)
        if code.valid(on)
    ]
    takes_short = view["short_supply_codes_enabled"]
    long = next((code for code in codes if code.role == "supply_long"), None)
    short = next((code for code in codes if code.role == "supply_short" and takes_short), None)
    return long, short


def supply(case: Case) -> Iterator[Finding | ProposedLine]:
    """A code for each window that ends in the month and has enough days; the reason if it has not."""
    facts = case.facts
    if facts.program == "RTM" and not facts.rtm_system:
        yield Finding("RTM_SYSTEM_MISSING", "device", Gravity.BLOCKS)
        return
    has_window = False
    for window in case.windows:
        if not _touches(facts, window):
            continue
        has_window = True
        on = case.date_of_supply(window) if window.closes_on <= facts.known_to else window.closes_on
        view = case.rules_on(on)
        if window.closes_on > facts.known_to:
            yield _running_window(case, window, view)
            if view is None:
                yield _without_rules("DATE_OF_SERVICE_WAITS", Gravity.NOTE, window)
        elif view is None:
            yield _without_rules(NOT_LOADED, Gravity.BLOCKS, window)
        else:
            yield from _decide(case, window, on, view)
    if not has_window:
        yield Finding("DEVICE_NO_PERIOD", "device", Gravity.SHORT)


def open_windows(facts: PatientMonth, windows: Iterable[Window]) -> Iterator[Finding]:
    """The running windows with their days so far: the only findings on supply in a month without rules."""
    for window in windows:
        if _touches(facts, window) and window.closes_on > facts.known_to:
            yield _open_window(window, (), None)


def _running_window(case: Case, window: Window, view: View | None) -> Finding:
    """An open window: its days, and the last day on which the first missing day of the longest code can come.

    Without the rules of its closing day, what it needs is unknown.
    """
    codes = _codes(case, window.closes_on, view) if view is not None else ()
    needs = tuple((code.code, code.min(window.closes_on)) for code in codes if code is not None)
    until = None
    if needs and (missing := needs[0][1] - window.days) > 0:
        until = case.if_ahead(window.closes_on - timedelta(days=missing - 1))
    return _open_window(window, needs, until)


def _open_window(window: Window, needs: tuple[tuple[str, int], ...], until: date | None) -> Finding:
    values = {"start": window.start, "end": window.end, "days": window.days, "needs": needs, "closes": window.closes_on}
    subject = window.start.isoformat()
    return Finding("DEVICE_PERIOD_OPEN", "device", Gravity.BLOCKS, values, (), "device_window", subject, until)


def _without_rules(code: str, gravity: Gravity, window: Window) -> Finding:
    """The finding that the rules of a window's date of service are not loaded."""
    values = {"year": window.closes_on.year}
    return Finding(code, "device", gravity, values, (), "rule_year", window.start.isoformat())


def _touches(facts: PatientMonth, window: Window) -> bool:
    """Whether a window has a day in the month and, while the month runs, has begun by today."""
    begun = facts.as_of is None or window.start <= day_after(facts.as_of)
    return begun and window.closes_on >= facts.first_day and window.start <= facts.last_day


def _decide(case: Case, window: Window, on: date, view: View) -> Iterator[Finding | ProposedLine]:
    facts, subject = case.facts, window.start.isoformat()

    def new_finding(reason: str, gravity: Gravity, parameter: str = "", /, **values: object) -> Finding:
        """A finding on this window."""
        evidence = window.evidence if gravity is Gravity.MET else ()
        return Finding(reason, "device", gravity, values, evidence, parameter, subject)

    long, short = _codes(case, on, view)
    lowest = short or long
    if lowest is None or long is None:
        return
    if facts.program == "RPM" and window.self_reported:
        yield new_finding("SELF_REPORTED_DAYS_EXCLUDED", Gravity.NOTE, days=window.self_reported)
    earned = long if window.days >= long.min(on) else None
    if earned is None and short is not None and window.days >= short.min(on):
        earned = short
    dates = {"start": window.start, "end": window.closes_on, "days": window.days}
    if earned is None:
        need = lowest.min(on)
        yield new_finding("DEVICE_DAYS_BELOW_MIN", Gravity.BLOCKS, need=need, missing=need - window.days, **dates)
        return
    need = earned.min(on)
    yield new_finding("DEVICE_DAYS_MET", Gravity.MET, code=earned.code, need=need, **dates)
    if earned is short:
        need = long.min(on)
        yield new_finding(
            "DEVICE_SHORT_OF_CODE", Gravity.SHORT, code=long.code, need=need, missing=need - window.days, **dates
        )
    elif short is not None:
        yield new_finding("DEVICE_CODE_EXCLUDED", Gravity.SHORT, code=short.code, other=long.code)
    yield from _concerns(case, window, view, earned, new_finding)
    yield ProposedLine(
        code=earned.code,
        component="device",
        units=1,
        dos=on,
        dos_from=window.start if view["device_dos"] == "period_range" else None,
        evidence=window.evidence,
        subject=subject,
    )


def _concerns(
    case: Case, window: Window, view: View, earned: Code, new_finding: Callable[..., Finding]
) -> Iterator[Finding]:
    """The findings that block or flag a window with enough days."""
    facts = case.facts
    from_day = facts.service_from
    if from_day is not None and window.start < from_day:
        yield new_finding("DEVICE_PERIOD_BEFORE_ORDER", Gravity.BLOCKS, start=window.start, from_day=from_day)
    if window.closes_early:
        if view["early_close_billable"]:
            yield new_finding(
                "EARLY_CLOSE", Gravity.REVIEW, "early_close_billable", on=window.closes_on, end=window.end
            )
        else:
            yield new_finding(
                "DEVICE_PERIOD_OPEN",
                Gravity.BLOCKS,
                "early_close_billable",
                start=window.start,
                end=window.end,
                days=window.days,
            )
            yield new_finding(
                "EARLY_CLOSE_NOT_PAID",
                Gravity.BLOCKS,
                "early_close_billable",
                on=window.closes_on,
                start=window.start,
            )
    if window.start.year != window.closes_on.year and view["device_window"] == "rolling_30":
        yield new_finding("PERIOD_STRADDLES_RULE_YEAR", Gravity.REVIEW, start=window.start, end=window.closes_on)
    for claim in case.claims:
        known = case.codes.by_code.get(claim.code)
        if not claim.same_practice or known is None or known.program != facts.program or known.component != "device":
            continue
        if _shares_period(claim, window):
            yield new_finding(
                "DEVICE_CODE_ALREADY_BILLED_FOR_PERIOD",
                Gravity.BLOCKS,
                code=claim.code,
                start=claim.period_start or window.start,
                supports=earned.code,
            )


def _shares_period(claim: OtherClaim, window: Window) -> bool:
    """Whether the 30-day period of a billed supply shares days with this window, also if monitoring ended early in it;
    if its start is unknown, its date of service decides (86 FR 5020: once per patient and 30-day period).
    """
    if claim.period_start is None:
        return window.start <= claim.dos <= window.end
    period_end = max(claim.dos, claim.period_start + timedelta(days=LENGTH - 1))
    return claim.period_start <= window.closes_on and window.start <= period_end
