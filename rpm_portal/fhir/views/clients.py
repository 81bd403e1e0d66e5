"""Views: the page of the clients of the FHIR server, with their keys and scopes."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.fhir.clients import change_client, register_client, revoke_client
from rpm_portal.fhir.forms import FhirClientForm
from rpm_portal.fhir.models import FhirClient


def _list_page(
    request: PortalRequest, *, form: FhirClientForm | None = None, error: str = "", new: FhirClient | None = None
) -> HttpResponse:
    rows = FhirClient.objects.for_practice(request.practice).select_related("made_by", "revoked_by")
    context = {
        "rows": rows.order_by("revoked_at", "name"),
        "form": form or FhirClientForm(by=request.membership),
        "error": error,
        "new_client": new,
        "base": request.build_absolute_uri(reverse("fhir:base")),
        "token_url": request.build_absolute_uri(reverse("fhir:token")),
    }
    return render(request, "fhir/clients.html", context, status=422 if error else 200)


@allow(Permission.MANAGE_SOURCES)
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def clients(request: PortalRequest) -> HttpResponse:
    """List the clients, and register one after password and second factor."""
    if request.method == "GET":
        return _list_page(request)
    form, now = FhirClientForm(request.POST, by=request.membership), timezone.now()
    if not form.is_valid():
        return _list_page(request, form=form, error="Not saved. Correct the marked fields.")
    try:
        sign_with_both(request, act="register_fhir_client", now=now)
        new = register_client(**{"clinics": [], **form.cleaned_data}, by=request.membership, now=now)
    except Refused as refusal:
        _mark(form, refusal)
        return _list_page(request, form=form, error=refusal.message)
    return _list_page(request, new=new)


def _mark(form: FhirClientForm, refusal: Refused) -> None:
    """Show a refusal at its field."""
    if refusal.field in form.fields:
        form.add_error(refusal.field, refusal.message)


def _client_page(
    request: PortalRequest, row: FhirClient, *, form: FhirClientForm | None = None, error: str = "", done: str = ""
) -> HttpResponse:
    context = {
        "client": row,
        "kids": [key["kid"] for key in row.jwks["keys"]],
        "form": form or FhirClientForm(by=request.membership, client=row),
        "error": error,
        "done": done,
    }
    return render(request, "fhir/client.html", context, status=422 if error else 200)


@allow(Permission.MANAGE_SOURCES)
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def client(request: PortalRequest, public_id: str) -> HttpResponse:
    """One client: its last use and refusal, and a change of keys, scopes, clinics and rate."""
    row = get_object_or_404(FhirClient.objects.for_practice(request.practice), public_id=public_id)
    if request.method == "GET":
        return _client_page(request, row)
    form, now = FhirClientForm(request.POST, by=request.membership, client=row), timezone.now()
    if not form.is_valid():
        return _client_page(request, row, form=form, error="Not saved. Correct the marked fields.")
    try:
        sign_with_both(request, act="change_fhir_client", now=now)
        row = change_client(client=row, **{"clinics": [], **form.cleaned_data}, by=request.membership, now=now)
    except Refused as refusal:
        _mark(form, refusal)
        return _client_page(request, row, form=form, error=refusal.message)
    return _client_page(request, row, done="Saved. Its tokens ended; it asks for a new one.")


def _refused_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    row = get_object_or_404(FhirClient.objects.for_practice(request.practice), public_id=public_id)
    return _client_page(request, row, error=refusal.message)


@allow(Permission.MANAGE_SOURCES)
@sensitive_post_parameters("password", "code")
@require_POST
@answer_refusals(_refused_page)
def revoke(request: PortalRequest, public_id: str) -> HttpResponse:
    """Revoke a client after password and second factor; its tokens end at once."""
    row = get_object_or_404(FhirClient.objects.for_practice(request.practice), public_id=public_id)
    now = timezone.now()
    sign_with_both(request, act="revoke_fhir_client", now=now)
    revoke_client(client=row, by=request.membership, now=now)
    return redirect("fhir:clients")
