"""View: import of a patient's Apple Health export. One metric from one device since a day, previewed, then stored."""

import json
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from enrollment.models import Enrollment
from monitoring.forms import PatientDeviceForm
from monitoring.ingest import BadBody
from monitoring.ingest.vendors.apple_health import METRICS, VENDOR, read_export
from monitoring.intake import manual_entry, take_in
from monitoring.intake.patient_devices import assignments_of
from monitoring.models import Metric
from monitoring.services import people_source
from monitoring.tasks import enqueue_delivery
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day

MAX_UPLOAD_BYTES = 200 * 1024 * 1024
MAX_EXCERPT_BYTES = 2 * 1024 * 1024


class AppleHealthForm(PatientDeviceForm):
    """An export, and what to import from it; `excerpt` is what was found, on the second step."""

    device = forms.ChoiceField(label="Device that measured")
    metric = forms.ChoiceField(label="Measurement", choices=[(name, Metric(name).label) for name in METRICS])
    since = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    file = forms.FileField(required=False, label="export.zip or export.xml, up to 200 MB")
    excerpt = forms.CharField(required=False, max_length=MAX_EXCERPT_BYTES, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Add `body`, the excerpt of the file as it is stored; the file has priority over an earlier excerpt."""
        cleaned = super().clean() or {}
        upload = cleaned.get("file")
        if self.errors:
            return cleaned
        if upload is None:
            cleaned["body"] = cleaned.get("excerpt", "").encode()
            if not cleaned["body"]:
                self.add_error("file", "Choose the file that the Health app exported.")
            return cleaned
        if upload.size > MAX_UPLOAD_BYTES:
            self.add_error("file", "This file is larger than 200 MB.")
            return cleaned
        chosen = self.assignments[cleaned["device"]]
        serial = chosen.device.serial
        try:
            found = read_export(upload.file, metric=cleaned["metric"], serial=serial, since=cleaned["since"])
        except BadBody as error:
            self.add_error("file", str(error))
            return cleaned
        cleaned |= {"older": found.older, "unreadable": found.unreadable}
        readings = [row | {"user": chosen.enrollment.public_id} for row in found.readings]
        cleaned["body"] = json.dumps({"readings": readings}, sort_keys=True).encode()
        return cleaned


@allow(Permission.REVIEW_READINGS)
@require_http_methods(["GET", "POST"])
def import_apple_health(request: PortalRequest, public_id: str) -> HttpResponse:
    """Import readings from an Apple Health export. Nothing is stored before the last step."""
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "billing_provider__user")
    row, now = get_object_or_404(rows, public_id=public_id), timezone.now()
    today = local_day(now, request.practice.zone)
    record_access(request, "bring_reading", now=now, subject=f"patient:{row.patient.public_id}")
    form = AppleHealthForm(
        request.POST or None,
        files=request.FILES or None,
        assignments=assignments_of(row),
        initial={"since": today.replace(day=1)},
    )
    context: dict[str, Any] = {
        "enrollment": row,
        "patient": row.patient,
        "age": row.patient.age_on(today),
        "form": form,
    }
    if form.is_bound and form.is_valid():
        body = form.cleaned_data["body"]
        try:
            units = request.practice.units
            preview = manual_entry.preview(
                body=body, assignment=form.assignment(), now=now, units=units, shape=VENDOR.shape
            )
        except BadBody as error:
            form.add_error("file", str(error))
        else:
            if "keep" in request.POST and "file" not in request.FILES:
                source = people_source(row.practice_id, VENDOR.shape, now=now)
                context["taken"] = take_in.take_in(source=source, body=body, now=now, by=request.user)
                if context["taken"].kept_as is not None:
                    enqueue_delivery(context["taken"].kept_as)
                return render(request, "monitoring/file_kept.html", context)
            context |= {"preview": preview, "excerpt": body.decode(), "found": form.cleaned_data}
    status = 422 if form.errors else 200
    return render(request, "monitoring/apple_health.html", context, status=status)
