"""Releases of diagnosis codes: what is on file, a release loaded from a file, and the enrollments that it affects."""

from datetime import date

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from enrollment.diagnosis_codes.affected import affected_by
from enrollment.diagnosis_codes.releases import ReleaseFacts, load_changes, load_codes, read_changes, read_codes
from enrollment.diagnosis_codes.shipped import FY2026, FY2027, shipped_changes
from enrollment.models import DiagnosisCode, DiagnosisRelease
from rpm_portal.accounts.models import Practice
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record
from rpm_portal.core.access import Permission, allow, has_permission
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

MAX_BYTES = 30 * 1024 * 1024


class ReleaseForm(forms.Form):
    """A release: a whole one, or the changes to the one before."""

    name = forms.CharField(label="Name", max_length=40, help_text="For example FY2027.")
    valid_from = forms.DateField(
        label="Valid from", help_text="The first date of service.", widget=forms.DateInput({"type": "date"})
    )
    source = forms.CharField(label="Source", max_length=300, help_text="Title and address of the document.")
    kind = forms.ChoiceField(
        label="The file has", choices=[("whole", "the whole release"), ("changes", "changes only")]
    )
    whole = forms.BooleanField(label="It is the whole release, though it ends many codes", required=False)
    file = forms.FileField(
        label="CSV file", help_text="Columns code, description, billable (yes or no); for changes also change."
    )


@allow(Permission.LOAD_RULES)
@require_http_methods(["GET", "POST"])
def diagnosis_releases(request: PortalRequest) -> HttpResponse:
    """The releases on file, the affected enrollments on a day, and the form to load a release."""
    if request.method == "GET":
        return _page(request, ReleaseForm())
    shipped = request.POST.get("act") == "shipped"
    form = ReleaseForm() if shipped else ReleaseForm(request.POST, request.FILES)
    try:
        if not _may_load(request):
            raise Refused("Several practices share these codes; the operator of the installation loads releases.")
        if not shipped and not form.is_valid():
            raise Refused("Correct the fields below.")
        valid_from = _load_shipped(request) if shipped else _load(request, form)
    except Refused as refusal:
        return _page(request, form, error=refusal.message)
    return redirect(f"{request.path}?on={valid_from}")


def _may_load(request: PortalRequest) -> bool:
    """Codes are shared: in an installation with several practices none of them decides for the others."""
    return bool(request.user.is_superuser) or Practice.objects.count() == 1


def _page(request: PortalRequest, form: ReleaseForm, *, error: str = "") -> HttpResponse:
    today = local_day(timezone.now(), request.practice.zone)
    releases = list(DiagnosisRelease.objects.select_related("loaded_by")[:20])
    on = _day(request.GET.get("on", "")) or max([today, *(release.valid_from for release in releases[:1])])
    affected = affected_by(request.practice, on=on) if DiagnosisCode.objects.exists() else []
    shipped = bool(releases) and releases[0].valid_from == FY2026.valid_from
    context = {
        "releases": releases,
        "on": on,
        "affected": affected,
        "form": form,
        "error": error,
        "may_load": _may_load(request),
        "shipped": shipped,
        "shows_patients": has_permission(request.membership, Permission.SEE_PATIENTS),
        "count": sum(len(one.enrollments) for one in affected),
    }
    return render(request, "enrollment/diagnosis_releases.html", context, status=422 if error else 200)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@transaction.atomic
def _load(request: PortalRequest, form: ReleaseForm) -> date:
    values = form.cleaned_data
    if values["file"].size > MAX_BYTES:
        raise Refused("This file is larger than 30 MB; a release of codes has about ten.")
    try:
        text = values["file"].read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("This file is not UTF-8. Save it as CSV UTF-8.") from None
    now = timezone.now()
    facts = ReleaseFacts(values["name"], values["valid_from"], values["source"], request.user, now)
    if values["kind"] == "changes":
        count = load_changes(read_changes(text), facts=facts)
    else:
        count = load_codes(read_codes(text), valid_from=facts.valid_from, facts=facts, checked=values["whole"])
    _record(request, facts, count)
    return facts.valid_from


@transaction.atomic
def _load_shipped(request: PortalRequest) -> date:
    facts = FY2027._replace(loaded_by=request.user, loaded_at=timezone.now())
    _record(request, facts, load_changes(shipped_changes(), facts=facts))
    return facts.valid_from


def _record(request: PortalRequest, facts: ReleaseFacts, count: int) -> None:
    detail = {"release": facts.name, "valid_from": facts.valid_from.isoformat(), "codes": count}
    record(
        practice=request.practice,
        by=request.user,
        role=request.membership.role,
        action="load_diagnosis_codes",
        subject="diagnosis_codes",
        now=timezone.now(),
        detail=detail,
    )
