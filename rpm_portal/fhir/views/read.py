"""Views: what the server can do, and reading, searching and versions of resources."""

import base64

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from rpm_portal.fhir.accesses import record_given
from rpm_portal.fhir.capabilities import capability_statement, smart_configuration
from rpm_portal.fhir.outcomes import FhirError, Issue, not_found
from rpm_portal.fhir.registry import ResourceType, registry
from rpm_portal.fhir.search import read, search
from rpm_portal.fhir.versions import read_version, version_headers
from rpm_portal.fhir.views.answers import PDF, fhir_answer, fhir_view
from rpm_portal.fhir.views.credentials import required_caller


def base_url(request: HttpRequest) -> str:
    """The absolute address of the server, with its last slash."""
    return f"{request.build_absolute_uri(reverse('fhir:base'))}/"


def type_named(kind: str) -> ResourceType:
    """A resource type of this server. Raises FhirError 404."""
    found = registry().get(kind)
    if found is None:
        names = ", ".join(registry())
        raise FhirError(404, Issue("not-supported", f"{kind[:40]!r} is not here. This server has: {names}."))
    return found


@fhir_view("GET", "HEAD")
def metadata(request: HttpRequest) -> HttpResponse:
    """The CapabilityStatement, without a token."""
    return fhir_answer(capability_statement(list(registry().values()), base=base_url(request).rstrip("/")))


@fhir_view("GET", "HEAD")
def smart(request: HttpRequest) -> HttpResponse:
    """The SMART configuration, without a token."""
    token_url = request.build_absolute_uri(reverse("fhir:token"))
    answer = fhir_answer(smart_configuration(list(registry().values()), token_url=token_url))
    answer["Content-Type"] = "application/json"
    return answer


def search_answer(request: HttpRequest, kind: ResourceType, pairs: list[tuple[str, str]]) -> HttpResponse:
    """One page of a search, recorded in the audit with the names of its parameters."""
    caller, now = required_caller(request), timezone.now()
    result = search(caller, kind, pairs, base=f"{base_url(request)}{kind.name}", now=now)
    names = sorted({name[:40] for name, _ in pairs})
    record_given(caller, kind, result.rows, "fhir_search", now=now, parameters=names)
    return fhir_answer(result.bundle)


def query_pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """The parameters of the address, in no particular order of different names."""
    return [(name, value) for name, values in request.GET.lists() for value in values]


@fhir_view("POST")
def search_by_post(request: HttpRequest, kind: str) -> HttpResponse:
    """A search whose parameters are in the body, so that names are in no address."""
    required_caller(request)
    if request.content_type != "application/x-www-form-urlencoded":
        raise FhirError(415, Issue("not-supported", "Send the parameters as application/x-www-form-urlencoded."))
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    return search_answer(request, type_named(kind), [*query_pairs(request), *pairs])


def read_answer(request: HttpRequest, kind: ResourceType, own: str) -> HttpResponse:
    """One resource."""
    caller, now = required_caller(request), timezone.now()
    resource, row = read(caller, kind, own)
    record_given(caller, kind, [row], "fhir_read", now=now)
    if kind.name == "Binary" and request.headers.get("Accept", "").lower().startswith(PDF):
        return HttpResponse(base64.b64decode(str(resource["data"])), content_type=PDF)
    return fhir_answer(resource, headers=version_headers(resource))


@fhir_view("GET", "HEAD")
def version(request: HttpRequest, kind: str, own: str, number: str) -> HttpResponse:
    """One version of an Observation."""
    caller, now = required_caller(request), timezone.now()
    found = type_named(kind)
    if not found.is_created:
        raise not_found(f"version of a {found.name}")
    resource, row = read_version(caller, found, own, number)
    record_given(caller, found, [row], "fhir_read", now=now, version=number[:9])
    return fhir_answer(resource, headers=version_headers(resource))


@fhir_view("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def unknown(request: HttpRequest, path: str = "") -> HttpResponse:
    """An address that does not exist."""
    raise FhirError(404, Issue("not-found", "This address does not exist. See /api/fhir/metadata."))
