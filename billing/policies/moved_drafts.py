"""A draft that begins later, moved to days that have facts: a past or running month, and the golden cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from billing.models import PolicyDraft
from billing.policies.rules_in_force import rules_of
from billing.rules import Policy, PolicyError
from billing.rules.policy import END, parse_day
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused

_ALWAYS = date(2000, 1, 1).isoformat()
Departure = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MovedDraft:
    """A draft as a policy for other days than its own.

    `in_force_on` is the day whose exceptions are applied to every day, None if the draft keeps its own dates.
    `left_out` are the exceptions that are not in force on that day.
    """

    policy: Policy
    in_force_on: date | None
    left_out: list[str]


def draft_for_month(draft: PolicyDraft, month: Month) -> MovedDraft:
    """The draft for a month: with its own dates if all of it has begun by then, else moved. Raises Refused."""
    if last_start(draft) <= month.first_day:
        return MovedDraft(_policy(draft, draft.departures), None, [])
    return draft_always(draft)


def draft_always(draft: PolicyDraft) -> MovedDraft:
    """The draft as it is once all of its exceptions have begun, on every day. Raises Refused."""
    on = last_start(draft)
    moved: list[Departure] = []
    left_out = []
    for departure in draft.departures:
        if _day(departure, "from", END) <= on <= _day(departure, "to", END):
            moved.append({**departure, "from": _ALWAYS, "to": END.isoformat()})
        else:
            left_out.append(str(departure.get("key", "")))
    return MovedDraft(_policy(draft, moved), on, left_out)


def last_start(draft: PolicyDraft) -> date:
    """The day from which the whole draft is in force: its own first day, or that of an exception that begins later."""
    return max([draft.starts_on, *(_day(departure, "from", draft.starts_on) for departure in draft.departures)])


def _day(departure: Departure, key: str, otherwise: date) -> date:
    try:
        return parse_day("", departure[key]) if departure.get(key) else otherwise
    except PolicyError as error:
        raise Refused(str(error)) from None


def _policy(draft: PolicyDraft, departures: Iterable[Departure]) -> Policy:
    try:
        return (
            rules_of(draft.practice_id)
            .preset(draft.preset)
            .with_departures(departures, name=f"draft {draft.public_id}")
        )
    except PolicyError as error:
        raise Refused(str(error)) from None
