"""The parts of an evidence packet that give the reasons of its lines and the documents on which the rules rest."""

from collections.abc import Iterable
from typing import Any

from billing.evidence.packet import Part
from billing.models import ClaimLine

_REASON_COLUMNS = ("Code", "Result", "Reason", "Sources")
_SOURCE_COLUMNS = ("No.", "Title", "Page", "Address")


def reason_parts(lines: Iterable[ClaimLine]) -> tuple[Part, Part]:
    """The reasons of lines, and the sources to which they refer by number, each source once.

    One statement if the reasons are not loaded yet.
    """
    numbers: dict[tuple[str, str, str], int] = {}
    reasons = tuple(
        (line.code, reason["gravity"], reason["says"], _references(reason.get("citation", {}), numbers))
        for line in lines
        for reason in line.because
    )
    sources = tuple((str(number), *source) for source, number in numbers.items())
    return (
        Part("reasons", "Why each code", "Support of each code", _REASON_COLUMNS, reasons),
        Part("sources", "Sources of the rules", "", _SOURCE_COLUMNS, sources),
    )


def _references(citation: dict[str, Any], numbers: dict[tuple[str, str, str], int]) -> str:
    """The numbers of a citation's sources, whether it is verified, and its note. A new source gets the next number."""
    keys = [(source["title"], source.get("page", ""), source["href"]) for source in citation.get("sources", [])]
    texts = [", ".join(str(numbers.setdefault(key, len(numbers) + 1)) for key in keys)]
    texts += ["not verified" if citation.get("unverified") else "", citation.get("note", "")]
    return "; ".join(text for text in texts if text)
