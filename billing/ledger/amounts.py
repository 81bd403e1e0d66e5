"""Amounts of money that people type or banks write."""

from decimal import Decimal, InvalidOperation

from rpm_portal.core.refusals import Refused


def parse_amount(text: str | Decimal) -> Decimal:
    """A positive amount in dollars and cents, like 202.06, $1,204.50. Raises Refused for anything else."""
    try:
        value = Decimal(str(text).strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        value = Decimal()
    if not value.is_finite() or not 0 < value < 10**9 or value != round(value, 2):
        raise Refused("Enter an amount like 202.06.")
    return value
