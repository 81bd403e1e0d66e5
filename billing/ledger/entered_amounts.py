"""Amounts that a person types."""

from decimal import Decimal, InvalidOperation

from rpm_portal.core.refusals import Refused


def entered_amount(text: str | Decimal, sentence: str) -> Decimal:
    """A typed amount above zero, in dollars with at most two decimals. Raises Refused with the sentence."""
    try:
        value = Decimal(str(text).strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        value = Decimal()
    if not value.is_finite() or not 0 < value < 10**9 or value != round(value, 2):
        raise Refused(sentence, field="amount")
    return value
