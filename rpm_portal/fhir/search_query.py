"""A search as it was asked: its conditions, order, page size and total. No database access."""

from dataclasses import dataclass, field, replace

from django.db.models import Q

from rpm_portal.fhir.outcomes import FhirError, Issue, not_supported
from rpm_portal.fhir.parameters import moment_in, split_values
from rpm_portal.fhir.registry import ResourceType

DEFAULT_COUNT, MAX_COUNT, MAX_PARAMETERS = 50, 250, 50
Pairs = list[tuple[str, str]]
# They narrow a search, so ignoring one would give out more than was asked for.
_NARROWING = {"_text", "_content", "_list", "_filter", "_query", "_tag", "_profile", "_security", "_source", "_type"}
_MEDIA = {"json", "application/json", "application/fhir+json", "text/json"}
_UPDATED = moment_in("updated")


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search: conditions, order (empty for the order of storing), page size, total, includes, and what was ignored.

    `by_update` is whether `_lastUpdated` is part of it. `pairs` repeats what was used.
    """

    condition: Q = field(default_factory=Q)
    sort: str = ""
    descending: bool = False
    count: int = DEFAULT_COUNT
    only_total: bool = False
    with_total: bool = False
    by_update: bool = False
    includes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


def parse_query(kind: ResourceType, pairs: Pairs, *, zone: str) -> SearchQuery:
    """The search that these parameters ask for. Raises FhirError for an unknown one."""
    if len(pairs) > MAX_PARAMETERS:
        raise not_supported(f"A search has at most {MAX_PARAMETERS} parameters.")
    query = SearchQuery()
    known = {row.name: row for row in kind.parameters}
    for name, value in pairs:
        if name in known:
            query = replace(query, condition=query.condition & known[name].filter(value, zone))
        elif name.startswith("_"):
            query = _with_control(kind, query, name, value, zone)
        else:
            raise _unknown(kind, name)
        if name not in query.ignored:
            query = replace(query, pairs=(*query.pairs, (name, value)))
    return query


def _unknown(kind: ResourceType, name: str) -> FhirError:
    names = ", ".join(["_id", *(row.name for row in kind.parameters), *(["_lastUpdated"] if kind.updated else [])])
    text = f"{name[:60]!r} is not a search parameter of {kind.name} here. There are: {names}."
    return FhirError(400, Issue("not-supported", text))


def _with_control(kind: ResourceType, query: SearchQuery, name: str, value: str, zone: str) -> SearchQuery:
    """The search with a parameter whose name begins with an underscore. Others are ignored if they are no filter."""
    if name == "_id":
        return replace(query, condition=query.condition & _ids(kind, value))
    if name == "_lastUpdated" and kind.updated:
        return replace(query, condition=query.condition & _UPDATED(value, zone), by_update=True)
    if name == "_count":
        return _with_count(query, value)
    if name == "_sort":
        return _with_sort(kind, query, value)
    if name == "_total" or (name == "_summary" and value in {"count", "false"}):
        return replace(
            query,
            with_total=query.with_total or value in {"accurate", "count"},
            only_total=query.only_total or value == "count",
        )
    if name == "_include" and value in kind.includes:
        return replace(query, includes=(*query.includes, value))
    if name == "_format":
        check_format(value)
        return query
    if name in _NARROWING or name == "_lastUpdated" or name.startswith("_has") or ":" in name:
        raise _unknown(kind, name)
    return replace(query, ignored=(*query.ignored, name))


def _ids(kind: ResourceType, text: str) -> Q:
    condition = Q(pk__in=[])
    for own in split_values(text):
        found = kind.find(own)
        condition = condition | found if found is not None else condition
    return condition


def _with_count(query: SearchQuery, value: str) -> SearchQuery:
    if not value.isascii() or not value.isdecimal() or len(value) > 9:
        raise not_supported("_count must be a whole number.")
    count = min(int(value), MAX_COUNT)
    return replace(query, count=count) if count else replace(query, only_total=True, with_total=True)


def _with_sort(kind: ResourceType, query: SearchQuery, value: str) -> SearchQuery:
    name = value.removeprefix("-")
    if name not in kind.sorts:
        names = ", ".join(kind.sorts) or "nothing"
        raise not_supported(f"{kind.name} is sorted by one of: {names}. A minus in front reverses the order.")
    return replace(
        query,
        sort=kind.sorts[name],
        descending=value.startswith("-"),
        by_update=query.by_update or name == "_lastUpdated",
    )


def check_format(value: str) -> None:
    """Raises FhirError if a format is not JSON."""
    # A plus sign in a query string is a space.
    if value.strip().lower().replace(" ", "+") not in _MEDIA:
        raise FhirError(406, Issue("not-supported", "This server answers in JSON only: application/fhir+json."))
