"""Claims as an 837P file (005010X222A1), written segment by segment as a stream."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from billing.claims.formats.content import Content, ProviderName, Service

_NOT_BASIC = re.compile(r"[^A-Z0-9 !\"&'()+,\-./;?=%@]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender, receiver, time and interchange control number (1 to 999999999); `test` marks a test file."""

    submitter: str
    submitter_id: str
    contact: str
    phone: str
    receiver: str
    receiver_id: str
    control: int
    batch: str
    at: datetime
    test: bool


def plain(text: str, max_length: int = 60) -> str:
    """Text in the basic character set: capitals without accents or delimiters, trimmed to a length."""
    flat = (text if text.isascii() else unicodedata.normalize("NFKD", text)).upper()
    return _NOT_BASIC.sub("", flat).strip()[:max_length].strip()


def money(amount: str) -> str:
    """Dollars in X12 format: no leading zeros, no trailing zeros in cents."""
    whole, _, cents = amount.partition(".")
    cents = cents.rstrip("0")
    return f"{whole.lstrip('0') or '0'}{'.' + cents if cents else ''}"


def write(envelope: Envelope, claims: Iterable[Content]) -> Iterator[str]:
    """The file's segments, each ended by `~` and a line feed."""
    control, at = f"{envelope.control:09d}", envelope.at
    yield _segment(
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        "ZZ",
        f"{plain(envelope.submitter_id):<15}"[:15],
        "ZZ",
        f"{plain(envelope.receiver_id):<15}"[:15],
        f"{at:%y%m%d}",
        f"{at:%H%M}",
        "^",
        "00501",
        control,
        "0",
        "T" if envelope.test else "P",
        ":",
        keep_empty=True,
    )
    yield _segment(
        "GS",
        "HC",
        plain(envelope.submitter_id),
        plain(envelope.receiver_id),
        f"{at:%Y%m%d}",
        f"{at:%H%M}",
        str(envelope.control),
        "X",
        "005010X222A1",
    )
    count = 0
    for segment in _transaction(envelope, claims):
        count += 1
        yield segment
    yield _segment("SE", str(count + 1), f"{envelope.control:04d}")
    yield _segment("GE", "1", str(envelope.control))
    yield _segment("IEA", "1", control)


def _segment(*elements: str, keep_empty: bool = False) -> str:
    parts = list(elements)
    while not keep_empty and parts[-1] == "":
        parts.pop()
    return "*".join(parts) + "~\n"


def _transaction(envelope: Envelope, claims: Iterable[Content]) -> Iterator[str]:
    at = envelope.at
    yield _segment("ST", "837", f"{envelope.control:04d}", "005010X222A1")
    yield _segment("BHT", "0019", "00", plain(envelope.batch, 50), f"{at:%Y%m%d}", f"{at:%H%M}", "CH")
    yield _segment("NM1", "41", "2", plain(envelope.submitter), "", "", "", "", "46", plain(envelope.submitter_id))
    yield _segment("PER", "IC", plain(envelope.contact), "TE", re.sub(r"\D", "", envelope.phone)[:10])
    yield _segment("NM1", "40", "2", plain(envelope.receiver), "", "", "", "", "46", plain(envelope.receiver_id))
    level, billing = 0, ""
    for claim in claims:
        if claim.practice_npi != billing:
            billing, level = claim.practice_npi, level + 1
            parent = level
            yield from _billing(claim, level)
        level += 1
        yield from _subscriber(claim, level, parent)
        yield from _claim(claim)


def _billing(claim: Content, level: int) -> Iterator[str]:
    yield _segment("HL", str(level), "", "20", "1")
    yield _segment("PRV", "BI", "PXC", claim.taxonomy)
    yield _segment("NM1", "85", "2", plain(claim.practice), "", "", "", "", "XX", claim.practice_npi)
    yield _segment("N3", plain(claim.practice_address.street, 55))
    yield _segment(
        "N4", plain(claim.practice_address.city, 30), claim.practice_address.state, claim.practice_address.postal
    )
    yield _segment("REF", "EI", claim.tax_id)


def _subscriber(claim: Content, level: int, parent: int) -> Iterator[str]:
    yield _segment("HL", str(level), str(parent), "22", "0")
    yield _segment("SBR", "P", "18", "", "", "", "", "", "", claim.filing)
    yield _segment(
        "NM1", "IL", "1", plain(claim.family), plain(claim.given, 35), "", "", "", "MI", plain(claim.member_id, 80)
    )
    yield _segment("N3", plain(claim.address.street, 55))
    yield _segment("N4", plain(claim.address.city, 30), claim.address.state, claim.address.postal)
    yield _segment("DMG", "D8", claim.born.replace("-", ""), claim.sex)
    yield _segment("NM1", "PR", "2", plain(claim.payer), "", "", "", "", "PI", plain(claim.payer_id, 80))


def _claim(claim: Content) -> Iterator[str]:
    yield _segment(
        "CLM", claim.control, money(claim.total), "", "", f"{claim.place}:B:{claim.frequency}", "Y", "A", "Y", "Y"
    )
    if claim.authorization:
        yield _segment("REF", "G1", plain(claim.authorization, 50))
    if claim.original:
        yield _segment("REF", "F8", plain(claim.original, 50))
    codes = [code.replace(".", "") for code in claim.diagnoses]
    yield _segment("HI", *[f"{'ABK' if place == 0 else 'ABF'}:{code}" for place, code in enumerate(codes)])
    if claim.referring is not None:
        yield _person("DN", claim.referring)
    yield _person("82", claim.rendering)
    for number, line in enumerate(claim.services, start=1):
        authorization = "" if claim.authorization else line.authorization
        yield from _line(line, number, authorization)


@lru_cache(maxsize=2048)
def _person(kind: str, person: ProviderName) -> str:
    """A provider's segment. Cached: a practice's claims name the same few providers."""
    return _segment("NM1", kind, "1", plain(person.family), plain(person.given, 35), "", "", "", "XX", person.npi)


def _line(line: Service, number: int, authorization: str) -> Iterator[str]:
    """The segments of a line; `authorization` is its own number, if the claim has none for all lines."""
    procedure = ":".join(["HC", line.code, *line.modifiers[:4]])
    pointers = ":".join(str(pointer) for pointer in line.pointers[:4])
    yield _segment("LX", str(number))
    yield _segment("SV1", procedure, money(line.charge), "UN", str(line.units), line.place, "", pointers)
    yield _segment("DTP", "472", "D8", line.dos.replace("-", ""))
    if authorization:
        yield _segment("REF", "G1", plain(authorization, 50))
    yield _segment("REF", "6R", line.control.upper())
    if line.ordering is not None:
        yield _person("DK", line.ordering)
    if line.referring is not None:
        yield _person("DN", line.referring)
