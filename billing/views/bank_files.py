"""View of a bank's file: read and shown first, then saved as deposits."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.ledger import bank_files
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

MAX_SHOWN = 100


@allow(Permission.SEND_CLAIMS)
@require_http_methods(["GET", "POST"])
def bank_file(request: PortalRequest) -> HttpResponse:
    """Show the deposits of a bank's CSV file, and save those that are new."""
    context: dict[str, object] = {"kept": bank_files.MAX_BYTES // (1024 * 1024)}
    if request.method == "GET":
        return render(request, "billing/bank_file.html", context)
    now = timezone.now()
    try:
        file = bank_files.read_bank_file(_body(request), today=local_day(now, request.practice.zone))
        known = bank_files.known_keys(request.practice, file.rows)
        context |= {
            "file": file,
            "shown": [(row, row.key in known) for row in file.rows[:MAX_SHOWN]],
            "new": len(file.rows) - len(known),
            "text": _body(request).decode("utf-8-sig", errors="replace"),
        }
        if request.POST.get("act") == "save":
            context["saved"] = bank_files.save_bank_file(file=file, by=request.membership, now=now)
    except Refused as refusal:
        return render(request, "billing/bank_file.html", context | {"error": refusal.message}, status=422)
    return render(request, "billing/bank_file.html", context)


def _body(request: PortalRequest) -> bytes:
    """The uploaded file, or the text of a file that was shown before."""
    upload = request.FILES.get("file")
    if upload is None:
        return request.POST.get("text", "").encode()
    body: bytes = upload.read(bank_files.MAX_BYTES + 1)
    upload.seek(0)
    return body
