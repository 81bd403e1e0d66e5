"""Live contact: at least one real-time two-way conversation in the span (rules R-LIVE, R-LIVE-WHO)."""

from collections.abc import Iterator
from datetime import date

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.fact_rows import Contact

_ACCEPTED = {
    "physician_or_qhp": frozenset({"physician", "qhp", "therapist"}),
    "care_team": frozenset({"physician", "qhp", "therapist", "clinical_staff", "therapist_assistant"}),
}
# A payer that lists another channel accepts what is never live on it; a phone or video contact must have been answered.
_REAL_TIME = frozenset({"phone", "video"})
_WORDS = {
    "billing_provider": "the billing provider",
    "physician_or_qhp": "a physician or QHP",
    "care_team": "the care team",
}


def _accepted(case: Case, contact: Contact) -> bool:
    asked = case.management["live_by"]
    if asked == "billing_provider":
        return contact.by_id == case.facts.billing_provider_id and contact.by_role != "non_clinical"
    return contact.by_role in _ACCEPTED[asked]


def live_contacts(case: Case) -> list[Contact]:
    """Conversations that count, oldest first: live by channel, in the span, in service, by the right person."""
    return sorted((c for c in _live(case) if _where(case, c) == "" and _accepted(case, c)), key=lambda c: (c.on, c.id))


def _live(case: Case) -> list[Contact]:
    channels = case.management["live_channels"]
    return [
        contact
        for contact in case.facts.contacts
        if contact.channel in channels and (contact.live or contact.channel not in _REAL_TIME)
    ]


def _where(case: Case, contact: Contact) -> str:
    """Empty where the contact lies in the span and in service, else the finding that says where it lies."""
    first, last = case.span
    begins, ends = case.facts.service_from, case.facts.service_to
    if first == date.max or not first <= contact.on <= last:
        return "LIVE_COMM_IN_OTHER_MONTH"
    if (begins is not None and contact.on < begins) or (ends is not None and contact.on > ends):
        return "LIVE_COMM_BEFORE_SERVICE"
    return ""


def live(case: Case) -> Iterator[Finding]:
    """Whether the conversation took place, and if not, the nearest that was tried."""
    counted = live_contacts(case)
    if counted:
        values = {"on": counted[0].on, "channel": counted[0].channel}
        evidence = tuple(contact.id for contact in counted)
        yield Finding("MGMT_LIVE_MET", "management", Gravity.MET, values, evidence, "live_by")
        return
    held = sorted(_live(case), key=lambda c: (c.on, c.id))
    here = [contact for contact in held if _where(case, contact) == ""]
    if here:
        values = {"on": here[0].on, "required": _WORDS[case.management["live_by"]]}
        evidence = tuple(contact.id for contact in here)
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
    first, last = case.span
    tried = sum(1 for contact in case.facts.contacts if first <= contact.on <= last)
    values = {"span": case.span_words, "tried": tried}
    none = "MGMT_NO_LIVE_COMMUNICATION"
    yield Finding(none, "management", Gravity.BLOCKS, values, (), "live_channels", until=case.until)
    for contact in held:
        code = _where(case, contact)
        values = {"on": contact.on, "span": case.span_words}
        yield Finding(code, "management", Gravity.NOTE, values, (contact.id,))
