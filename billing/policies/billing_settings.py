"""The kinds of billing settings, in the order of their page."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from billing.models import BillingProfile, Charge, ClearinghouseChannel, PlaceOfService, ProviderTaxonomy
from billing.policies.row_settings import DECIDER, RowSettings, subject_words
from billing.rules import load_codes
from enrollment.models import Payer
from rpm_portal.accounts.models import Practice, SettingChange
from rpm_portal.accounts.setting_kinds import SettingKind, SettingValues
from rpm_portal.core.access import Permission
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

PRACTICE_FIELDS = ("name", "npi", "tax_id", "zone", "close_day")
_AMOUNT = re.compile(r"\d{1,7}(\.\d{1,2})?", re.ASCII)
_NOT_ENTERED = ("id", "practice", "clinic", "payer", "member", "starts_on", "name", "code")


def _entered(model: type, *also: str) -> tuple[str, ...]:
    """The fields of a row that are no part of its key."""
    names = (part.name for part in model._meta.concrete_fields)  # type: ignore[attr-defined]
    return (*also, *(name for name in names if name not in _NOT_ENTERED))


ROW_SETTINGS = {
    one.slug: one
    for one in (
        RowSettings(
            slug="channel",
            title="Clearinghouses",
            words="clearinghouses",
            model=ClearinghouseChannel,
            key=("name", "starts_on"),
            fields=_entered(ClearinghouseChannel),
        ),
        RowSettings(
            slug="profile",
            title="Billing profiles",
            words="billing profiles",
            model=BillingProfile,
            key=("clinic", "payer", "starts_on"),
            fields=_entered(BillingProfile, "name"),
            labels={"clinic": "name", "payer": "name"},
        ),
        RowSettings(
            slug="taxonomy",
            title="Taxonomy codes of providers",
            words="taxonomy codes of providers",
            model=ProviderTaxonomy,
            key=("member", "starts_on"),
            fields=("taxonomy",),
            labels={"member": "user__email"},
        ),
        RowSettings(
            slug="place",
            title="Places of service",
            words="places of service",
            model=PlaceOfService,
            key=("payer", "code", "starts_on"),
            fields=("place",),
            labels={"payer": "name"},
        ),
        RowSettings(
            slug="payer",
            title="Payers",
            words="payers",
            model=Payer,
            key=("name",),
            fields=("name", "payer_code", "filing", "is_medicare"),
        ),
    )
}


def current_practice(practice: Practice, subject: str = "") -> SettingValues:
    """The practice's data that reach claims or the close. One statement."""
    practice = Practice.objects.get(pk=practice.pk)
    return {name: getattr(practice, name) for name in PRACTICE_FIELDS}


def _apply_practice(change: SettingChange) -> None:
    practice = Practice.objects.select_for_update(no_key=True).get(pk=change.practice_id)
    for name, value in change.values.items():
        setattr(practice, name, value)
    practice.full_clean()
    save_with_reason(practice, reason=change.reason[:90], by=change.asked_by, fields=list(change.values))


PRACTICE = SettingKind(
    name="practice",
    words="practice data",
    permission=Permission.CHANGE_BILLING,
    decider=DECIDER,
    labels={
        "name": "Name",
        "npi": "Group NPI",
        "tax_id": "Tax ID",
        "zone": "Time zone",
        "close_day": "Day of the next month on which a month is computed by itself",
    },
    current=current_practice,
    apply=_apply_practice,
)


def amounts_on(practice: Practice, codes: Iterable[str], on: date) -> dict[str, str]:
    """The charge for a unit of each code on a day, in dollars; empty if there is none. One statement."""
    rows = Charge.objects.filter(practice=practice, starts_on__lte=on).order_by("starts_on")
    in_force = dict(rows.values_list("code", "amount"))
    return {code: str(in_force.get(code, "")) for code in codes}


def check_amount(code: str, text: str) -> Decimal:
    """Dollars with at most two decimals, above zero and below ten million. Raises Refused."""
    amount = Decimal(text) if _AMOUNT.fullmatch(text) else Decimal()
    if not amount:
        raise Refused(f"{code}: enter dollars like 65.00, more than zero.")
    return amount


def _current_charges(practice: Practice, subject: str) -> SettingValues:
    day = CHARGE_DAY.key_of(practice, subject)["starts_on"]
    codes = Charge.objects.filter(practice=practice).values_list("code", flat=True)
    return {**amounts_on(practice, sorted({*CODES, *codes}), date.fromisoformat(str(day)))}


def _apply_charges(change: SettingChange) -> None:
    day = date.fromisoformat(str(CHARGE_DAY.key_of(change.practice, change.subject)["starts_on"]))
    for code, text in change.values.items():
        rows = Charge.objects.select_for_update().filter(practice=change.practice, code=code, starts_on=day)
        row = rows.first() or Charge(practice=change.practice, code=code, starts_on=day)
        row.amount = check_amount(code, str(text))
        row.full_clean()
        save_with_reason(row, reason=change.reason[:90], by=change.asked_by)


# Only its key is used: the charges of a day are entered together.
CHARGE_DAY = RowSettings("charge", "Charges", "charges", Charge, ("starts_on",), ())
CODES = tuple(sorted(load_codes().by_code))
CHARGES = SettingKind(
    name="charge",
    words="charges",
    permission=Permission.CHANGE_BILLING,
    decider=DECIDER,
    labels={},
    current=_current_charges,
    apply=_apply_charges,
    subject_words=subject_words,
)
KINDS = (PRACTICE, CHARGES, *(one.kind for one in ROW_SETTINGS.values()))
