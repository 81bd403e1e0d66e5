"""Treatment management: time and live contact, with the date of service that the payer requires."""

from collections.abc import Iterator
from datetime import date

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity, ProposedLine
from billing.rules.interaction import live, live_contacts
from billing.rules.time_counting import CountedTime, count_time
from billing.rules.treatment_time import blocks_of_time, left_out, supervised


def management(case: Case) -> Iterator[Finding | ProposedLine]:
    """Every finding on management and the lines its time has earned."""
    if not case.facts.time and not case.facts.contacts:
        yield Finding("MGMT_NOT_PROVIDED", "management", Gravity.SHORT, {"span": case.span_words}, until=case.until)
        return
    if case.span[0] == date.max:
        yield Finding("MGMT_PERIOD_OPEN", "management", Gravity.BLOCKS, {}, (), "management_period")
        return
    counted = count_time(case)
    yield from left_out(case, counted)
    for item in blocks_of_time(case, counted):
        if isinstance(item, ProposedLine):
            dos = _date_of_service(case, counted, threshold=int(item.subject))
            assistant = "assistant" if counted.by_assistant else ""
            yield item._replace(dos=dos, subject=assistant)
        else:
            yield item
    yield from supervised(case, counted)
    yield from live(case)


def _date_of_service(case: Case, counted: CountedTime, *, threshold: int) -> date:
    """The last day of the span or, as the payer requires, the day everything was met or the last day of work."""
    last, required = case.span[1], case.management["management_dos"]
    call_days = [contact.on for contact in live_contacts(case)]
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
