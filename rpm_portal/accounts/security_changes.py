"""A practice's security settings: one administrator enters a change, and another one decides on it."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from rpm_portal.accounts.models import Membership, Practice, SecurityChange, SingleSignOn
from rpm_portal.accounts.second_person import check_operator
from rpm_portal.accounts.security_change_model import SecurityOutcome
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Permission
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

MIN_REASON_LENGTH = 10
MAX_REASON_LENGTH = 200
PRACTICE_SETTINGS = ("second_factor", "days_signed", "own_sign_in_only")
SSO_ON = "single_sign_on"
# What the second person sees and confirms with the switch of the practice's own sign-in.
_SSO_FACTS = ("issuer", "client_id", "domains", "vouches_for_factor")
LABELS = {
    "second_factor": "Second factor required of",
    "days_signed": "Claim lines wait for signed days",
    "own_sign_in_only": "Only the practice's own sign-in opens the practice",
    SSO_ON: "Own sign-in (single sign-on) is on",
    "issuer": "Sign-in provider",
    "client_id": "Client ID at the provider",
    "domains": "E-mail domains that the provider confirms",
    "vouches_for_factor": "The provider's second factor is accepted",
}


def current_settings(practice: Practice) -> dict[str, Any]:
    """The practice's security settings by name; those of its own sign-in only if it has one. Two statements."""
    practice = Practice.objects.get(pk=practice.pk)
    values: dict[str, Any] = {name: getattr(practice, name) for name in PRACTICE_SETTINGS}
    sso = SingleSignOn.objects.filter(practice=practice).first()
    if sso is not None:
        values |= {SSO_ON: sso.is_on, **{name: getattr(sso, name) for name in _SSO_FACTS}}
    return values


def open_change(practice: Practice) -> SecurityChange | None:
    """The change that waits for the second person, if any."""
    return SecurityChange.objects.for_practice(practice).select_related("asked_by").filter(outcome__isnull=True).first()


@transaction.atomic
def ask_change(*, values: dict[str, Any], reason: str, by: Membership, now: datetime) -> SecurityChange:
    """Store new values for the second person; nothing is applied. Raises ValidationError or Refused.

    A change of the practice's own sign-in contains its provider, so that the second person confirms what they saw.
    """
    practice = Practice.objects.select_for_update(no_key=True).get(pk=by.practice_id)
    before, reason = current_settings(practice), reason.strip()
    changed = {name: value for name, value in values.items() if name in before and before[name] != value}
    if len(reason) < MIN_REASON_LENGTH:
        raise ValidationError({"reason": f"Enter a reason of at least {MIN_REASON_LENGTH} characters."})
    if not changed:
        raise Refused("Not saved. Nothing is different from the present settings.")
    if open_change(practice) is not None:
        raise Refused("Not saved. Another change waits for a decision. Decide on it or withdraw it first.")
    if SSO_ON in changed:
        changed |= {name: before[name] for name in _SSO_FACTS}
    change = SecurityChange(
        practice=practice,
        values=changed,
        before={name: before[name] for name in changed},
        reason=reason[:MAX_REASON_LENGTH],
        asked_at=now,
        asked_by=by.user,
    )
    change.save(force_insert=True)
    record_change(change, "ask_security_change", by=by, now=now, reason=change.reason, **_detail(change))
    return change


@transaction.atomic
def approve_change(*, change: SecurityChange, by: Membership, now: datetime) -> None:
    """Apply a change as its second person. Raises Refused for the person who entered it."""
    change = _locked(change)
    if change.asked_by_id == by.user_id:
        raise Refused("Not applied. You entered this change, so another administrator decides on it.")
    _apply(change, now=now)
    change.decided_by = by.user
    _close(change, SecurityOutcome.APPLIED, now=now)
    record_change(change, "apply_security_change", by=by, now=now, **_detail(change))


@transaction.atomic
def approve_change_as_operator(*, change: SecurityChange, operator: str, now: datetime) -> None:
    """Apply a change of a practice that has no second administrator. Raises Refused if it has one."""
    change = _locked(change)
    change.operator = check_operator(operator, change.practice, Permission.CHANGE_SECURITY, now=now)
    _apply(change, now=now)
    _close(change, SecurityOutcome.APPLIED, now=now)
    record_change(change, "apply_security_change", by=None, now=now, operator=change.operator, **_detail(change))


@transaction.atomic
def refuse_change(*, change: SecurityChange, by: Membership, now: datetime) -> None:
    """Close a change without applying it: refused, or withdrawn by the person who entered it."""
    change = _locked(change)
    withdrawn = change.asked_by_id == by.user_id
    change.decided_by = by.user
    _close(change, SecurityOutcome.WITHDRAWN if withdrawn else SecurityOutcome.REFUSED, now=now)
    action = "withdraw_security_change" if withdrawn else "refuse_security_change"
    record_change(change, action, by=by, now=now, **_detail(change))


def _locked(change: SecurityChange) -> SecurityChange:
    change = SecurityChange.objects.select_for_update(of=("self",)).select_related("practice").get(pk=change.pk)
    if change.outcome is not None:
        raise Refused("This change was decided already.")
    return change


def _apply(change: SecurityChange, *, now: datetime) -> None:
    """Write the values. Raises Refused if a setting is no longer what it was when the change was entered."""
    practice = Practice.objects.select_for_update(no_key=True).get(pk=change.practice_id)
    current = current_settings(practice)
    if any(current.get(name) != value for name, value in change.before.items()):
        raise Refused("Not applied. The settings were changed in the meantime. Refuse this change and enter it again.")
    names = [name for name in PRACTICE_SETTINGS if name in change.values]
    for name in names:
        setattr(practice, name, change.values[name])
    if names:
        practice.full_clean()
        save_with_reason(practice, reason=change.reason[:90], by=change.asked_by, fields=names)
    if SSO_ON in change.values:
        sso = SingleSignOn.objects.select_for_update().get(practice=practice)
        sso.is_on = change.values[SSO_ON]
        save_with_reason(sso, reason=change.reason[:90], by=change.asked_by, fields=["is_on"])


def _close(change: SecurityChange, outcome: SecurityOutcome, *, now: datetime) -> None:
    change.outcome, change.decided_at = outcome, now
    change.save(update_fields=["outcome", "decided_at", "decided_by", "operator"])


def _detail(change: SecurityChange) -> dict[str, Any]:
    return {"values": change.values, "before": change.before}
