"""Set-up and education: once an episode, with the first window that has enough days (rule R-SETUP)."""

from collections.abc import Iterator

from billing.rules.case import Case
from billing.rules.decision import NOT_LOADED, Finding, Gravity, ProposedLine
from billing.rules.periods import Window
from billing.rules.policy import View


def setup(case: Case) -> Iterator[Finding | ProposedLine]:
    """Set-up, if an education is not billed yet or the episode has none."""
    facts = case.facts
    if facts.setup_billed_in_episode or (facts.continues_episode and _billed_this_month(case)):
        if not facts.setup_education_done:
            yield Finding("SETUP_BILLED_BEFORE", "setup", Gravity.SHORT)
            return
        fit = setup_window(case)
        view = (case.rules_on(fit.closes_on) if fit is not None else None) or case.management
        if view["setup_unit"] == "episode":
            yield Finding("SETUP_ALREADY_BILLED_IN_EPISODE", "setup", Gravity.BLOCKS, {}, (), "setup_unit")
            return
    if not facts.setup_education_done:
        yield Finding("SETUP_NOT_DOCUMENTED", "setup", Gravity.BLOCKS)
        return
    fit, days_needed = setup_window(case), _days_needed(case)
    code = next(code for code in case.codes.find(program=facts.program, component="setup"))
    if fit is not None and code.valid(fit.closes_on):
        values = {"end": fit.closes_on, "days": fit.days, "need": days_needed[fit]}
        yield Finding("SETUP_DAYS_MET", "setup", Gravity.MET, values, fit.evidence, "setup_min_days")
        yield from _earlier_episode(case, code.code)
        by_assistant = facts.setup_by_assistant
        yield ProposedLine(code.code, "setup", 1, fit.closes_on, evidence=fit.evidence, by_assistant=by_assistant)
    elif days_needed:
        best = max(days_needed, key=lambda window: window.days)
        values = {"days": best.days, "need": days_needed[best]}
        yield Finding("SETUP_MIN_DAYS_NOT_MET", "setup", Gravity.BLOCKS, values, (), "setup_min_days")
    elif waiting := _after_education(case):
        year = waiting[0].closes_on.year
        yield Finding(NOT_LOADED, "setup", Gravity.BLOCKS, {"year": year}, (), "rule_year")
    else:
        yield Finding("SETUP_WAITING_FIRST_PERIOD", "setup", Gravity.BLOCKS, {}, (), "setup_min_days")


def _earlier_episode(case: Case, code: str) -> Iterator[Finding]:
    """Set-up of an earlier episode is on file: a person looks whether that episode ended before this one began.

    An episode lasts until the treatment goals are attained (CPT as quoted by AAPC).
    """
    before = [claim.dos for claim in case.claims if claim.code == code and claim.same_practice]
    if before:
        yield Finding("SETUP_OF_EARLIER_EPISODE", "setup", Gravity.REVIEW, {"on": before[-1]})


def _billed_this_month(case: Case) -> bool:
    """Whether the enrollment before has billed set-up in this month."""
    codes = {code.code for code in case.codes.find(program=case.facts.program, component="setup")}
    return any(case.billed_in_month(code) for code in codes)


def setup_window(case: Case) -> Window | None:
    """The first window with enough days that closes in the month, not before the education; None if there is none."""
    return next((window for window, need in _days_needed(case).items() if window.days >= need), None)


def _after_education(case: Case) -> list[Window]:
    """The windows that close in the month, not before the education of this episode."""
    taught_on = case.facts.setup_on
    return [window for window in case.closed_windows if taught_on is None or window.closes_on >= taught_on]


def _days_needed(case: Case) -> dict[Window, int]:
    """The days that each of these windows needs, if its date of service has rules."""
    rules = {window: case.rules_on(window.closes_on) for window in _after_education(case)}
    return {window: _need(case, window, view) for window, view in rules.items() if view is not None}


def _need(case: Case, window: Window, view: View) -> int:
    """The days a window needs: the payer's own number, else the code's on the day the window closes."""
    own = view["setup_min_days"]
    if own is not None:
        return int(own)
    code = next(code for code in case.codes.find(program=case.facts.program, component="setup"))
    return code.min(window.closes_on) if code.valid(window.closes_on) else 16
