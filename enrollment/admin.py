"""Django admin of enrollment: reference data. It shows no patients."""

from datetime import date

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from enrollment.diagnosis_codes import load_codes, read_codes
from enrollment.models import Clinic, ConsentScript, Device, DeviceModel, DiagnosisCode, Payer
from rpm_portal.accounts.audited_admin import AuditedAdmin, NoDeleteAdmin, ReadOnlyAdmin, record_in_admin
from rpm_portal.accounts.models import Practice
from rpm_portal.core.refusals import Refused

MAX_RELEASE_BYTES = 30 * 1024 * 1024


@admin.register(Payer)
class PayerAdmin(ReadOnlyAdmin):
    """Payers. Two persons change them on the page of the billing settings, since they reach claims."""


@admin.register(DeviceModel, Device, Clinic)
class ReferenceAdmin(NoDeleteAdmin):
    """Device models, devices and clinics."""

    list_display = ("__str__", "practice")
    list_filter = ("practice",)


@admin.register(ConsentScript)
class ConsentScriptAdmin(NoDeleteAdmin):
    """Texts read to patients. A new wording is a new version, so that the words that were read stay stored."""

    list_display = ("__str__", "in_use", "practice")
    list_filter = ("practice", "program", "language")

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:
        """All fields except `in_use` once the script exists."""
        return ("practice", "program", "language", "version", "text") if obj is not None else ()


class CodesForm(forms.Form):
    """A release of codes."""

    file = forms.FileField(help_text="CSV UTF-8 with the columns code, description, billable (yes or no).")
    valid_from = forms.DateField(initial=date(2026, 10, 1), help_text="The first day on which the release is in force.")


@admin.register(DiagnosisCode)
class DiagnosisCodeAdmin(AuditedAdmin):
    """ICD-10-CM codes: loaded by release, never edited one by one."""

    list_display = ("code", "description", "billable", "valid_from", "valid_to")
    search_fields = ("code", "description")
    change_list_template = "enrollment/admin_codes.html"
    reads_are_recorded = False

    def get_urls(self) -> list[URLPattern]:
        """Django's URLs and the upload of a release."""
        own = path("release/", self.admin_site.admin_view(self.release), name="enrollment_diagnosiscode_release")
        return [own, *super().get_urls()]

    def release(self, request: HttpRequest) -> HttpResponse:
        """Load a release from a file: all of it or nothing."""
        if not request.user.is_superuser:
            return HttpResponse(status=403)
        form = CodesForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                file = form.cleaned_data["file"]
                if file.size > MAX_RELEASE_BYTES:
                    raise Refused("This file is larger than 30 MB; a release of codes has about ten.")
                valid_from = form.cleaned_data["valid_from"]
                with transaction.atomic():
                    count = load_codes(read_codes(file.read().decode("utf-8-sig")), valid_from=valid_from)
                    practices = Practice.objects.all()
                    record_in_admin(request, "load_codes", practices, codes=count, valid_from=str(valid_from))
            except UnicodeDecodeError:
                form.add_error("file", "This file is not UTF-8. Save it as CSV UTF-8.")
            except Refused as refusal:
                form.add_error("file", str(refusal))
            else:
                messages.success(request, f"{count} codes are in force from {form.cleaned_data['valid_from']}.")
                return HttpResponseRedirect(reverse("admin:enrollment_diagnosiscode_changelist"))
        context = {**self.admin_site.each_context(request), "form": form, "title": "Load a release of codes"}
        return render(request, "enrollment/admin_release.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """False: codes are loaded by release."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """False: codes are loaded by release."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """False: a code gets a last day instead."""
        return False
