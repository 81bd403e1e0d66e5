"""Reading and searching of resources, as a caller sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet

from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject, not_found, outcome
from rpm_portal.fhir.page_tokens import Place, page_token, place_of
from rpm_portal.fhir.registry import ResourceType
from rpm_portal.fhir.search_query import Pairs, SearchQuery, parse_query
from rpm_portal.fhir.tokens import Caller

# A transaction that ends late has an earlier moment of storing than rows that were given out already.
SETTLED_AFTER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class FhirSearchResult:
    """The Bundle of a search, and the rows in it for the audit."""

    bundle: JsonObject
    rows: Sequence[Model]


def require(caller: Caller, kind: ResourceType, letter: str) -> None:
    """Raises FhirError if the token's scopes do not have the letter for the type."""
    name = kind.scope_of or kind.name
    if not caller.may(name, letter):
        text = f"This token lacks the scope system/{name}.{letter}."
        raise FhirError(403, Issue("forbidden", text))


def read(caller: Caller, kind: ResourceType, own: str) -> tuple[JsonObject, Model]:
    """One resource by its id, and its row. Raises FhirError."""
    require(caller, kind, "r")
    condition = kind.find(own)
    row = kind.rows(caller).filter(condition).first() if condition is not None else None
    if row is None:
        raise not_found(kind.name)
    return kind.resources([row])[0], row


def search(caller: Caller, kind: ResourceType, pairs: Pairs, *, base: str, now: datetime) -> FhirSearchResult:
    """One page of a search; `base` is the absolute address of the type. Raises FhirError."""
    if not kind.is_searched:
        raise FhirError(405, Issue("not-supported", f"{kind.name} is read by id, and not searched."))
    require(caller, kind, "s")
    place: Place | None = None
    tokens = [value for name, value in pairs if name == "_page"]
    if tokens:
        place = place_of(tokens[0], client=caller.client.public_id, kind=kind.name)
        pairs = place.pairs
    query = parse_query(kind, pairs, zone=caller.zone)
    rows = kind.rows(caller).filter(query.condition)
    if query.by_update:
        rows = rows.filter(updated__lte=now - SETTLED_AFTER)
    bundle: JsonObject = {"resourceType": "Bundle", "type": "searchset"}
    if query.with_total:
        bundle["total"] = rows.count()
    page: list[Model] = []
    links = [{"relation": "self", "url": _address(base, list(query.pairs))}]
    if not query.only_total:
        found = list(_ordered(rows, query, place)[: query.count + 1])
        page = found[: query.count]
        if len(found) > query.count:
            token = _token_after(page[-1], caller, kind, query)
            links.append({"relation": "next", "url": _address(base, [("_page", token)])})
    bundle["link"] = links
    entries = _entries(caller, kind, query, page, base)
    if entries:
        bundle["entry"] = entries
    return FhirSearchResult(bundle, page)


def _address(base: str, pairs: Pairs) -> str:
    return f"{base}?{urlencode(pairs)}" if pairs else base


def _token_after(row: Model, caller: Caller, kind: ResourceType, query: SearchQuery) -> str:
    value = getattr(row, query.sort) if query.sort else None
    return page_token(Place(list(query.pairs), row.pk, value), client=caller.client.public_id, kind=kind.name)


def _ordered(rows: QuerySet, query: SearchQuery, place: Place | None) -> QuerySet:
    """The rows after the place, in the order of the search. Equal values are ordered by key."""
    sign, compared = ("-", "lt") if query.descending else ("", "gt")
    if not query.sort:
        return rows.filter(pk__gt=place.key).order_by("pk") if place else rows.order_by("pk")
    if place is not None:
        beyond = Q(**{f"{query.sort}__{compared}": place.sort_value})
        rows = rows.filter(beyond | Q(**{query.sort: place.sort_value, f"pk__{compared}": place.key}))
    return rows.order_by(f"{sign}{query.sort}", f"{sign}pk")


def _entries(
    caller: Caller, kind: ResourceType, query: SearchQuery, page: Sequence[Model], base: str
) -> list[JsonObject]:
    root = base.removesuffix(kind.name)
    resources = [(resource, "match") for resource in kind.resources(page)]
    for include in query.includes if page else ():
        included_kind = include.partition(":")[2].replace("subject", "Patient").replace("device", "Device")
        if caller.may(included_kind, "r"):
            resources += [(resource, "include") for resource in kind.includes[include](caller, page)]
    entries: list[JsonObject] = [
        {
            "fullUrl": f"{root}{resource['resourceType']}/{resource['id']}",
            "resource": resource,
            "search": {"mode": mode},
        }
        for resource, mode in resources
    ]
    if query.ignored:
        issue = Issue("not-supported", f"Not used: {', '.join(query.ignored)[:300]}.", severity="warning")
        entries.append({"resource": outcome(issue), "search": {"mode": "outcome"}})
    return entries
