"""Treatment management: time and live contact, with the date of service that the payer requires."""

from collections.abc import Iterator
from datetime import date

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity, ProposedLine
from billing.rules.interaction import live, live_contacts
from billing.rules.time_counting import CountedTime, count_time
from billing.rules.treatment_time import blocks_of_time, left_out, supervised


def management(case: Case) -> Iterator[Finding | ProposedLine]:
    """Every finding on management and the lines its time has earned, in each span in which it is counted."""
    if case.facts.time_counted_in:
        yield Finding("MGMT_COUNTED_IN_LATER_ENROLLMENT", "management", Gravity.SHORT)
        return
    if not case.facts.time and not case.facts.contacts:
        values = {"span": case.span_words(case.spans[0] if case.spans else (case.facts.first_day, case.facts.last_day))}
        yield Finding("MGMT_NOT_PROVIDED", "management", Gravity.SHORT, values, until=case.until)
        return
    if not case.spans:
        yield Finding("MGMT_PERIOD_OPEN", "management", Gravity.BLOCKS, {}, (), "management_period")
        return
    for span in case.spans:
        # With several spans, the findings of one concern only its own lines.
        subject = span[0].isoformat() if len(case.spans) > 1 else ""
        for item in _in_span(case, span):
            yield item._replace(subject=subject)


def _in_span(case: Case, span: tuple[date, date]) -> Iterator[Finding | ProposedLine]:
    counted = count_time(case, span)
    last = case.facts.last_service_day(*span) or span[1]
    yield from left_out(case, counted)
    items = list(blocks_of_time(case, counted, span=span, on=last))
    lines = [item for item in items if isinstance(item, ProposedLine)]
    for item in items:
        if isinstance(item, ProposedLine):
            dos = _date_of_service(case, counted, span=span, last=last, threshold=int(item.subject))
            yield item._replace(dos=dos, by_assistant=_is_by_assistant(counted, lines, item))
        else:
            yield item
    yield from supervised(case, counted, on=last)
    yield from live(case, span)


def _is_by_assistant(counted: CountedTime, lines: list[ProposedLine], line: ProposedLine) -> bool:
    """Whether assistants furnished a line: of a base with its add-on, each line has its own part of the time."""
    if len(lines) == 1:
        return counted.is_by_assistant(0)
    threshold = int(lines[0].subject)
    return counted.is_by_assistant(0, threshold) if line is lines[0] else counted.is_by_assistant(threshold)


def _date_of_service(case: Case, counted: CountedTime, *, span: tuple[date, date], last: date, threshold: int) -> date:
    """The last day of service in the span or, as the payer requires, the day everything was met or of the last work."""
    required = case.management["management_dos"]
    call_days = [contact.on for contact in live_contacts(case, span)]
    if required == "last_day_of_month" or not counted.by_day or not call_days:
        return last
    if required == "last_service":
        return max(max(on for on, _ in counted.by_day), max(call_days))
    total = counted.seconds - sum(seconds for _, seconds in counted.by_day)
    for on, seconds in sorted(counted.by_day):
        total += seconds
        if total >= threshold:
            return max(on, min(call_days))
    return last
