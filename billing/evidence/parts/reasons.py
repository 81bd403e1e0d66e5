"""The reasons of each line with the numbers of their sources, and the numbered sources."""

from collections.abc import Iterable, Sequence
from typing import Any

from billing.evidence.packet import Part
from billing.evidence.sources import Sources
from billing.models import ClaimLine

_REASON_COLUMNS = ("Code", "Result", "Reason", "Sources")
_SOURCE_COLUMNS = ("No.", "Title", "Page", "Address")
# Number by title, page and address, in the order in which the reasons first name them.
Numbers = dict[tuple[str, str, str], int]


def part(_: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The reasons of the lines, with the numbers of their sources."""
    return Part.of("reasons", "Why each code", "Support of each code", _REASON_COLUMNS, _reasons(lines, {}))


def sources_part(_: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The documents that the reasons of the lines cite, each once, by number."""
    numbers: Numbers = {}
    _reasons(lines, numbers)
    rows = [(number, *source) for source, number in numbers.items()]
    return Part.of("sources", "Sources of the rules", "", _SOURCE_COLUMNS, rows)


def _reasons(lines: Iterable[ClaimLine], numbers: Numbers) -> list[tuple[object, ...]]:
    return [
        (line.code, reason["gravity"], reason["says"], _references(reason.get("citation", {}), numbers))
        for line in lines
        for reason in line.because
    ]


def _references(citation: dict[str, Any], numbers: Numbers) -> str:
    """The numbers of a citation's sources, whether it is verified, and its note. A new source gets the next number."""
    keys = [(source["title"], source.get("page", ""), source["href"]) for source in citation.get("sources", [])]
    texts = [", ".join(str(numbers.setdefault(key, len(numbers) + 1)) for key in keys)]
    texts += ["not verified" if citation.get("unverified") else "", citation.get("note", "")]
    return "; ".join(text for text in texts if text)
