"""Conditions for billing a date of service: without them no code of that date is billed. Each finding names what is
missing.
"""

from collections.abc import Iterator
from datetime import date

from billing.rules.authorizations import authorized
from billing.rules.care_spans import in_other_care
from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.fact_rows import InForce
from billing.rules.facts import THERAPY_ROLES
from billing.rules.sentences import date_words
from billing.rules.services import DatedService, Gate
from billing.rules.visits import established, initiating_visit


def _block(code: str, parameter: str = "", **values: object) -> Finding:
    return Finding(code, "all", Gravity.BLOCKS, values, (), parameter)


def _review(code: str, **values: object) -> Finding:
    return Finding(code, "all", Gravity.REVIEW, values)


def _pass(code: str, evidence: str = "", parameter: str = "", **values: object) -> Finding:
    return Finding(code, "all", Gravity.MET, values, (evidence,) if evidence else (), parameter)


def _since(day: date | None) -> str:
    return f" (effective {date_words(day)})" if day else ""


def _in_force(rows: tuple[InForce, ...], service: DatedService) -> InForce | None:
    """The row in force on the date of service, or the last one in force on an earlier day of the service."""
    candidates = [row for row in rows if row.overlaps(service.first, service.on)]
    on_date = [row for row in candidates if row.covers(service.on)]
    return max(on_date or candidates, key=lambda row: (row.first or date.min, row.id), default=None)


def order(case: Case, service: DatedService) -> Iterator[Finding]:
    """A practitioner's order must cover the service (rule R-ORDER)."""
    row = _in_force(case.facts.orders, service)
    plan = case.facts.care_plan_present and service.view["order_kind"] == "order_or_care_plan"
    if row is not None:
        yield _pass("ORDER_ON_FILE", row.id, "order_kind", since=_since(row.first))
    elif plan and not case.facts.orders:
        yield _pass("ORDER_ON_FILE", "", "order_kind", since="")
    else:
        yield _block("ORDER_MISSING", "order_kind")


def consent(case: Case, service: DatedService) -> Iterator[Finding]:
    """Documented consent must cover the service; verbal is enough (rule R-CONSENT)."""
    row, months = _in_force(case.facts.consents, service), service.view["consent_valid_months"]
    if row is None:
        yield _block("CONSENT_MISSING")
    elif months is not None and row.first is not None and _months_old(row.first, service.on) >= months:
        yield _block("CONSENT_EXPIRED", "consent_valid_months", on=row.first, months=months)
    else:
        yield _pass("CONSENT_ON_FILE", row.id, since=_since(row.first))


def _months_old(given: date, on: date) -> int:
    return (on.year - given.year) * 12 + on.month - given.month - (on.day < given.day)


def covers(scope: str | tuple[str, ...], *, diagnosis: str, kind: str) -> bool:
    """Whether a payer's scope covers a diagnosis: any, only chronic ones, or a list of ICD-10 roots (rule R-DX)."""
    if isinstance(scope, tuple):
        digits = diagnosis.replace(".", "")
        return any(digits.startswith(root.replace(".", "")) for root in scope)
    return scope == "any" or kind == "chronic"


def diagnosis(case: Case, service: DatedService) -> Iterator[Finding]:
    """A diagnosis is required; a payer may cover only some (rule R-DX)."""
    facts, scope = case.facts, service.view["diagnosis_scope"]
    if not facts.diagnosis:
        yield _block("DIAGNOSIS_MISSING")
        return
    if isinstance(scope, tuple):
        words = ", ".join(scope)
    else:
        words = "chronic conditions only" if scope == "chronic_only" else "any diagnosis"
    if covers(scope, diagnosis=facts.diagnosis, kind=facts.diagnosis_kind):
        yield _pass("DIAGNOSIS_COVERED", "", "diagnosis_scope", diagnosis=facts.diagnosis)
    else:
        yield _block("DIAGNOSIS_NOT_COVERED", "diagnosis_scope", diagnosis=facts.diagnosis, scope=words)


