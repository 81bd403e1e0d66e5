"""Cuts an answer file into interchanges and transactions. Pure.

A download may hold several interchanges, each with its own separators. One that is cut short or has wrong counts is
refused by itself, and named; the others are read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rpm_portal.core.refusals import Refused


class X12Refused(Refused):
    """A file, interchange or transaction that is refused; the message is for the user."""


Segment = list[str]
MAX_BYTES = 20 * 1024 * 1024
_ISA_LENGTH = 106
# The beginning of an ISA segment, whose elements have fixed lengths.
_ISA = re.compile(r"ISA([^0-9A-Za-z\s])\d\d\1.{10}\1\d\d\1.{10}\1", re.DOTALL)
_BETWEEN = "\r\n \t\0"
_OTHER_FILES = ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a ZIP archive; unpack it and upload the files in it"))


def element(segment: Segment, place: int) -> str:
    """An element of a segment by its number; empty if it is absent."""
    return segment[place] if place < len(segment) else ""


@dataclass(slots=True)
class Transaction:
    """One transaction set, from ST to SE, or the TA1 segments of an interchange (`code` TA1)."""

    code: str
    guide: str
    number: str
    group: Segment
    segments: list[Segment]


@dataclass(slots=True)
class Interchange:
    """One interchange: its envelope, the transactions in it, or why it is refused."""

    isa: Segment
    transactions: list[Transaction] = field(default_factory=list)
    problem: str = ""

    @property
    def control(self) -> str:
        """ISA13."""
        return element(self.isa, 13)[:9]

    @property
    def sender(self) -> str:
        """ISA06, without padding."""
        return element(self.isa, 6).strip()

    @property
    def sent_at(self) -> str:
        """ISA09 and ISA10: YYMMDDHHMM."""
        return f"{element(self.isa, 9)}{element(self.isa, 10)}"[:10]

    @property
    def is_trial(self) -> bool:
        """Whether ISA15 marks it as a trial."""
        return element(self.isa, 15) == "T"

    @property
    def component(self) -> str:
        """The separator inside of an element (ISA16)."""
        return element(self.isa, 16) or ":"


def interchanges(body: bytes) -> list[Interchange]:
    """The interchanges of a file, in their order. Raises X12Refused if it contains none."""
    text = _text(body)
    starts = [match.start() for match in _ISA.finditer(text)]
    if not starts or text[: starts[0]].strip(_BETWEEN):
        raise X12Refused("This is not an X12 file: it does not begin with ISA. Choose a 999, 277CA, TA1 or 835.")
    ends = [*starts[1:], len(text)]
    return [_interchange(text[start:end]) for start, end in zip(starts, ends, strict=True)]


def _text(body: bytes) -> str:
    if not body:
        raise X12Refused("This file is empty. Download it again from the payer or clearinghouse.")
    if len(body) > MAX_BYTES:
        raise X12Refused("This file is larger than 20 MB. Ask for one file a day or week.")
    for start, name in _OTHER_FILES:
        if body.startswith(start):
            raise X12Refused(f"This is {name}. Choose a 999, 277CA, TA1 or 835.")
    return body.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _interchange(text: str) -> Interchange:
    if len(text) < _ISA_LENGTH:
        return Interchange(text.split(text[3]), problem="It is cut short.")
    separator, end = text[3], text[105]
    isa = text[:105].replace("\0", " ").split(separator)
    if len(isa) != 17 or end in _BETWEEN.replace("\n", "").replace("\r", ""):
        return Interchange(isa, problem="Its ISA segment does not have 16 elements.")
    rest = text[_ISA_LENGTH:].replace("\0", "").split(end)
    segments = [part.strip(_BETWEEN).split(separator) for part in rest if part.strip(_BETWEEN)]
    found = Interchange(isa)
    try:
        found.transactions = list(_transactions(isa, segments))
    except X12Refused as refusal:
        found.problem = refusal.message
    return found


def _transactions(isa: Segment, segments: list[Segment]) -> Iterator[Transaction]:
    if not segments or segments[-1][0] != "IEA" or element(segments[-1], 2) != element(isa, 13):
        raise X12Refused("It is cut short: its end does not match its beginning.")
    groups = list(_groups(segments[:-1]))
    if not _counts(segments[-1], len(groups)):
        raise X12Refused("Its count of groups is wrong; the file was changed or cut.")
    if acknowledged := [segment for segment in segments if segment[0] == "TA1"]:
        yield Transaction("TA1", "", "", [], acknowledged)
    for group in groups:
        yield from _sets(group)


def _groups(segments: list[Segment]) -> Iterator[list[Segment]]:
    """The functional groups, each from GS to GE."""
    group: list[Segment] = []
    for segment in segments:
        if segment[0] == "GS" and group:
            raise X12Refused("A group in it has no end; the file was changed or cut.")
        if segment[0] == "GS" or group:
            group.append(segment)
        elif segment[0] != "TA1":
            raise X12Refused("It contains segments outside a group; the file was changed or cut.")
        if segment[0] == "GE":
            yield group
            group = []
    if group:
        raise X12Refused("A group in it has no end; the file was changed or cut.")


def _sets(group: list[Segment]) -> Iterator[Transaction]:
    """The transaction sets of a group, with their counts checked."""
    head, end = group[0], group[-1]
    starts = [place for place, segment in enumerate(group) if segment[0] == "ST"]
    stops = [place for place, segment in enumerate(group) if segment[0] == "SE"]
    if not _counts(end, len(starts)) or element(end, 2) != element(head, 6) or len(starts) != len(stops):
        raise X12Refused("Its count of transactions is wrong; the file was changed or cut.")
    for start, stop in zip(starts, stops, strict=True):
        if stop < start or not _counts(group[stop], stop - start + 1):
            raise X12Refused("A transaction's count of segments is wrong; the file was changed or cut.")
        first = group[start]
        guide = element(first, 3) or element(head, 8)
        yield Transaction(element(first, 1), guide, element(first, 2), head, group[start + 1 : stop])


def _counts(segment: Segment, count: int) -> bool:
    """Whether the first element of a segment is this count."""
    text = element(segment, 1).strip()
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) == count
