"""Conditional create: the search by identifier in If-None-Exist, and the readings that it finds."""

from urllib.parse import parse_qsl

from django.db.models import QuerySet

from monitoring.models import Reading, Source
from monitoring.readings.states import current_rows
from rpm_portal.fhir.outcomes import FhirError, Issue
from rpm_portal.fhir.resources.observations import named

MAX_MATCHES = 2
_ONLY_IDENTIFIER = "The condition of a create is one identifier: identifier=system|value."


def condition_of(header: str, query: list[tuple[str, str]]) -> str:
    """The identifier of a conditional create; empty for a create without a condition.

    The condition is in If-None-Exist, or in the query of the address, where fhirpy puts it. Raises FhirError.
    """
    if header:
        pairs = parse_qsl(header.strip().removeprefix("?"), keep_blank_values=True)
        return _identifier_of(pairs, status=412)
    query = [(name, value) for name, value in query if name not in {"_format", "_pretty"}]
    return _identifier_of(query, status=400) if query else ""


def _identifier_of(pairs: list[tuple[str, str]], *, status: int) -> str:
    names = [name for name, _ in pairs]
    if names != ["identifier"] or not pairs[0][1] or "\x00" in pairs[0][1]:
        raise FhirError(status, Issue("not-supported", _ONLY_IDENTIFIER))
    return pairs[0][1]


def matching_reading(source: Source, condition: str) -> Reading | None:
    """The one reading of this sender's practice with the identifier; None if there is none. Raises FhirError 412."""
    rows: QuerySet[Reading] = current_rows(Reading.objects.select_related("enrollment__patient", "device"))
    found = list(rows.filter(named(condition), practice=source.practice_id).order_by("pk")[:MAX_MATCHES])
    if len(found) > 1:
        raise FhirError(412, Issue("multiple-matches", "Several readings have this identifier. Nothing was stored."))
    return found[0] if found else None
