"""What a line rests on, found again in the decision that proposed it.

A line that a computation proposed repeats no reason: its decision keeps each finding once and, for each line, the
places of the findings that bear on it. The two find each other by the line's key, which holds the digest over just
those reasons. Lines that people put in (raised, adjusted), and those from before decision 14, carry their own.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection

from rpm_portal.core.db.any_of import written

# The first decision that proposed a line stands for all that did: the digest in the key is over the same reasons. What
# a decision says is fetched once, for all of its lines.
_ASKED = """
WITH mine AS (
  SELECT DISTINCT ON (w.id) w.id, d.id AS decision_id, array_position(d.proposed, w.key) - 1 AS place
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS w(id, close_id, enrollment_id, key)
  JOIN billing_keptdecision d
    ON d.close_id = w.close_id AND d.enrollment_id = w.enrollment_id AND w.key = ANY(d.proposed)
  ORDER BY w.id, d.id
)
SELECT d.findings_json, d.grounds, array_agg(mine.id), array_agg(mine.place)
FROM mine JOIN billing_keptdecision d ON d.id = mine.decision_id GROUP BY d.id
"""


def key_of(line: Any) -> str:
    """What a decision and its line know each other by, and what a close's digest is made of: enrollment, code, date,
    digest.
    """
    return f"{line.enrollment_id}|{line.code}|{line.dos.isoformat()}|{line.digest}"


def with_reasons(lines: Iterable[Any]) -> list[Any]:
    """The lines, each with `because` filled in. One statement for all that have none of their own, or none.

    Raises LookupError where the decision a line rests on is not on file: a line without its reasons must not be shown.
    """
    given = list(lines)
    bare = [line for line in given if line.own_reasons is None]
    if not bare:
        return given
    keys = [written(getattr(line, name) for line in bare) for name in ("pk", "close_id", "enrollment_id")]
    found: dict[int, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, [*keys, [line.key for line in bare]])
        for said, grounds, mine, places in cursor:
            findings, rests = json.loads(said), json.loads(grounds)
            found |= {pk: _reasons(place, rests, findings) for pk, place in zip(mine, places, strict=True)}
    for line in bare:
        if line.pk not in found:
            raise LookupError(f"The decision that line {line.public_id} rests on is not on file.")
        line.reasons = found[line.pk]
    return given


def _reasons(place: int, grounds: dict[str, list[Any]], said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings of one line; where a finding asked a parameter, with where the policy had it from."""
    sources = grounds["sources"]
    return [
        said[one] if source is None else {**said[one], "source": sources[source]}
        for one, source in grounds["lines"][place]
    ]


def grounds_of(lines: Iterable[list[tuple[int, str]]]) -> str:
    """A decision's grounds as JSON text: of each line the places of its findings, and each source (JSON) once."""
    known: dict[str, int] = {}
    told = []
    for line in lines:
        pairs = [f"[{place}, {known.setdefault(source, len(known)) if source else 'null'}]" for place, source in line]
        told.append(f"[{', '.join(pairs)}]")
    return f'{{"lines": [{", ".join(told)}], "sources": [{", ".join(known)}]}}'
