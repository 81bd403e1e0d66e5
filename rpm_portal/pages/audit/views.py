"""Views: the audit log, and its export as a file."""

import json
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from rpm_portal.accounts.models import Membership
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import filter_events, first_broken_link, record_access
from rpm_portal.audit.signed import signed_lines
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.tables import csv_lines

COLUMNS = ["number", "at_utc", "who", "role", "action", "subject", "detail", "digest"]
FILTERS = ("action", "person", "subject", "first", "last")


def _read_filters(request: PortalRequest) -> tuple[dict[str, str], dict[str, Any]]:
    """The filters as typed, and as values for `filter_events`; a day that cannot be parsed is None."""
    typed = {name: request.GET.get(name, "").replace("\x00", "")[:100] for name in FILTERS}
    texts = {name: typed[name] for name in ("action", "person", "subject")}
    return typed, {**texts, "first": parse_day(typed["first"]), "last": parse_day(typed["last"])}


@allow(Permission.SEE_AUDIT)
@require_GET
def events(request: PortalRequest) -> HttpResponse:
    """The audit log, newest event first; with `verify` also the first broken link of the hash chain."""
    typed, filters = _read_filters(request)
    rows = filter_events(request.practice, **filters)
    page = Paginator(rows, 100).get_page(request.GET.get("page"))
    people = Membership.objects.for_practice(request.practice).select_related("user")
    context: dict[str, object] = {
        "page": page,
        "filters": typed,
        "narrowed": any(typed.values()),
        "people": people.order_by("user__family_name"),
        "checked": False,
    }
    if request.GET.get("verify"):
        context |= {"checked": True, "broken": first_broken_link(request.practice)}
    record_access(request, "read_audit", now=timezone.now(), count=page.paginator.count)
    return render(request, "audit/events.html", context)


@allow(Permission.SEE_AUDIT)
@require_GET
def events_file(request: PortalRequest) -> StreamingHttpResponse:
    """The filtered events with their digests, so that the hash chain can be verified outside: as CSV, or as JSON lines
    that end with a signature over all of them.
    """
    _, filters = _read_filters(request)
    rows, now = filter_events(request.practice, **filters), timezone.now()
    shape = "json" if request.GET.get("shape") == "json" else "csv"
    record_access(request, "export_audit", now=now, count=rows.count(), shape=shape)
    if shape == "json":
        signed = signed_lines(request.practice, map(_json_row, rows.iterator(chunk_size=2000)), now=now)
        response = StreamingHttpResponse(signed, content_type="application/x-ndjson")
        response["Content-Disposition"] = 'attachment; filename="audit.ndjson"'
        return response
    lines = csv_lines(COLUMNS, map(_cells, rows.iterator(chunk_size=2000)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def _cells(row: Event) -> list[object]:
    detail = json.dumps(row.detail, sort_keys=True)
    who = str(row.actor) if row.actor else "the system"
    return [row.number, row.at.isoformat(), who, row.role, row.action, row.subject, detail, row.digest]


def _json_row(row: Event) -> dict[str, object]:
    return dict(zip(COLUMNS, _cells(row), strict=True)) | {"detail": row.detail}
