"""Which policy each payer's lines are decided under on a day, and a digest over what they say."""

from collections import defaultdict
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from billing.models import STRICTEST, PayerPolicy
from billing.rules import Policy, load_preset
from billing.rules.canonical import canonical, digest_of
from billing.rules.periods import LENGTH
from billing.rules.policy import END
from billing.rules.release import values_between
from billing.rules.terms import terms
from rpm_portal.core.days import Month
from rpm_portal.core.db.compiled_querysets import Prepared

# How far a date of service decided or forecast with a month may lie outside it: a device period touches the month.
REACH = timedelta(days=LENGTH)


@lru_cache(maxsize=256)
def says(policy: Policy, month: Month) -> str:
    """SHA-256 of what a policy decides of a month: its name, and each value on the dates of service that the month can
    have. Values of later days, and the titles of sources, are not in it.
    """
    values = values_between(policy, month.first_day - REACH, month.last_day)
    return digest_of(canonical([policy.name, values]))


def policies_of(practice_id: int, *, on: date) -> dict[int, Policy]:
    """Each payer's policy in force on a day. One statement. A payer without a row is not in it."""
    return {row.payer_id: _policy(row) for row in _POLICIES(practice=practice_id, since=on, until=on)}


def policies_around(practice_id: int, month: Month) -> dict[int, Policy]:
    """Each payer's policy on every date of service of a month and of the device periods that touch it. One statement.

    Where a payer's terms change meanwhile, each day has its own; days without a row have the strictest. A payer without
    a row on all of these days is not in it.
    """
    return _between(practice_id, month, month.last_day + REACH)


def _between(practice_id: int, month: Month, until: date) -> dict[int, Policy]:
    since = month.first_day - REACH
    rows: dict[int, list[tuple[date, date, Policy]]] = defaultdict(list)
    for row in _POLICIES(practice=practice_id, since=since, until=until):
        rows[row.payer_id].append((row.starts_on, row.ends_on or END, _policy(row)))
    strictest, found = load_preset(STRICTEST), {}
    for payer, mine in rows.items():
        first, last, policy = mine[0]
        whole = first <= since and last >= until
        found[payer] = policy if whole else terms(mine, otherwise=strictest, named_on=month.last_day)
    return found


def _policy(row: PayerPolicy) -> Policy:
    preset = load_preset(row.preset)
    return preset.with_departures(row.departures, name=f"{row.preset} (row {row.pk})") if row.departures else preset


def _policies(practice: int, since: date, until: date) -> Any:
    rows = PayerPolicy.objects.filter(practice=practice, starts_on__lte=until).exclude(ends_on__lt=since)
    return rows.order_by("payer_id", "starts_on")


_POLICIES = Prepared(_policies, practice=int, since=date, until=date)


def policies_digest(practice_id: int, month: Month) -> str:
    """SHA-256 over what every payer's policy decides of a month (see `says`). One statement.

    A policy that begins after the month is not in it: loading the rules of the next year changes no closed month.
    """
    found = sorted(_between(practice_id, month, month.last_day).items())
    return digest_of("\n".join(f"{payer}:{says(policy, month)}" for payer, policy in found))
