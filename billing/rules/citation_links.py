"""Citations of a page in Markdown."""

from collections.abc import Iterator

from billing.rules.citations import Citation


class CitationLinks:
    """Writes citations with numbered links, and the list of addresses for the end of the page, each once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def text(self, citation: Citation) -> str:
        """A citation: the documents as links, whether it is verified, and the note."""
        links = [
            f"[{source.title}][{self._number(source.href)}]" + (f", {source.page}" if source.page else "")
            for source in citation.sources
        ]
        parts = [f"Source: {'; '.join(links)}."] if links else []
        parts += ["Not verified."] if citation.unverified else []
        return " ".join([*parts, citation.note]).strip()

    def addresses(self) -> Iterator[str]:
        """The lines that give each number its address, for the citations written so far."""
        for address, number in self._numbers.items():
            yield f"[{number}]: {address}"

    def _number(self, address: str) -> int:
        return self._numbers.setdefault(address, len(self._numbers) + 1)
