"""Views: the settings page of a practice's EHR links, and one link with its bound accounts."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused
from rpm_portal.fhir.ehr.forms import EhrLinkForm
from rpm_portal.fhir.ehr.links import change_link, register_link, unbind_account
from rpm_portal.fhir.ehr.models import EhrLink

_INVALID = "Not saved. Correct the marked fields."


def _list_page(
    request: PortalRequest, *, form: EhrLinkForm | None = None, error: str = "", new: EhrLink | None = None
) -> HttpResponse:
    rows = EhrLink.objects.for_practice(request.practice).order_by("name")
    context = {"rows": rows, "form": form or EhrLinkForm(), "error": error, "new_link": new}
    if new is not None:
        context |= _addresses(request, new)
    return render(request, "ehr/links.html", context, status=422 if error else 200)


def _addresses(request: PortalRequest, link: EhrLink) -> dict[str, object]:
    """The addresses that an EHR's administrator enters there."""
    return {
        f"{name}_url": request.build_absolute_uri(reverse(f"ehr:{name}", args=[link.public_id]))
        for name in ("launch", "back", "start")
    }


@allow(Permission.CHANGE_SECURITY)
@sensitive_post_parameters("password", "code", "client_secret")
@require_http_methods(["GET", "POST"])
def links(request: PortalRequest) -> HttpResponse:
    """List the EHRs, and register one after password and second factor."""
    if request.method == "GET":
        return _list_page(request)
    form, now = EhrLinkForm(request.POST), timezone.now()
    if not form.is_valid():
        return _list_page(request, form=form, error=_INVALID)
    try:
        sign_with_both(request, act="register_ehr_link", now=now)
        new = register_link(
            name=form.cleaned_data["name"],
            fhir_base=form.cleaned_data["fhir_base"],
            values=form.values,
            by=request.membership,
            now=now,
        )
    except Refused as refusal:
        _mark(form, refusal)
        return _list_page(request, form=form, error=refusal.message)
    return _list_page(request, new=new)


def _mark(form: EhrLinkForm, refusal: Refused) -> None:
    """Show a refusal at its field."""
    if refusal.field in form.fields:
        form.add_error(refusal.field, refusal.message)


def _link_page(
    request: PortalRequest, row: EhrLink, *, form: EhrLinkForm | None = None, error: str = "", done: str = ""
) -> HttpResponse:
    context = {
        "link": row,
        "accounts": row.accounts.select_related("user").order_by("user__family_name"),
        "form": form or EhrLinkForm(instance=row),
        "error": error,
        "done": done,
        **_addresses(request, row),
    }
    return render(request, "ehr/link.html", context, status=422 if error else 200)


@allow(Permission.CHANGE_SECURITY)
@sensitive_post_parameters("password", "code", "client_secret")
@require_http_methods(["GET", "POST"])
def link(request: PortalRequest, public_id: str) -> HttpResponse:
    """One EHR: the addresses to enter there, its settings, and the accounts that belong to our persons."""
    row = get_object_or_404(EhrLink.objects.for_practice(request.practice), public_id=public_id)
    if request.method == "GET":
        return _link_page(request, row)
    form, now = EhrLinkForm(request.POST, instance=row), timezone.now()
    if not form.is_valid():
        return _link_page(request, row, form=form, error=_INVALID)
    try:
        sign_with_both(request, act="change_ehr_link", now=now)
        has_no_secret = form.cleaned_data.get("has_no_secret", False)
        row = change_link(link=row, values=form.values, has_no_secret=has_no_secret, by=request.membership, now=now)
    except Refused as refusal:
        _mark(form, refusal)
        return _link_page(request, row, form=form, error=refusal.message)
    return _link_page(request, row, done="Saved.")


@allow(Permission.CHANGE_SECURITY)
@sensitive_post_parameters("password", "code")
@require_POST
def remove_account(request: PortalRequest, public_id: str) -> HttpResponse:
    """Remove the binding of an account after password and second factor."""
    row = get_object_or_404(EhrLink.objects.for_practice(request.practice), public_id=public_id)
    now, account = timezone.now(), request.POST.get("account", "")
    try:
        sign_with_both(request, act="unbind_ehr_user", now=now)
        number = int(account) if account.isdecimal() and len(account) < 19 else 0
        unbind_account(link=row, account=number, by=request.membership, now=now)
    except Refused as refusal:
        return _link_page(request, row, error=refusal.message)
    return _link_page(request, row, done="Removed. The next launch asks this person for their password again.")
