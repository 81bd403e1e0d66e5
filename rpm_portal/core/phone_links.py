"""Phone numbers as addresses of tel: links (RFC 3966, https://www.rfc-editor.org/rfc/rfc3966)."""

import re

_EXTENSION = re.compile(r"(?:x|ext\.?|extension|#)\s*([0-9]{1,6})\s*\Z", re.IGNORECASE)


def tel(phone: str) -> str:
    """A phone number as a tel: address: +13125550142 for a US number of ten digits; empty without digits.

    An extension ("312-555-0142 x12") follows as `;ext=12`.
    """
    found = _EXTENSION.search(phone)
    extension = f";ext={found[1]}" if found else ""
    main = phone[: found.start()] if found else phone
    digits = "".join(char for char in main if char.isascii() and char.isdigit())
    if not digits:
        return ""
    number = f"+1{digits}" if len(digits) == 10 else f"+{digits}" if len(digits) > 10 else digits
    return number + extension
