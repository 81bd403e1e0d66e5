"""Claims as an 837P file (005010X222A1), written segment by segment as a stream."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from billing.claims.formats.content import Address, Content, ProviderName, Service

_NOT_BASIC = re.compile(r"[^A-Z0-9 !\"&'()+,\-./;?=%@]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender, receiver, time and interchange control number (1 to 999999999); `test` marks a test file.

    Numbers of the group and of the transaction that are empty are the IDs of sender and receiver.
    """

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
    submitter_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    group_sender: str = ""
    group_receiver: str = ""
    submitter_number: str = ""
    receiver_number: str = ""
    acknowledged: bool = False


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
        envelope.submitter_qualifier,
        f"{plain(envelope.submitter_id):<15}"[:15],
        envelope.receiver_qualifier,
        f"{plain(envelope.receiver_id):<15}"[:15],
        f"{at:%y%m%d}",
        f"{at:%H%M}",
        "^",
        "00501",
        control,
        "1" if envelope.acknowledged else "0",
        "T" if envelope.test else "P",
        ":",
        keep_empty=True,
    )
    yield _segment(
        "GS",
        "HC",
        plain(envelope.group_sender or envelope.submitter_id),
        plain(envelope.group_receiver or envelope.receiver_id),
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
    submitter, receiver = envelope.submitter_number, envelope.receiver_number
    yield _organization("41", envelope.submitter, "46", plain(submitter or envelope.submitter_id))
    yield _segment("PER", "IC", plain(envelope.contact), "TE", re.sub(r"\D", "", envelope.phone)[:10])
    yield _organization("40", envelope.receiver, "46", plain(receiver or envelope.receiver_id))
    level = 0
    for of_provider in _by_billing_provider(claims):
        level += 1
        parent = level
        yield from _billing(of_provider[0], level)
        for claim in of_provider:
            level += 1
            yield from _subscriber(claim, level, parent)
            yield from _claim(claim)


def _by_billing_provider(claims: Iterable[Content]) -> Iterable[list[Content]]:
    """The claims of each billing provider, in the order in which the first of each comes."""
    groups: dict[tuple[object, ...], list[Content]] = {}
    for claim in claims:
        groups.setdefault(claim.billing_key, []).append(claim)
    return groups.values()


def _organization(kind: str, name: str, id_kind: str, number: str) -> str:
    """The name segment of an organization; without its number if that is empty."""
    return _segment("NM1", kind, "2", plain(name), "", "", "", "", *([id_kind, number] if number else []))


def _address(address: Address) -> Iterator[str]:
    yield _segment("N3", plain(address.street, 55))
    yield _segment("N4", plain(address.city, 30), address.state, address.postal)


def _billing(claim: Content, level: int) -> Iterator[str]:
    yield _segment("HL", str(level), "", "20", "1")
    yield _segment("PRV", "BI", "PXC", claim.taxonomy)
    yield _organization("85", claim.practice, "XX", claim.practice_npi)
    yield from _address(claim.practice_address)
    yield _segment("REF", claim.tax_id_kind, claim.tax_id)
    if claim.pay_to is not None:
        yield _segment("NM1", "87", "2")
        yield from _address(claim.pay_to)


def _subscriber(claim: Content, level: int, parent: int) -> Iterator[str]:
    yield _segment("HL", str(level), str(parent), "22", "0")
    yield _segment("SBR", "P", "18", "", "", "", "", "", "", claim.filing)
    yield _segment(
        "NM1", "IL", "1", plain(claim.family), plain(claim.given, 35), "", "", "", "MI", plain(claim.member_id, 80)
    )
    yield from _address(claim.address)
    yield _segment("DMG", "D8", claim.born.replace("-", ""), claim.sex)
    yield _organization("PR", claim.payer, "PI", plain(claim.payer_id, 80))


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
    yield from _providers(claim)
    for number, line in enumerate(claim.services, start=1):
        authorization = "" if claim.authorization else line.authorization
        yield from _line(line, number, authorization)


def _providers(claim: Content) -> Iterator[str]:
    """Loops 2310A to 2310D: referring, rendering, service location, supervising."""
    if claim.referring is not None:
        yield _person("DN", claim.referring)
    yield _person("82", claim.rendering)
    if claim.rendering.taxonomy:
        yield _segment("PRV", "PE", "PXC", claim.rendering.taxonomy)
    if claim.location is not None:
        yield _organization("77", claim.location.name, "XX", claim.location.npi)
        yield from _address(claim.location.address)
    if claim.supervising is not None:
        yield _person("DQ", claim.supervising)


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
