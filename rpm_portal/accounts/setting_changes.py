"""A change of a practice's settings: one person enters it, and another one decides on it."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from rpm_portal.accounts.models import Membership, Practice, SettingChange
from rpm_portal.accounts.second_person import check_operator
from rpm_portal.accounts.setting_change_model import SettingOutcome
from rpm_portal.accounts.setting_kinds import SettingKind, SettingValues, kind_of
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused, error_text

MIN_REASON_LENGTH = 10
MAX_REASON_LENGTH = 200


def open_change(practice: Practice, kind: SettingKind) -> SettingChange | None:
    """The change that waits for the second person, if any. One statement."""
    rows = SettingChange.objects.for_practice(practice).filter(kind=kind.name, outcome__isnull=True)
    return rows.select_related("asked_by").first()


@transaction.atomic
def ask_change(
    kind: SettingKind, *, values: SettingValues, reason: str, by: Membership, now: datetime
) -> SettingChange:
    """Store new values for the second person; nothing is applied. Raises ValidationError or Refused."""
    practice = Practice.objects.select_for_update(no_key=True).get(pk=by.practice_id)
    before, reason = kind.current(practice), reason.strip()
    changed = {name: value for name, value in values.items() if name in before and before[name] != value}
    if len(reason) < MIN_REASON_LENGTH:
        raise ValidationError({"reason": f"Enter a reason of at least {MIN_REASON_LENGTH} characters."})
    if not changed:
        raise Refused("Not saved. Nothing is different from the present settings.")
    if open_change(practice, kind) is not None:
        raise Refused("Not saved. Another change waits for a decision. Decide on it or withdraw it first.")
    changed |= {name: before[name] for switch in list(changed) for name in kind.confirmed_with.get(switch, ())}
    change = SettingChange(
        practice=practice,
        kind=kind.name,
        values=changed,
        before={name: before[name] for name in changed},
        reason=reason[:MAX_REASON_LENGTH],
        asked_at=now,
        asked_by=by.user,
    )
    change.save(force_insert=True)
    record_change(change, f"ask_{kind.name}_change", by=by, now=now, reason=change.reason, **_detail(change))
    return change


@transaction.atomic
def approve_change(*, change: SettingChange, by: Membership, now: datetime) -> None:
    """Apply a change as its second person. Raises Refused for the person who entered it."""
    change = _locked(change)
    if change.asked_by_id == by.user_id:
        raise Refused(f"Not applied. You entered this change, so another {kind_of(change).decider} decides on it.")
    _apply(change)
    change.decided_by = by.user
    _close(change, SettingOutcome.APPLIED, now=now)
    record_change(change, f"apply_{change.kind}_change", by=by, now=now, **_detail(change))


@transaction.atomic
def approve_change_as_operator(*, change: SettingChange, operator: str, now: datetime) -> None:
    """Apply a change of a practice that has no second person for it. Raises Refused if it has one."""
    change = _locked(change)
    change.operator = check_operator(operator, change.practice, kind_of(change).permission, now=now)
    _apply(change)
    _close(change, SettingOutcome.APPLIED, now=now)
    action, detail = f"apply_{change.kind}_change", _detail(change)
    record_change(change, action, by=None, now=now, operator=change.operator, **detail)


@transaction.atomic
def refuse_change(*, change: SettingChange, by: Membership, now: datetime) -> None:
    """Close a change without applying it: refused, or withdrawn by the person who entered it."""
    change = _locked(change)
    withdrawn = change.asked_by_id == by.user_id
    change.decided_by = by.user
    _close(change, SettingOutcome.WITHDRAWN if withdrawn else SettingOutcome.REFUSED, now=now)
    action = f"{'withdraw' if withdrawn else 'refuse'}_{change.kind}_change"
    record_change(change, action, by=by, now=now, **_detail(change))


def _locked(change: SettingChange) -> SettingChange:
    change = SettingChange.objects.select_for_update(of=("self",)).select_related("practice").get(pk=change.pk)
    if change.outcome is not None:
        raise Refused("This change was decided already.")
    return change


def _apply(change: SettingChange) -> None:
    """Write the values. Raises Refused if a setting is no longer what it was when the change was entered, or if the
    new values are no longer within their limits.
    """
    kind = kind_of(change)
    current = kind.current(Practice.objects.select_for_update(no_key=True).get(pk=change.practice_id))
    if any(current.get(name) != value for name, value in change.before.items()):
        raise Refused("Not applied. The settings were changed in the meantime. Refuse this change and enter it again.")
    try:
        kind.apply(change)
    except ValidationError as error:  # a limit that was changed after the values were entered
        raise Refused(f"Not applied. {error_text(error)}") from None


def _close(change: SettingChange, outcome: SettingOutcome, *, now: datetime) -> None:
    change.outcome, change.decided_at = outcome, now
    change.save(update_fields=["outcome", "decided_at", "decided_by", "operator"])


def _detail(change: SettingChange) -> dict[str, SettingValues]:
    return {"values": change.values, "before": change.before}
