"""Views of rule years: a file is loaded, tried on golden cases and a month, put in force by a second person."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.models import RuleYearFile, YearState
from billing.policies import rule_years
from billing.review.rule_year_trial import try_month, try_year
from billing.rules.rule_year import MAX_BYTES
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused

_SHOWN = 40


_PEOPLE = ("practice", "made_by", "submitted_by", "decided_by", "withdrawn_by")


def _file_or_404(request: PortalRequest, public_id: str) -> RuleYearFile:
    rows: QuerySet[RuleYearFile] = RuleYearFile.objects.for_practice(request.practice).select_related(*_PEOPLE)
    return get_object_or_404(rows, public_id=public_id)


def _list_page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    context = {
        "files": RuleYearFile.objects.for_practice(request.practice).select_related(*_PEOPLE)[:_SHOWN],
        "drafts": list(rule_years.shipped_drafts()),
        "error": error,
    }
    return render(request, "billing/rule_years.html", context, status=422 if error else 200)


@allow(Permission.APPROVE_RULES)
@require_GET
def rule_year_files(request: PortalRequest) -> HttpResponse:
    """The files of rule years, and the form to load one."""
    return _list_page(request)


@allow(Permission.LOAD_RULES)
@require_POST
def load(request: PortalRequest) -> HttpResponse:
    """Load a file, or a draft that ships with the product, as the draft of its year."""
    shipped, upload = rule_years.shipped_drafts(), request.FILES.get("file")
    try:
        if (name := request.POST.get("shipped", "")) in shipped:
            text = shipped[name].read_text(encoding="utf-8")
        elif upload is not None:
            text = rule_years.text_of(upload.read(MAX_BYTES + 1))
        else:
            raise Refused("Choose the file of the rule year.")
        row = rule_years.load_file(text=text, by=request.membership, now=timezone.now())
    except Refused as refusal:
        return _list_page(request, error=refusal.message)
    return redirect("billing:rule_year", row.public_id)


def _page(request: PortalRequest, file: RuleYearFile, *, error: str = "") -> HttpResponse:
    context: dict[str, object] = {"file": file, "error": error, "state": file.state, "STATES": YearState}
    try:
        year = rule_years.read(file.content)
        context |= {"year": year, "trial": try_year(request.practice, year)}
        if request.GET.get("month"):
            context["tried"] = _tried_month(request, file)
    except Refused as refusal:
        context["error"] = error or refusal.message
    return render(request, "billing/rule_year.html", context, status=422 if error else 200)


def _tried_month(request: PortalRequest, file: RuleYearFile) -> object:
    """The running month under the file. Only counts are shown, and the access is recorded."""
    now = timezone.now()
    month = Month.current(now, request.practice.zone)
    today = local_day(now, request.practice.zone)
    tried = try_month(request.practice, rule_years.read(file.content), month, today=today)
    record_access(request, "try_rule_year", now=now, subject=file.audit_subject, month=str(month))
    return tried


@allow(Permission.APPROVE_RULES)
@require_GET
def rule_year(request: PortalRequest, public_id: str) -> HttpResponse:
    """A file: its difference to the year before, the golden cases and, on request, the running month under it."""
    return _page(request, _file_or_404(request, public_id))


@allow(Permission.LOAD_RULES)
@require_POST
def submit(request: PortalRequest, public_id: str) -> HttpResponse:
    """Submit a draft to a second person."""
    file = _file_or_404(request, public_id)
    try:
        rule_years.submit_file(file=file, by=request.membership, now=timezone.now())
    except Refused as refusal:
        return _page(request, file, error=refusal.message)
    return redirect("billing:rule_year", public_id)


@allow(Permission.APPROVE_RULES)
@require_POST
def decide(request: PortalRequest, public_id: str) -> HttpResponse:
    """Put the year in force with the password, refuse it, or withdraw it, each with a reason."""
    file, now, act = _file_or_404(request, public_id), timezone.now(), request.POST.get("act")
    reason, by = request.POST.get("reason", ""), request.membership
    try:
        if act in {"approve", "withdraw"}:
            sign_with_both(request, act=f"{act}_rule_year", now=now)
        if act == "withdraw":
            rule_years.withdraw_file(file=file, reason=reason, by=by, now=now)
        else:
            rule_years.decide_file(file=file, approve=act == "approve", reason=reason, by=by, now=now)
    except Refused as refusal:
        return _page(request, file, error=refusal.message)
    return redirect("billing:rule_year", public_id)
