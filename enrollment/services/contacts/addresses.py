"""Telephone numbers and e-mail addresses in the form in which they are stored and compared."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from rpm_portal.core.refusals import Refused

_EXTENSION = re.compile(r"(?:x|ext\.?|extension)\s*\d+\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d\s().\-\u2010-\u2015]+")
_SHAPE = "A US number has ten digits, like (312) 555-0142."


def plain_number(text: str) -> str:
    """A North American number as +1 and ten digits. Raises Refused with the rule that it breaks.

    Area code and exchange begin with 2 to 9 and are not of the form N11; 900 and 976 numbers charge the caller
    (https://nanpa.com, "About Us": NPA-NXX-XXXX).
    """
    if _EXTENSION.search(text):
        raise Refused("Enter the number without the extension; texts cannot reach an extension.", field="value")
    digits = re.sub(r"\D", "", text)
    if not _NUMBER.fullmatch(text.strip()) or (text.strip().startswith("+") and not digits.startswith("1")):
        raise Refused(f"{_SHAPE} Numbers of other countries are not used.", field="value")
    digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if len(digits) != 10:
        raise Refused(_SHAPE, field="value")
    area, exchange = digits[:3], digits[3:6]
    if area[0] in "01" or exchange[0] in "01" or "11" in (area[1:], exchange[1:]):
        raise Refused(f"{_SHAPE} Area code and exchange begin with 2 to 9 and do not end in 11.", field="value")
    if area == "900" or exchange == "976":
        raise Refused("A number that charges the caller cannot be used.", field="value")
    return f"+1{digits}"


def plain_email(text: str) -> str:
    """An e-mail address in lower case. Raises Refused if it is none."""
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Refused("This is not an e-mail address.", field="value") from None
    if not address.isascii():
        raise Refused("Enter an e-mail address without accents.", field="value")
    return address


def shown_number(number: str) -> str:
    """+13125550142 as people read it: (312) 555-0142."""
    return f"({number[2:5]}) {number[5:8]}-{number[8:]}" if len(number) == 12 else number
