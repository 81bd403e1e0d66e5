"""Amounts, days and composites of X12 as values. Pure."""

import re
from datetime import date, timedelta
from decimal import Decimal

from billing.answers.x12_parts import X12Refused

# A pattern, since Decimal also reads sNaN, Infinity and 1e3, and sNaN raises only when it is compared.
_AMOUNT = re.compile(r"-?(\d{1,10}(\.\d{0,2}0*)?|\.\d{1,2}0*)")
_FIRST_DAY = date(2000, 1, 1)


def amount(text: str, where: str) -> Decimal:
    """An amount in dollars and cents. Raises X12Refused naming where it is."""
    if not text.isascii() or not _AMOUNT.fullmatch(text) or len(text) > 30:
        raise X12Refused(f"{where}: {text[:20]!r} is no amount.")
    return Decimal(text).quantize(Decimal("0.01"))


def optional_amount(text: str, where: str) -> Decimal | None:
    """An amount, or None if it is empty. Raises X12Refused naming where it is."""
    return amount(text, where) if text else None


def day(text: str, *, latest: date) -> date | None:
    """A day as CCYYMMDD, or the first day of a range; None if it is no day from 2000 to a year after `latest`."""
    digits = text[:8]
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return found if _FIRST_DAY <= found <= latest + timedelta(days=366) else None


def first_day(*texts: str, latest: date) -> date | None:
    """The first of these texts that is a day."""
    return next((found for text in texts if (found := day(text, latest=latest)) is not None), None)
