"""The practice's limit for write-offs by one person. Two persons change it."""

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError

from billing.ledger.write_offs import write_off_limit
from billing.models import MoneyPolicy
from rpm_portal.accounts.models import Practice, SettingChange
from rpm_portal.accounts.setting_kinds import SettingKind, SettingValues
from rpm_portal.core.access import Permission
from rpm_portal.core.db.history import save_with_reason


def _current(practice: Practice, subject: str = "") -> SettingValues:
    return {"write_off_limit": f"{write_off_limit(practice):.2f}"}


def _apply(change: SettingChange) -> None:
    rows = MoneyPolicy.objects.for_practice(change.practice_id)
    row = rows.select_for_update().first() or MoneyPolicy(practice=change.practice)
    try:
        row.write_off_limit = Decimal(change.values["write_off_limit"])
    except InvalidOperation:
        raise ValidationError("The limit is an amount like 50.00.") from None
    row.full_clean()
    save_with_reason(row, reason=change.reason[:90], by=change.asked_by)


MONEY_RULES = SettingKind(
    name="money",
    words="limit for write-offs",
    permission=Permission.CHANGE_MONEY_RULES,
    decider="manager or physician",
    labels={"write_off_limit": "Dollars of a claim that one person may write off"},
    current=_current,
    apply=_apply,
)
