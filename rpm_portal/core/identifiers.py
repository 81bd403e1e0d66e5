"""Format and check-digit validation of identifiers: NPI, MBI, IMEI, time zones, domains, issuers."""

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]"
    r"[AC-HJKMNP-RT-Y]{2}[0-9]{2}\Z"
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def luhn(digits: str) -> bool:
    """Whether a string of ASCII digits passes the Luhn check."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def luhn_digit(body: str) -> str:
    """The check digit that makes `body` pass the Luhn check."""
    return next(str(digit) for digit in range(10) if luhn(f"{body}{digit}"))


@lru_cache(maxsize=4096)
def is_npi(text: str) -> bool:
    """A National Provider Identifier: ten digits from 1 or 2, Luhn over 80840 and the number."""
    return bool(re.fullmatch(r"[12][0-9]{9}", text, re.ASCII)) and luhn("80840" + text)


def validate_npi(text: str) -> None:
    """Raises ValidationError if the text is not an NPI."""
    if text and not is_npi(text):
        raise ValidationError(
            "An NPI has ten digits, begins with 1 or 2, and its last digit must check. Look it up again."
        )


def is_mbi(text: str) -> bool:
    """A Medicare Beneficiary Identifier: eleven characters in CMS's format, with or without dashes."""
    return bool(_MBI.match(text.replace("-", "").upper()))


def is_imei(text: str) -> bool:
    """A cellular device's number: fifteen digits, the last one a Luhn check digit."""
    return bool(re.fullmatch(r"[0-9]{15}", text, re.ASCII)) and luhn(text)


def plain_serial(text: str) -> str:
    """A serial number or IMEI as it is stored: without spaces; a UUID in lower case, since its case has no meaning."""
    plain = "".join(text.split())
    return plain.lower() if _UUID.fullmatch(plain) else plain


def validate_zone(text: str) -> None:
    """Raises ValidationError if the text is not an IANA time zone."""
    from rpm_portal.core.days import is_zone

    if not is_zone(text):
        raise ValidationError("Write the time zone by its IANA name, for example America/Chicago.")


def validate_domain(text: str) -> None:
    """Raises ValidationError if the text is not a domain (the part of an e-mail address after the @)."""
    if not re.fullmatch(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+", text):
        raise ValidationError("Write a domain in small letters, for example harbor.example.")


def validate_issuer(text: str) -> None:
    """Raises ValidationError if an issuer is not an https:// URL; http:// is allowed on the loopback address."""
    parts = urlsplit(text)
    is_loopback = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    if parts.scheme != "https" and not is_loopback:
        raise ValidationError("The address must begin with https://.")
    if parts.query or parts.fragment or parts.username:
        raise ValidationError("Write the issuer alone, without a name, a question mark or a # in it.")
    host = (parts.hostname or "").rstrip(".")
    if not is_loopback and ("." not in host or _is_address(host) or host.endswith(_INTERNAL_HOSTS)):
        # The portal itself requests this address: it must not reach servers of the internal network.
        raise ValidationError("Write the provider's public host name, like https://login.harbor.example.")


# Names that resolve only inside a network (RFC 6762, RFC 6761, ICANN resolution 2024.07.29.06).
_INTERNAL_HOSTS = (".local", ".localhost", ".internal", ".lan", ".intranet", ".corp", ".home.arpa")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
