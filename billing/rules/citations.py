"""Citations: the published documents that support a value of the rules, or the statement that nobody has read one."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

# At the end of the title of a document that another source cites and that nobody opened for this file.
NOT_READ = "(not read)"
# A document of these hosts has hundreds of pages, so a source in it names the page.
_PAGED_HOSTS = ("https://www.federalregister.gov/", "https://www.govinfo.gov/", "https://govinfo.gov/")


# A table of a rules file, or an object of its JSON form: the values are checked where they are read.
Table = Mapping[str, Any]


class CitationError(ValueError):
    """A citation that is not valid; the message says what to write."""


class CitedSource(NamedTuple):
    """A published document: title, address, and page or section if the document has several."""

    title: str
    href: str
    page: str = ""


class Citation(NamedTuple):
    """What a value rests on.

    If `unverified`, nobody has read a text of the authority that says it, and `sources` are what others write about it.
    `note` is how we read the sources, or the document that a payer's exception names.
    """

    sources: tuple[CitedSource, ...] = ()
    unverified: bool = False
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The citation without empty fields, as it is stored with a decision."""
        sources = [{key: text for key, text in source._asdict().items() if text} for source in self.sources]
        fields: dict[str, object] = {"sources": sources, "unverified": self.unverified, "note": self.note}
        return {key: value for key, value in fields.items() if value}

    @property
    def text(self) -> str:
        """The citation in one line of plain text, with addresses."""
        return citation_text(self.as_json())


def citation_text(citation: Table) -> str:
    """A citation as `Citation.as_json` returns it, in one line of plain text; empty for an empty one."""
    documents = [source_text(source) for source in citation.get("sources", ())]
    parts = ["Not verified."] if citation.get("unverified") else []
    return " ".join([*parts, *([f"{'; '.join(documents)}."] if documents else []), citation.get("note", "")]).strip()


def source_text(source: Mapping[str, str]) -> str:
    """A source as plain text: title, page and address."""
    return ", ".join(source[key] for key in ("title", "page", "href") if source.get(key))


def read_citation(table: Table, *, inherited: Citation | None = None) -> Citation:
    """The citation of a table or a value in a rules file; `inherited` if the value has none of its own.

    Raises CitationError if there is neither a source nor `unverified = true`, or if one is not complete.
    """
    if not {"sources", "unverified", "note"} & set(table) and inherited is not None:
        return inherited
    unverified = table.get("unverified", False)
    if not isinstance(unverified, bool):
        raise CitationError("unverified takes true or false")
    sources = tuple(_read_sources(table.get("sources", [])))
    if not sources and not unverified:
        raise CitationError("needs sources = [{ title, href, page }] or unverified = true")
    if not unverified and all(source.title.endswith(NOT_READ) for source in sources):
        raise CitationError("needs unverified = true, because no source of it was read")
    note = table.get("note", "")
    if not isinstance(note, str):
        raise CitationError("note takes a text")
    return Citation(sources, unverified, note)


def _read_sources(rows: object) -> Iterable[CitedSource]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise CitationError("sources takes a list like [{ title, href, page }]")
    for row in rows:
        if unknown := set(row) - set(CitedSource._fields):
            raise CitationError(f"a source has no {min(unknown)!r}; write title, href, page")
        if not all(isinstance(text, str) and text.strip() for text in row.values()) or "title" not in row:
            raise CitationError("a source needs a title, and no field of it is empty")
        if not str(row.get("href", "")).startswith(("https://", "http://")):
            raise CitationError(f"the source {row['title']!r} needs an href that begins with https://")
        if str(row["href"]).startswith(_PAGED_HOSTS) and "page" not in row:
            raise CitationError(f"the source {row['title']!r} needs a page")
        yield CitedSource(**row)
