"""The services of a month: each with its days and the policy of its date of service, and findings on each of them."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from billing.rules.case import Case, last_day_served
from billing.rules.decision import Finding
from billing.rules.periods import Window
from billing.rules.policy import View
from billing.rules.setup import setup_window


class DatedService(NamedTuple):
    """A service of the month for the conditions: its days, the last of which is its date of service.

    `view` is the policy of that day, or the month's if that day has no rules. `subject` is a window's first day.
    """

    component: str
    subject: str
    first: date
    on: date
    view: View


Gate = Callable[[Case, DatedService], Iterator[Finding]]


def services(case: Case) -> list[DatedService]:
    """The services of the month: management, and each window that ends in it, with set-up on its date of service."""
    facts = case.facts
    month = DatedService("management", "", facts.first_day, last_day_served(facts), case.management)
    found = [month]
    for window in case.closed_windows:
        found.append(_of_window(case, window, case.date_of_supply(window)))
    setup_in = setup_window(case) if case.facts.setup_education_done else None
    with_setup = _of_window(case, setup_in, setup_in.closes_on) if setup_in is not None else month
    return [*found, with_setup._replace(component="setup", subject="")]


def _of_window(case: Case, window: Window, on: date) -> DatedService:
    view = case.rules_on(on) or case.management
    return DatedService("device", window.start.isoformat(), window.start, on, view)


def _same_for_all(case: Case, the_services: list[DatedService]) -> bool:
    """Whether nothing that a condition reads differs between the services: the usual month, decided in a third of the
    time. One row of each kind covers all of their days, and the policy has the same values.
    """
    facts, view = case.facts, the_services[0].view
    first, last = min(one.first for one in the_services), max(one.on for one in the_services)
    earliest_on = min(one.on for one in the_services)
    once = (
        facts.orders,
        facts.consents,
        facts.enrolled,
        facts.devices,
        facts.coverages or (),
        facts.provider_in_practice,
    )
    if any(len(rows) > 1 or (rows and not (rows[0].covers(first) and rows[0].covers(last))) for rows in once):
        return False
    if facts.coverages == () or facts.pauses or facts.monitored_elsewhere or view["consent_valid_months"] is not None:
        return False
    recorded = (facts.authorizations, facts.care_spans, facts.inquiries, facts.plans_of_care, facts.access_alignments)
    if any(recorded):
        return False
    visits = (facts.established_on, facts.initiating_visit_on)
    if view["initiating_visit_required"] or any(on is not None and on > earliest_on for on in visits):
        return False
    return all(one.view is view or one.view.same_values(view) for one in the_services)


def findings_on_services(case: Case, gates: tuple[Gate, ...]) -> Iterator[Finding]:
    """The findings of each condition: one for the whole program if all services agree, else one for each service."""
    the_services = services(case)
    if _same_for_all(case, the_services):
        for gate in gates:
            yield from gate(case, the_services[0])
        return
    for gate in gates:
        by_service = [list(gate(case, service)) for service in the_services]
        if all(found == by_service[0] for found in by_service):
            yield from by_service[0]
            continue
        for service, found in zip(the_services, by_service, strict=True):
            for finding in found:
                if finding.component == "all":
                    yield finding._replace(component=service.component, subject=service.subject)
                elif finding.component == service.component:
                    yield finding._replace(subject=service.subject)
