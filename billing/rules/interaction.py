"""Live contact: at least one real-time two-way conversation in the span (rules R-LIVE, R-LIVE-WHO)."""

from collections.abc import Iterator
from datetime import date

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.fact_rows import Contact

_ACCEPTED_ROLES = {
    "physician_or_qhp": frozenset({"physician", "qhp", "therapist"}),
    "care_team": frozenset({"physician", "qhp", "therapist", "clinical_staff", "therapist_assistant"}),
}
# Contacts on these channels must have been answered. A payer that lists another channel accepts every contact on it.
_REAL_TIME = frozenset({"phone", "video"})
_PERSON_LABELS = {
    "billing_provider": "the billing provider",
    "physician_or_qhp": "a physician or QHP",
    "care_team": "the care team",
}


def _accepted(case: Case, contact: Contact) -> bool:
    required = case.management["live_by"]
    if required == "billing_provider":
        return contact.by_id == case.facts.billing_provider_id and contact.by_role != "non_clinical"
    return contact.by_role in _ACCEPTED_ROLES[required]


def live_contacts(case: Case, span: tuple[date, date]) -> list[Contact]:
    """Conversations that count, oldest first: live by channel, in the span, in service, by an accepted person."""
    contacts = (c for c in _live(case) if _outside_service(case, span, c) == "" and _accepted(case, c))
    return sorted(contacts, key=lambda c: (c.on, c.id))


def _live(case: Case) -> list[Contact]:
    channels = case.management["live_channels"]
    return [
        contact
        for contact in case.facts.contacts
        if contact.channel in channels and (contact.live or contact.channel not in _REAL_TIME)
    ]


def _outside_service(case: Case, span: tuple[date, date], contact: Contact) -> str:
    """The finding on a contact outside the span or the service; empty if it is inside both."""
    if not span[0] <= contact.on <= span[1]:
        return "LIVE_COMM_IN_OTHER_MONTH"
    if not any(first <= contact.on <= last for first, last in case.facts.service_in(*span)):
        return "LIVE_COMM_BEFORE_SERVICE"
    return ""


def live(case: Case, span: tuple[date, date]) -> Iterator[Finding]:
    """Whether a required conversation took place, and if not, the nearest attempts."""
    counted = live_contacts(case, span)
    if counted:
        values = {"on": counted[0].on, "channel": counted[0].channel}
        evidence = tuple(contact.id for contact in counted)
        yield Finding("MGMT_LIVE_MET", "management", Gravity.MET, values, evidence, "live_by")
        return
    conversations = sorted(_live(case), key=lambda c: (c.on, c.id))
    in_service = [contact for contact in conversations if _outside_service(case, span, contact) == ""]
    if in_service:
        values = {"on": in_service[0].on, "required": _PERSON_LABELS[case.management["live_by"]]}
        evidence = tuple(contact.id for contact in in_service)
        yield Finding(
            "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON",
            "management",
            Gravity.BLOCKS,
            values,
            evidence,
            "live_by",
            until=case.until,
        )
        return
    first, last = span
    attempts = sum(1 for contact in case.facts.contacts if first <= contact.on <= last)
    values = {"span": case.span_words(span), "tried": attempts}
    missing = "MGMT_NO_LIVE_COMMUNICATION"
    yield Finding(missing, "management", Gravity.BLOCKS, values, (), "live_channels", until=case.until)
    for contact in conversations:
        code = _outside_service(case, span, contact)
        values = {"on": contact.on, "span": case.span_words(span)}
        yield Finding(code, "management", Gravity.NOTE, values, (contact.id,))
