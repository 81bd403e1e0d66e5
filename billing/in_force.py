"""Which policy each payer's lines are decided under on a day, and a digest over what they say."""

import hashlib
from datetime import date
from functools import lru_cache
from typing import Any

from billing.models import PayerPolicy
from billing.rules import Policy, load_preset
from billing.rules.canonical import canonical
from billing.rules.release import policy_values
from rpm_portal.prepared import Prepared


@lru_cache(maxsize=256)
def says(policy: Policy) -> str:
    """SHA-256 of what a policy decides: its name, and each value with its days; not the titles of its sources."""
    return hashlib.sha256(canonical([policy.name, policy_values(policy)]).encode()).hexdigest()


def policies_of(practice_id: int, *, on: date) -> dict[int, Policy]:
    """Each payer's policy in force on a day. One statement. A payer without a row is not in it."""
    found: dict[int, Policy] = {}
    for row in _POLICIES(practice=practice_id, on=on):
        preset = load_preset(row.preset)
        name = f"{row.preset} (row {row.pk})"
        found[row.payer_id] = preset.with_departures(row.departures, name=name)
        if not row.departures:
            found[row.payer_id] = preset
    return found


def _policies(practice: int, on: date) -> Any:
    rows = PayerPolicy.objects.filter(practice=practice, starts_on__lte=on).exclude(ends_on__lt=on)
    return rows.order_by("payer_id")


_POLICIES = Prepared(_policies, practice=int, on=date)


def policies_digest(practice_id: int, *, on: date) -> str:
    """SHA-256 over what every payer's policy in force on a day says. One statement."""
    found = policies_of(practice_id, on=on)
    told = [f"{payer}:{says(policy)}" for payer, policy in sorted(found.items())]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
