"""Views of reports: the list, one report with its choices, saved reports, and files."""

from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import TypedDict

from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, has_permission, refuse
from rpm_portal.core.db.tenancy import PracticeQuerySet
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment
from rpm_portal.pages.reports import runs, saved, tasks
from rpm_portal.pages.reports.catalog import SUBJECTS
from rpm_portal.pages.reports.choices import FilterChoice, filter_choices
from rpm_portal.pages.reports.definition import PERIODS, ReportDefinition
from rpm_portal.pages.reports.display import ShownCell, shown_row
from rpm_portal.pages.reports.files import SHAPES, file_of
from rpm_portal.pages.reports.models import ReportRun, SavedReport
from rpm_portal.pages.reports.subject import ReportColumn, ReportSubject
from rpm_portal.pages.reports.table import ReportTable

MAX_SHOWN = 200
MAX_RUNS = 20


def _own_runs(request: PortalRequest) -> PracticeQuerySet:
    rows = ReportRun.objects.for_practice(request.practice)
    return rows.filter(asked_by=request.membership).defer("body")


def _run_or_404(request: PortalRequest, public_id: str) -> ReportRun:
    """A file that the person asked for; its body is read when it is used."""
    run: ReportRun = get_object_or_404(_own_runs(request).for_practice(request.practice), public_id=public_id)
    return run


def _saved_or_404(request: PortalRequest, public_id: str) -> SavedReport:
    rows = saved.saved_reports(request.membership).for_practice(request.practice)
    row: SavedReport = get_object_or_404(rows, public_id=public_id)
    return row


@allow(Permission.SEE_MONTHS)
@require_GET
def reports(request: PortalRequest) -> HttpResponse:
    """Subjects to begin with, saved and shared reports, and the person's files."""
    rows = list(saved.saved_reports(request.membership))
    context = {
        "subjects": _open_subjects(request),
        "own": [row for row in rows if row.owner_id == request.user.pk],
        "shared": [row for row in rows if row.owner_id != request.user.pk],
        "runs": _own_runs(request)[:MAX_RUNS],
        "kept_days": settings.KEEP_PACKETS,
    }
    return render(request, "reports/reports.html", context)


View = Callable[..., HttpResponse]


def _of_open_subject(view: View) -> View:
    """Decorator: refuse a report of a subject that the role may not read."""

    @wraps(view)
    def guarded(request: PortalRequest, *args: object, **kwargs: object) -> HttpResponse:
        subject = ReportDefinition.of(request.POST if request.method == "POST" else request.GET).subject
        if not subject.is_open_to(request.membership):
            missing = (one for one in sorted(subject.permissions) if not has_permission(request.membership, one))
            return refuse(request, next(missing))
        return view(request, *args, **kwargs)

    return guarded


def _open_subjects(request: PortalRequest) -> list[ReportSubject]:
    return [subject for subject in SUBJECTS.values() if subject.is_open_to(request.membership)]


class ReportContext(TypedDict):
    """A report: its choices, the first rows of its table with sums, and how many rows there are."""

    definition: ReportDefinition
    subjects: list[ReportSubject]
    periods: dict[str, str]
    filters: list[FilterChoice]
    table: ReportTable | None
    header: list[ReportColumn]
    rows: list[list[ShownCell]]
    totals: list[ShownCell]
    count: int
    at_once: bool
    saved: SavedReport | None
    error: str


def _page(request: PortalRequest, asked: QueryDict, *, error: str = "") -> HttpResponse:
    now, definition = timezone.now(), ReportDefinition.of(asked)
    table: ReportTable | None = None
    try:
        table = runs.table_of(definition, request.membership, now=now)
    except Refused as refusal:
        error = error or refusal.message
    count = table.count() if table else 0
    context: ReportContext = {
        "definition": definition,
        "subjects": _open_subjects(request),
        "periods": PERIODS,
        "filters": filter_choices(request.practice, definition),
        "table": table,
        "header": table.header if table else [],
        "rows": _first_rows(table) if table else [],
        "totals": shown_row(table.header, table.totals()) if table else [],
        "count": count,
        "at_once": count <= runs.MAX_ROWS_IN_REQUEST,
        "saved": _saved(request, asked),
        "error": error,
    }
    if table:
        _record(request, "read_report", table, rows=len(context["rows"]))
    return render(request, "reports/report.html", context, status=422 if error else 200)


def _first_rows(table: ReportTable) -> list[list[ShownCell]]:
    return [shown_row(table.header, row) for row in islice(table.rows(), MAX_SHOWN)]