def device_defined(case: Case, service: DatedService) -> Iterator[Finding]:
    """A medical device as FDA defines it is with the patient on some day of the service; for RTM unless the payer says
    otherwise (rule R-DEV-AUTO).
    """
    if case.facts.program == "RTM" and service.view["rtm_device_rule"] == "any":
        return
    if any(row.overlaps(service.first, service.on) for row in case.facts.devices):
        yield _pass("DEVICE_FDA_DEFINED", "", "rtm_device_rule")
    else:
        yield _block("DEVICE_NOT_FDA_DEFINED", "rtm_device_rule")


def covered(case: Case, service: DatedService) -> Iterator[Finding]:
    """A payer is on file for the date of service; without one the strictest reading applies and no claim is sent."""
    rows = case.facts.coverages
    if rows is not None and not any(row.covers(service.on) for row in rows):
        yield _review("NO_COVERAGE", on=service.on)


def therapy_plan(case: Case, service: DatedService) -> Iterator[Finding]:
    """Therapists bill RTM under a certified therapy plan of care; the line carries its GP, GO or GN (rule R-RTM-MOD).

    Certification: Medicare Benefit Policy Manual, chapter 15, section 220.1.3, https://www.cms.gov/manuals.
    """
    facts = case.facts
    plans = facts.plans_of_care
    if facts.program != "RTM" or (facts.therapy_plan and plans is None):
        return
    is_therapy = bool(facts.therapy_plan) or facts.billing_provider_role == "therapist"
    if not is_therapy and not any(item.role in THERAPY_ROLES and item.counts for item in facts.time):
        return
    component = "all" if is_therapy else "management"
    covering = [row for row in plans or () if row.covers(service.on)]
    if certified := next((row for row in covering if row.certified), None):
        yield Finding("THERAPY_PLAN_ON_FILE", component, Gravity.MET, {"on": certified.first}, (certified.id,))
    elif covering:
        yield Finding("THERAPY_PLAN_NOT_CERTIFIED", component, Gravity.BLOCKS, {"on": covering[-1].first})
    elif ended := [row.last for row in plans or () if row.last is not None and row.last < service.on]:
        yield Finding("THERAPY_PLAN_ENDED", component, Gravity.BLOCKS, {"ended": max(ended), "on": service.on})
    else:
        yield Finding("THERAPY_PLAN_MISSING", component, Gravity.BLOCKS)


def provider_in_practice(case: Case, service: DatedService) -> Iterator[Finding]:
    """The billing provider belongs to the practice on the date of service."""
    rows = case.facts.provider_in_practice
    if rows and not any(row.covers(service.on) for row in rows):
        ended = max((row.last for row in rows if row.last is not None and row.last < service.on), default=None)
        if ended is None:
            yield _review("PROVIDER_NOT_IN_PRACTICE", on=service.on)
        else:
            yield _review("PROVIDER_LEFT_PRACTICE", ended=ended, on=service.on)


def alive(case: Case, service: DatedService) -> Iterator[Finding]:
    """Nothing after the day of death counts; what is recorded after it means that a date is wrong."""
    facts, died_on = case.facts, case.facts.died_on
    if died_on is None:
        return
    yield Finding("PATIENT_DIED", "all", Gravity.NOTE, {"on": died_on})
    days = [day.on for day in facts.days_read] + [contact.on for contact in facts.contacts if contact.live]
    days += [item.on for item in facts.time if item.on is not None]
    if max(days, default=died_on) > died_on:
        yield _review("RECORDED_AFTER_DEATH", on=died_on, last=max(days))


def paused(case: Case, service: DatedService) -> Iterator[Finding]:
    """Somebody looks at a service of which some days are in a pause, for example in a hospital."""
    rows = [row for row in case.facts.pauses if row.overlaps(service.first, service.on)]
    if rows:
        yield _review("SERVICE_PAUSED", start=rows[0].first, end=rows[-1].last or service.on)


GATES: tuple[Gate, ...] = (
    order,
    consent,
    diagnosis,
    established,
    initiating_visit,
    device_defined,
    authorized,
    covered,
    therapy_plan,
    provider_in_practice,
    alive,
    paused,
    in_other_care,
)
