"""Conditions on visits: an established patient, and the initiating visit that rules of 2027 may ask for."""

from collections.abc import Iterator
from datetime import date

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.services import DatedService


def _block(code: str, parameter: str, **values: object) -> Finding:
    return Finding(code, "all", Gravity.BLOCKS, values, (), parameter)


def _pass(code: str, parameter: str, **values: object) -> Finding:
    return Finding(code, "all", Gravity.MET, values, (), parameter)


def years_before(day: date, years: int) -> date:
    """The same day some years before; February 28 for a leap day."""
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def established(case: Case, service: DatedService) -> Iterator[Finding]:
    """RPM only for established patients; RTM only if the payer's rules ask for it (rule R-EST).

    Established means seen by the group within three years before the service began (CMS CY2024 rule as reported by
    McDonald Hopkins; CPT's definition of a new patient).
    """
    facts = case.facts
    if facts.program == "RTM" and not service.view["rtm_established_required"]:
        return
    prefix, parameter = ("RTM_", "rtm_established_required") if facts.program == "RTM" else ("", "")
    began = min((row.first for row in facts.enrolled if row.first is not None), default=None)
    if facts.established_on is not None and began is not None and years_before(began, 3) > facts.established_on:
        yield _block(f"{prefix}ESTABLISHED_VISIT_TOO_OLD", parameter, on=facts.established_on, began=began)
    elif facts.established and (facts.established_on is None or facts.established_on <= service.on):
        yield _pass("PATIENT_ESTABLISHED", parameter)
    else:
        yield _block(f"{prefix}PATIENT_NOT_ESTABLISHED", parameter)


def initiating_visit(case: Case, service: DatedService) -> Iterator[Finding]:
    """If the rules ask for it, a visit at which monitoring was started (proposed for 2027: CMS-1848-P, 91 FR 43842)."""
    visit = case.facts.initiating_visit_on
    if not service.view["initiating_visit_required"]:
        return
    if visit is not None and visit <= service.on:
        yield _pass("INITIATING_VISIT_ON_RECORD", "initiating_visit_required", on=visit)
    else:
        yield _block("INITIATING_VISIT_MISSING", "initiating_visit_required", on=service.on)
