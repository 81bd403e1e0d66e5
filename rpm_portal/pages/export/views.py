"""Views: the export, for administrators after they enter the password again, and the accounting of disclosures."""

import tempfile
from typing import IO

from django.http import FileResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from enrollment.models import Patient
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.db.snapshots import snapshot
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import csv_file, csv_text
from rpm_portal.pages.export.bundle import write_archive
from rpm_portal.pages.export.disclosures import disclosures_of


@allow(Permission.EXPORT_ALL)
@require_http_methods(["GET", "POST"])
def export(request: PortalRequest) -> HttpResponseBase:
    """Choose the whole practice or one record number, enter the password, download the archive."""
    error, status = "", 200
    if request.method == "POST":
        try:
            return _archive(request)
        except Refused as refusal:
            error, status = refusal.message, 422
    context = {"error": error, "number": request.POST.get("record_number", "")[:30]}
    return render(request, "export/export.html", context, status=status)


def _archive(request: PortalRequest) -> HttpResponseBase:
    now = timezone.now()
    sign_with_both(request, act="export", now=now)
    patient: Patient | None = None
    number = request.POST.get("record_number", "").replace("\x00", "").strip()
    if request.POST.get("what") == "patient":
        patient = Patient.objects.for_practice(request.practice).filter(mrn=number).first()
        if patient is None:
            raise Refused("No patient of this practice has that MRN.")
    elif request.POST.get("what") != "practice":
        raise Refused("Choose the whole practice or one patient.")
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response
    # One snapshot for all tables: a change during the export is not partly in the archive.
    with snapshot(read_only=True):
        counts = write_archive(file, request.practice, patient=patient, now=now)
    subject = f"patient:{patient.public_id}" if patient else "practice"
    record_access(request, "export", now=now, subject=subject, rows=sum(counts.values()))
    file.seek(0)
    name = "patient.zip" if patient else "practice.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


@allow(Permission.SEE_AUDIT)
@require_GET
def disclosures(request: PortalRequest, public_id: str) -> HttpResponseBase:
    """The accounting of a patient's disclosures as a page or as CSV."""
    patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    now = timezone.now()
    entries = disclosures_of(request.practice, patient, now=now)
    shape = "csv" if request.GET.get("shape") == "csv" else "page"
    subject = f"patient:{patient.public_id}"
    record_access(request, "read_disclosures", now=now, subject=subject, count=len(entries), shape=shape)
    if shape == "csv":
        rows = [[entry.at.isoformat(), entry.to, entry.what, entry.purpose, entry.by] for entry in entries]
        return csv_file(csv_text(["at_utc", "to", "what", "purpose", "by"], rows), "disclosures.csv")
    return render(request, "export/disclosures.html", {"patient": patient, "results": entries, "now": now})
