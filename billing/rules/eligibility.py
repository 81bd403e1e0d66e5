"""Conditions for the whole program: without them no code is billed. Each finding names what is missing."""

from collections.abc import Iterator
from datetime import date

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.sentences import date_words


def _block(code: str, parameter: str = "", **values: object) -> Finding:
    return Finding(code, "all", Gravity.BLOCKS, values, (), parameter)


def _pass(code: str, evidence: str = "", parameter: str = "", **values: object) -> Finding:
    return Finding(code, "all", Gravity.MET, values, (evidence,) if evidence else (), parameter)


def _since(day: date | None) -> str:
    return f" (effective {date_words(day)})" if day else ""


def order(case: Case) -> Iterator[Finding]:
    """A practitioner's order must cover the month (rule R-ORDER)."""
    facts = case.facts
    has_order = facts.order_present or (
        facts.care_plan_present and case.management["order_kind"] == "order_or_care_plan"
    )
    late = facts.order_on is not None and facts.order_on > facts.last_day
    over = facts.order_ends_on is not None and facts.order_ends_on < facts.first_day
    if not has_order or late or over:
        yield _block("ORDER_MISSING", "order_kind")
    else:
        yield _pass("ORDER_ON_FILE", facts.order_id, "order_kind", since=_since(facts.order_on))


def consent(case: Case) -> Iterator[Finding]:
    """Documented consent must cover the month; verbal is enough (rule R-CONSENT)."""
    facts = case.facts
    late = facts.consent_on is not None and facts.consent_on > facts.last_day
    over = facts.consent_withdrawn_on is not None and facts.consent_withdrawn_on < facts.first_day
    months = case.management["consent_valid_months"]
    if not facts.consent_present or late or over:
        yield _block("CONSENT_MISSING")
    elif (
        months is not None and facts.consent_on is not None and _months_old(facts.consent_on, facts.last_day) >= months
    ):
        yield _block("CONSENT_EXPIRED", "consent_valid_months", on=facts.consent_on, months=months)
    else:
        yield _pass("CONSENT_ON_FILE", facts.consent_id, since=_since(facts.consent_on))


def _months_old(given: date, on: date) -> int:
    return (on.year - given.year) * 12 + on.month - given.month - (on.day < given.day)


def covers(scope: str | tuple[str, ...], *, diagnosis: str, kind: str) -> bool:
    """Whether a payer's scope covers a diagnosis: any, only chronic ones, or a list of ICD-10 roots (rule R-DX)."""
    if isinstance(scope, tuple):
        digits = diagnosis.replace(".", "")
        return any(digits.startswith(root.replace(".", "")) for root in scope)
    return scope == "any" or kind == "chronic"


def diagnosis(case: Case) -> Iterator[Finding]:
    """A diagnosis is required; a payer may cover only some (rule R-DX)."""
    facts, scope = case.facts, case.management["diagnosis_scope"]
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


def established(case: Case) -> Iterator[Finding]:
    """RPM only for established patients; RTM has no such rule (rule R-EST)."""
    if case.facts.program == "RPM":
        if case.facts.patient_established:
            yield _pass("PATIENT_ESTABLISHED")
        else:
            yield _block("PATIENT_NOT_ESTABLISHED")


def device_defined(case: Case) -> Iterator[Finding]:
    """The device is a medical device as FDA defines it, for RTM unless the payer says otherwise (rule R-DEV-AUTO)."""
    if case.facts.program == "RTM" and case.management["rtm_device_rule"] == "any":
        return
    if case.facts.device_qualified:
        yield _pass("DEVICE_FDA_DEFINED", "", "rtm_device_rule")
    else:
        yield _block("DEVICE_NOT_FDA_DEFINED", "rtm_device_rule")


def authorized(case: Case) -> Iterator[Finding]:
    """If the payer requires an authorization, one must be on file."""
    if case.management["prior_auth_required"] and not case.facts.prior_auth_present:
        yield _block("PRIOR_AUTH_MISSING", "prior_auth_required")


GATES = (order, consent, diagnosis, established, device_defined, authorized)
