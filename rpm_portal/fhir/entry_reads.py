"""Entries of a batch with the method GET: reads and searches."""

from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from rpm_portal.fhir.accesses import record_given
from rpm_portal.fhir.bundles import Reader
from rpm_portal.fhir.entry_answers import WriteAnswer
from rpm_portal.fhir.outcomes import FhirError, Issue, not_found
from rpm_portal.fhir.registry import registry
from rpm_portal.fhir.search import read, search
from rpm_portal.fhir.tokens import Caller
from rpm_portal.fhir.versions import version_headers


def entry_reader(caller: Caller | None, *, base: str, now: datetime) -> Reader:
    """A function that answers a GET entry by its relative address. It raises FhirError."""

    def answer(url: str) -> WriteAnswer:
        """The answer to one entry."""
        if caller is None:
            raise FhirError(401, Issue("login", "The key of a source only writes. Reading needs an access token."))
        parts = urlsplit(url.removeprefix(base))
        name, _, own = parts.path.strip("/").partition("/")
        kind = registry().get(name)
        if kind is None:
            raise not_found("resource type")
        if own:
            resource, row = read(caller, kind, own)
            record_given(caller, kind, [row], "fhir_read", now=now)
            return WriteAnswer(200, resource=resource, headers=version_headers(resource))
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        result = search(caller, kind, pairs, base=f"{base}{kind.name}", now=now)
        names = sorted({parameter[:40] for parameter, _ in pairs})
        record_given(caller, kind, result.rows, "fhir_search", now=now, parameters=names)
        return WriteAnswer(200, resource=result.bundle)

    return answer
