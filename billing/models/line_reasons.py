"""Reasons of a claim line, read from the decision that proposed it.

A line that a computation proposed does not repeat its reasons: its decision stores each finding once and, for each
line, the places of the findings that bear on it. Line and decision find each other by the line's key, which contains
the digest of just those reasons. Lines that people added (raised, adjusted), and those from before decision record
14, carry their own.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db import connection

from rpm_portal.core.db.any_of import array_literal

# If several decisions proposed the line, the first is read: the digest in the key is over the same reasons. The
# findings of a decision are fetched once for all of its lines. Raw: the ORM cannot join a list of rows.
_REASONS_SQL = """
WITH wanted AS (
  SELECT DISTINCT ON (w.id) w.id, d.id AS decision_id, array_position(d.proposed, w.key) - 1 AS place
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS w(id, close_id, enrollment_id, key)
  JOIN billing_keptdecision d
    ON d.close_id = w.close_id AND d.enrollment_id = w.enrollment_id AND w.key = ANY(d.proposed)
  ORDER BY w.id, d.id
)
SELECT d.findings_json, d.reason_sources, array_agg(wanted.id), array_agg(wanted.place)
FROM wanted JOIN billing_keptdecision d ON d.id = wanted.decision_id GROUP BY d.id
"""


def line_key(line: Any) -> str:
    """The key that links a line to its decision, and of which a close's digest is made."""
    return f"{line.enrollment_id}|{line.code}|{line.dos.isoformat()}|{line.digest}"


def with_reasons(lines: Iterable[Any]) -> list[Any]:
    """The lines, each with `reasons` filled in. One statement for all that have none of their own, or none.

    Raises LookupError if a line's decision is not on file: a line without its reasons must not be shown.
    """
    rows = list(lines)
    computed = [line for line in rows if line.own_reasons is None]
    if not computed:
        return rows
    columns = [array_literal(getattr(line, name) for line in computed) for name in ("pk", "close_id", "enrollment_id")]
    reasons: dict[int, list[dict[str, object]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_REASONS_SQL, [*columns, [line.key for line in computed]])
        for findings_text, sources_text, line_pks, places in cursor:
            findings, sources = json.loads(findings_text), json.loads(sources_text)
            reasons |= {pk: _line_reasons(place, sources, findings) for pk, place in zip(line_pks, places, strict=True)}
    for line in computed:
        if line.pk not in reasons:
            raise LookupError(f"The decision that line {line.public_id} rests on is not on file.")
        line.reasons = reasons[line.pk]
    return rows


def _line_reasons(
    line_place: int, reason_sources: dict[str, list[Any]], findings: list[dict[str, Any]]
) -> list[dict[str, object]]:
    """The findings of one line, each with the citation of the parameter or threshold that it compared, if any."""
    documents = reason_sources["documents"]
    citations = [
        {**citation, "sources": [documents[place] for place in citation["sources"]]}
        if "sources" in citation
        else citation
        for citation in reason_sources["citations"]
    ]
    return [
        findings[place] if citation is None else {**findings[place], "citation": citations[citation]}
        for place, citation in reason_sources["lines"][line_place]
    ]


def reason_sources_json(lines: Iterable[list[tuple[int, str]]]) -> str:
    """Reason sources as JSON text: for each line the places of its findings, and each citation and document once.

    A decision cites the same few documents again and again, and their titles and addresses are its longest texts.
    """
    citations: dict[str, int] = {}
    documents: dict[str, int] = {}
    places_of_lines = []
    for line in lines:
        pairs = [
            f"[{place}, {citations.setdefault(citation, len(citations)) if citation else 'null'}]"
            for place, citation in line
        ]
        places_of_lines.append(f"[{', '.join(pairs)}]")
    short = [_with_places(citation, documents) for citation in citations]
    texts = {"lines": places_of_lines, "citations": short, "documents": documents}
    return "{" + ", ".join(f'"{key}": [{", ".join(values)}]' for key, values in texts.items()) + "}"


def _with_places(citation: str, documents: dict[str, int]) -> str:
    """A citation's JSON with the places of its documents in `documents`, to which new ones are added."""
    rest, own_documents = _split(citation)
    if not own_documents:
        return rest
    places = ", ".join(str(documents.setdefault(document, len(documents))) for document in own_documents)
    return f'{rest[:-1]}{", " if len(rest) > 2 else ""}"sources": [{places}]}}'


@lru_cache(maxsize=4096)
def _split(citation: str) -> tuple[str, tuple[str, ...]]:
    """A citation's JSON without its documents, and the JSON of each document."""
    fields = json.loads(citation)
    own_documents = tuple(json.dumps(document, sort_keys=True) for document in fields.pop("sources", []))
    return json.dumps(fields, sort_keys=True), own_documents
