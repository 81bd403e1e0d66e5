"""A payer's procedures by day: policy document, limits in days, correction mode, codes that need authorization."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import Correction, PayerProfile
from billing.rules import load_codes
from enrollment.models import Payer
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

PART_B = "MB"  # the claim filing indicator of Medicare Part B (X12 1032)
MAX_DAYS = 1500  # about four years; Medicare gives one year to file (42 CFR 424.44)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileValues:
    """What is entered for a payer from a day on."""

    starts_on: date | None
    source: str
    policy_number: str = ""
    policy_version: str = ""
    policy_dated_on: date | None = None
    text_read: bool = False
    filing_days: int | None = None
    appeal_days: int | None = None
    correction: str = ""
    authorization_codes: tuple[str, ...] = ()


def profiles_on(practice_id: int, on: date | None) -> dict[int, PayerProfile]:
    """The profile of each payer on a day, by the payer's key; payers without one are left out. One statement.

    Without a day, each payer's newest profile.
    """
    rows = PayerProfile.objects.filter(practice=practice_id)
    if on is not None:
        rows = rows.filter(starts_on__lte=on).exclude(ends_on__lt=on)
    return {row.payer_id: row for row in rows.order_by("starts_on")}


def correction_mode(profile: PayerProfile | None, payer: Payer | None) -> str:
    """How a payer takes the correction of a processed claim: as its profile says, else by its kind.

    Medicare Part B treats every submission as a new claim and corrects a processed one by a reopening (Noridian JF,
    "Provider Customer Service FAQ" A1; 42 CFR 405.980(a)(3)). Others take a replacement or a void.
    """
    if profile is not None and profile.correction:
        return profile.correction
    return Correction.REOPENING if payer is not None and payer.filing == PART_B else Correction.REPLACEMENT


def appeal_by(profile: PayerProfile | None, denied_on: date) -> date | None:
    """The last day to appeal a denial; None if the payer's limit is not on file."""
    if profile is None or profile.appeal_days is None:
        return None
    return denied_on + timedelta(days=profile.appeal_days)


def needs_authorization(profile: PayerProfile | None, code: str) -> bool:
    """Whether the payer asks for prior authorization of a code, as far as it is on file."""
    return profile is not None and code in profile.authorization_codes


def of_lines() -> QuerySet[PayerProfile]:
    """The profile of a claim line's payer on its date of service, for a subquery over claim lines."""
    rows = PayerProfile.objects.filter(payer=OuterRef("claim__payer"), starts_on__lte=OuterRef("dos"))
    return rows.filter(Q(ends_on=None) | Q(ends_on__gte=OuterRef("dos")))


def lacks_authorization() -> Q:
    """The condition on claim lines that name no prior authorization, though their payer asks for one for their code."""
    return Q(authorization="") & Q(Exists(of_lines().filter(authorization_codes__contains=[OuterRef("code")])))


@transaction.atomic
def set_profile(*, payer: Payer, values: ProfileValues, by: Membership, now: datetime) -> PayerProfile:
    """Record a payer's profile from a day on; the one in force ends the day before. Raises Refused."""
    _check(values)
    if values.correction == Correction.REPLACEMENT and payer.filing == PART_B:
        raise Refused("Medicare Part B takes no replacement and no void (frequency 7 or 8). Choose reopening.")
    assert values.starts_on is not None  # noqa: S101 - checked above
    Payer.objects.select_for_update(of=("self",)).get(pk=payer.pk)
    rows = PayerProfile.objects.select_for_update().filter(payer=payer)
    for row in rows.filter(Q(ends_on=None) | Q(ends_on__gte=values.starts_on)).order_by("starts_on"):
        if row.starts_on >= values.starts_on:
            raise Refused(f"Data of this payer begin on {row.starts_on}; new data must begin after that day.")
        row.ends_on = values.starts_on - timedelta(days=1)
        save_with_reason(row, reason="Followed by another", by=by.user, fields=["ends_on"])
    profile = PayerProfile(
        practice=by.practice,
        payer=payer,
        starts_on=values.starts_on,
        source=values.source.strip()[:200],
        policy_number=values.policy_number.strip()[:60],
        policy_version=values.policy_version.strip()[:60],
        policy_dated_on=values.policy_dated_on,
        text_read=values.text_read,
        filing_days=values.filing_days,
        appeal_days=values.appeal_days,
        correction=values.correction,
        authorization_codes=sorted(set(values.authorization_codes)),
    )
    save_with_reason(profile, reason="Recorded", by=by.user)
    record_change(profile, "set_payer_profile", by=by, now=now, **{"from": values.starts_on.isoformat()})
    return profile


def _check(values: ProfileValues) -> None:
    if values.starts_on is None:
        raise Refused("Enter the first day of these data.")
    if len(values.source.strip()) < 3:
        raise Refused("Name the source: the payer's manual, page or letter, with its date.")
    for name, days in (("filing", values.filing_days), ("appeal", values.appeal_days)):
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise Refused(f"The {name} limit is 1 to {MAX_DAYS} days.")
    if values.correction and values.correction not in Correction.values:
        raise Refused("Choose how the payer takes corrections.")
    if unknown := sorted(set(values.authorization_codes) - load_codes().by_code.keys()):
        raise Refused(f"{', '.join(unknown)}: not a code we know. Write codes like 99454, separated by commas.")