def _saved(request: PortalRequest, asked: QueryDict) -> SavedReport | None:
    """The saved report that the page was opened from."""
    return saved.saved_reports(request.membership).filter(public_id=asked.get("report", "")[:12]).first()


def _record(request: PortalRequest, action: str, table: ReportTable, *, rows: int, shape: str = "page") -> None:
    definition = table.definition
    record_access(
        request,
        action,
        now=timezone.now(),
        subject=f"report:{definition.subject.name}",
        months=f"{table.first} to {table.last}",
        columns=[column.name for column in table.header],
        filters=sorted(definition.filters),
        rows=rows,
        shape=shape,
    )


@allow(Permission.SEE_MONTHS)
@require_GET
@_of_open_subject
def report(request: PortalRequest) -> HttpResponse:
    """One report: subject, columns, groups and filters to choose, and the table."""
    return _page(request, request.GET)


@allow(Permission.SEE_MONTHS)
@require_GET
def saved_report(request: PortalRequest, public_id: str) -> HttpResponse:
    """A saved report with the rows of today."""
    row = _saved_or_404(request, public_id)
    return redirect(f"{reverse('reports:report')}?{row.query}&report={row.public_id}")


def _refusal_page(request: PortalRequest, refusal: Refused) -> HttpResponse:
    return _page(request, request.POST, error=refusal.message)


@allow(Permission.SEE_MONTHS)
@require_POST
@_of_open_subject
@answer_refusals(_refusal_page)
def save(request: PortalRequest) -> HttpResponse:
    """Save the report under a name, for oneself or shared in the practice."""
    row = saved.save_report(
        definition=ReportDefinition.of(request.POST),
        name=request.POST.get("name", ""),
        is_shared=bool(request.POST.get("shared")),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("reports:saved_report", row.public_id)


@allow(Permission.SEE_MONTHS)
@require_POST
@answer_refusals()
def remove(request: PortalRequest, public_id: str) -> HttpResponse:
    """Delete one's own saved report."""
    row = _saved_or_404(request, public_id)
    saved.remove_report(report=row, by=request.membership, now=timezone.now())
    return redirect("reports:reports")


@allow(Permission.SEE_MONTHS)
@require_GET
@_of_open_subject
def file(request: PortalRequest, shape: str) -> HttpResponse:
    """The report as a file, if it has no more rows than are written at once."""
    if shape not in SHAPES:
        raise Http404
    now, definition = timezone.now(), ReportDefinition.of(request.GET)
    try:
        table = runs.table_of(definition, request.membership, now=now)
        if (count := table.count()) > runs.MAX_ROWS_IN_REQUEST:
            raise Refused(f"These are {count:,} rows. Ask for the file below; it is written in the background.")
    except Refused as refusal:
        return _page(request, request.GET, error=refusal.message)
    body = file_of(table, shape, runs.about(table, title="", now=now))
    _record(request, "export_report", table, shape=shape, rows=count)
    return attachment(body, f"{definition.subject.name}-{table.first}-{table.last}.{shape}", SHAPES[shape])


@allow(Permission.SEE_MONTHS)
@require_POST
@_of_open_subject
@answer_refusals(_refusal_page)
def make(request: PortalRequest) -> HttpResponse:
    """Ask for a file that the worker writes."""
    run = runs.request_file(
        definition=ReportDefinition.of(request.POST),
        shape=request.POST.get("shape", ""),
        title=request.POST.get("title", ""),
        by=request.membership,
        now=timezone.now(),
    )
    tasks.ring(run.pk)
    return redirect("reports:run", run.public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def run(request: PortalRequest, public_id: str) -> HttpResponse:
    """One requested file: being written, ready, failed or deleted."""
    row = _run_or_404(request, public_id)
    context = {"run": row, "subject": SUBJECTS[row.subject], "kept_days": settings.KEEP_PACKETS}
    if not request.htmx:
        return render(request, "reports/run.html", context)
    answer = render(request, "reports/_run.html", context)
    if row.done_at is not None:
        answer["HX-Refresh"] = "true"
    return answer


@allow(Permission.SEE_MONTHS)
@require_GET
def run_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """The file of a run, for the person who asked for it and still may read the subject."""
    row = _run_or_404(request, public_id)
    if row.body is None or not SUBJECTS[row.subject].is_open_to(request.membership):
        raise Http404
    record_access(
        request,
        "export_report",
        now=timezone.now(),
        subject=f"reportrun:{row.public_id}",
        shape=row.shape,
        rows=row.rows,
    )
    return attachment(bytes(row.body), f"{row.subject}-{row.public_id}.{row.shape}", SHAPES[row.shape])
