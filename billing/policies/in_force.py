"""Policies in force for each payer on a day, and digests of their values."""

from collections import defaultdict
from datetime import date, timedelta
from functools import lru_cache

from django.db.models import QuerySet

from billing.models import STRICTEST, PayerPolicy
from billing.rules import Policy, load_preset
from billing.rules.canonical import canonical, digest_of
from billing.rules.periods import LENGTH
from billing.rules.policy import END
from billing.rules.release import values_between
from billing.rules.terms import terms
from rpm_portal.core.days import Month

# How far outside the month a date of service may be: that of a device period which overlaps the month.
MAX_DAYS_OUTSIDE_MONTH = timedelta(days=LENGTH)


@lru_cache(maxsize=256)
def policy_digest(policy: Policy, month: Month) -> str:
    """SHA-256 of a policy's name and of its values on every possible date of service of a month.

    Values of later days and the titles of sources are not included.
    """
    values = values_between(policy, month.first_day - MAX_DAYS_OUTSIDE_MONTH, month.last_day)
    return digest_of(canonical([policy.name, values]))


def policies_of(practice_id: int, *, on: date) -> dict[int, Policy]:
    """Each payer's policy in force on a day; payers without a row are left out. One statement."""
    return {row.payer_id: _policy(row) for row in _policies(practice_id, on, on)}


def policies_around(practice_id: int, month: Month) -> dict[int, Policy]:
    """Each payer's policy on every date of service of a month and of the device periods that overlap it.

    If a payer's terms change within these days, each day has its own; days without a row have the strictest. A payer
    without a row on any of these days is left out. One statement.
    """
    return _between(practice_id, month, month.last_day + MAX_DAYS_OUTSIDE_MONTH)


def _between(practice_id: int, month: Month, until: date) -> dict[int, Policy]:
    since = month.first_day - MAX_DAYS_OUTSIDE_MONTH
    rows: dict[int, list[tuple[date, date, Policy]]] = defaultdict(list)
    for row in _policies(practice_id, since, until):
        rows[row.payer_id].append((row.starts_on, row.ends_on or END, _policy(row)))
    strictest, policies = load_preset(STRICTEST), {}
    for payer, spans in rows.items():
        first, last, policy = spans[0]
        covers_all_days = first <= since and last >= until
        policies[payer] = policy if covers_all_days else terms(spans, otherwise=strictest, named_on=month.last_day)
    return policies


def _policy(row: PayerPolicy) -> Policy:
    preset = load_preset(row.preset)
    return preset.with_departures(row.departures, name=f"{row.preset} (row {row.pk})") if row.departures else preset


def _policies(practice_id: int, since: date, until: date) -> QuerySet[PayerPolicy]:
    rows = PayerPolicy.objects.filter(practice=practice_id, starts_on__lte=until).exclude(ends_on__lt=since)
    return rows.order_by("payer_id", "starts_on")


def policies_digest(practice_id: int, month: Month) -> str:
    """SHA-256 over the digests of every payer's policy in a month (see `policy_digest`). One statement.

    A policy that begins after the month is not included: loading the rules of the next year changes no closed month.
    """
    policies = sorted(_between(practice_id, month, month.last_day).items())
    return digest_of("\n".join(f"{payer}:{policy_digest(policy, month)}" for payer, policy in policies))
