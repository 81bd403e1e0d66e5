"""Views of the import of a panel, in two steps: check, then commit."""

import contextlib
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from kombu.exceptions import OperationalError

from enrollment.models import Panel, PanelProgress
from enrollment.panel_import.commit import check_panel, request_commit
from enrollment.panel_import.read import COLUMNS, MAX_FILE_BYTES, REQUIRED_COLUMNS, rejected_csv
from enrollment.tasks import commit_a_panel
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import csv_file, csv_text

MAX_SHOWN = 200  # problems on the page
EXAMPLE = {
    "record_number": "A-1001",
    "family_name": "Example",
    "given_name": "Ada",
    "born_on": "1951-05-14",
    "sex": "F",
    "language": "en",
    "last_visit": "2026-10-20",
    "payer": "Medicare Part B",
    "member_id": "1EG4TE5MK73",
    "coverage_from": "2026-01-01",
    "program": "RPM",
    "diagnosis": "I10",
    "diagnosis_kind": "chronic",
    "condition": "Hypertension",
    "billing_npi": "1234567893",
    "order_measures": "blood pressure",
    "order_frequency": "daily",
}


@allow(Permission.BRING_IN)
@require_http_methods(["GET", "POST"])
def panels(request: PortalRequest) -> HttpResponse:
    """Upload a file and check it; nothing is added yet."""
    message = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise Refused("Choose a CSV file.")
            # The size is checked before the file is read.
            if (file.size or 0) > MAX_FILE_BYTES:
                raise Refused("This file is larger than 10 MB. Split it.")
            panel = check_panel(practice=request.practice, body=file.read(), by=request.user, now=timezone.now())
        except Refused as refusal:
            message = str(refusal)
        else:
            return redirect("enrollment:panel", panel.public_id)
    rows = Panel.objects.for_practice(request.practice).select_related("uploaded_by").defer("body", "problems")[:20]
    context = {"panels": rows, "error": message, "columns": COLUMNS, "needed": REQUIRED_COLUMNS}
    return render(request, "enrollment/panels.html", context, status=422 if message else 200)


def _find_panel(request: PortalRequest, public_id: str) -> Panel:
    rows = Panel.objects.for_practice(request.practice).select_related("uploaded_by").defer("body")
    return get_object_or_404(rows, public_id=public_id)


def _page(request: PortalRequest, panel: Panel, *, message: str = "", status: int = 200) -> HttpResponse:
    progress = PanelProgress.objects.filter(panel=panel).first()
    lines = len({problem[0] for problem in panel.problems})
    context = {"panel": panel, "problems": panel.problems[:MAX_SHOWN], "refused": lines, "progress": progress}
    context["error"] = message
    name = "enrollment/_panel.html" if request.htmx else "enrollment/panel.html"
    return render(request, name, context, status=status)


@allow(Permission.BRING_IN)
@require_GET
def panel(request: PortalRequest, public_id: str) -> HttpResponse:
    """The result of the check, or the progress of the commit."""
    return _page(request, _find_panel(request, public_id))


def _send_commit(panel_pk: int) -> None:
    """Send the task. Without a broker the row stays marked; pressing the button again sends the task again."""
    with contextlib.suppress(OperationalError):
        commit_a_panel.delay(panel_pk)


@allow(Permission.BRING_IN)
@require_POST
def commit(request: PortalRequest, public_id: str) -> HttpResponse:
    """Commit a checked file in a worker. A second request has no effect."""
    row = _find_panel(request, public_id)
    try:
        request_commit(panel=row, by=request.user, now=timezone.now())
    except ValidationError as error:
        return _page(request, row, message=" ".join(error.messages), status=422)
    transaction.on_commit(partial(_send_commit, row.pk))
    return redirect("enrollment:panel", row.public_id)


@allow(Permission.BRING_IN)
@require_GET
def rejected(request: PortalRequest, public_id: str) -> HttpResponse:
    """Download the refused lines, to correct and upload again. Available until the commit."""
    row = get_object_or_404(
        Panel.objects.for_practice(request.practice).exclude(body__isnull=True), public_id=public_id
    )
    record_access(request, "export_rejected", now=timezone.now(), subject=f"panel:{row.public_id}")
    text = rejected_csv(bytes(row.body or b"").decode("utf-8-sig"), row.problems)
    return csv_file(text, f"rejected-{row.public_id}.csv")


@allow(Permission.BRING_IN)
@require_GET
def template(request: PortalRequest) -> HttpResponse:
    """Download the template: the header and one example line."""
    text = csv_text(COLUMNS, [[EXAMPLE.get(name, "") for name in COLUMNS]])
    return csv_file(text, "panel-template.csv")
