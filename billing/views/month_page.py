"""The page of one month: its state, its lines or what was not billed, and what the seal waits for."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from billing.models import ClaimLine, CloseState, CodeVerdict, LineOverride, MonthClose
from billing.models.line_reasons import with_reasons
from billing.review import month_lines, queries
from billing.review.clinic_filter import Narrowing, narrow_choices
from billing.review.lost_revenue import REMEDIES
from billing.review.not_asked import not_asked
from billing.seal.attestation_texts import STATEMENT
from billing.seal.services import Waiting, others_may_approve, waiting_for
from billing.seal.verify import Difference
from enrollment.models import Patient
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, may
from rpm_portal.core.addresses import parse_month
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused

SHOWS = [
    ("look", "Need review"),
    ("unauthorized", "Authorization missing"),
    ("all", "All lines"),
    ("new", "New this month"),
    ("proposed", "Proposed"),
    ("approved", "Approved"),
    ("held", "Held"),
    ("dropped", "Dropped"),
    ("blocked", "Blocked"),
    ("do_not_bill", "Not billed"),
    ("not_enough_facts", "Not enough facts"),
]
FILTER_PARAMETERS = ("show", "code", "payer", "flag", "sort")
UNBILLED_OUTCOMES = {"blocked", "do_not_bill", "not_enough_facts"}
LINES_A_PAGE = 50


class MonthFrame(TypedDict):
    """The month and what was asked for; the whole context of a month that was never opened."""

    month: Month
    before: Month
    after: Month | None
    close: MonthClose | None
    error: str  # the message of a refusal
    notice: str  # a notice
    differing: Sequence[tuple[Patient, Difference]]  # of a verification
    now: datetime
    over: bool
    show: str
    SHOWS: list[tuple[str, str]]


class MonthState(TypedDict):
    """The counts of the close, and what else there is to decide in it."""

    progress: queries.Progress
    counts: Counter[str]
    chips: list[tuple[str, str, int]]
    fixable: int
    late: list[queries.LateFact]
    gone: list[ClaimLine]
    reviewing: bool
    overrides: list[LineOverride]
    not_asked: int  # enrollments billed while nobody asked about other practices


class ShownLines(TypedDict):
    """One page of lines, or of codes that are not billed (`refused`), with its filters."""

    page: "Page[ClaimLine] | Page[CodeVerdict]"
    refused: bool
    why: str
    remedy: str
    sort: str
    SORTS: dict[str, tuple[str, ...]]
    asked: dict[str, str]
    back: str
    time_evidence: dict[int, month_lines.ManagementEvidence]


class SealState(TypedDict):
    """What the seal waits for, while the month is reviewed or prepared."""

    waiting: Waiting
    mine_to_attest: int
    others_may: bool
    STATEMENT: str


def month_page(
    request: PortalRequest,
    month: Month,
    *,
    error: str = "",
    notice: str = "",
    status: int = 200,
    differing: Sequence[tuple[Patient, Difference]] = (),
) -> HttpResponse:
    """The page of a month, with an error or notice if there is one, and a verification's differences."""
    close, now = queries.close_of(request.practice, month), timezone.now()
    current = Month.current(now, request.practice.zone)
    counts: Counter[str] = month_lines.counts_of(close) if close is not None else Counter()
    # Exceptions first: lines to look at come before the others.
    default_show = "look" if close is not None and close.state == CloseState.IN_REVIEW and counts["look"] else "all"
    frame: MonthFrame = {
        "month": month,
        "before": month.plus(-1),
        "after": month.plus(1) if month < current else None,
        "close": close,
        "error": error,
        "notice": notice,
        "differing": differing,
        "now": now,
        "over": month < current,
        "show": request.GET.get("show", default_show),
        "SHOWS": SHOWS,
    }
    if close is None:
        return render(request, "billing/month.html", frame, status=status)
    state = _state_of(request, close, counts, running=month == current)
    seal = _seal_state(request, close, now=now)
    lines = _shown_lines(request, close, frame["show"], seal)
    kind = frame["show"] if frame["show"] in dict(SHOWS) else ""
    count = lines["page"].paginator.count
    record_access(request, "read_month", now=now, subject=f"month:{month}", show=kind, count=count)
    context = {**frame, **state, **lines, **(seal or {}), **month_lines.filter_choices(close)}
    context |= narrow_choices(request.practice, Narrowing.of(request.GET))
    context["narrow_fields"] = {**lines["asked"], "show": frame["show"], "why": lines["why"]}
    return render(request, "billing/month.html", context, status=status)


def month_refused(request: PortalRequest, refusal: Refused, month: str, *_: object, **__: object) -> HttpResponse:
    """The page of the month with the message of a refusal."""
    return month_page(request, parse_month(month), error=refusal.message)


def filtered_lines(request: PortalRequest, close: MonthClose, *, show: str = "") -> QuerySet[ClaimLine]:
    """The lines filtered by the address; `show` is the default filter."""
    asked = {"show": show} | {name: request.GET[name][:120] for name in FILTER_PARAMETERS if name in request.GET}
    return month_lines.lines_of(close, **asked).filter(Narrowing.of(request.GET).lines())


def _state_of(request: PortalRequest, close: MonthClose, counts: Counter[str], *, running: bool) -> MonthState:
    narrowing = Narrowing.of(request.GET)
    # Approving and the seal concern the whole month, whatever is listed.
    listed = month_lines.counts_of(close, narrowing) if narrowing else counts
    return {
        "progress": queries.progress(close),
        "counts": counts,
        "chips": [(key, label, listed["standing" if key == "all" else key]) for key, label in SHOWS],
        "fixable": month_lines.fixable_codes(close) if running else 0,
        "late": queries.late_facts(close),
        "gone": month_lines.lines_not_repeated(close),
        "reviewing": close.state == CloseState.IN_REVIEW and may(request.membership.role, Permission.REVIEW_LINES),
        "overrides": month_lines.requests_to_decide(close),
        "not_asked": not_asked(close).count() if close.state == CloseState.IN_REVIEW else 0,
    }


def _seal_state(request: PortalRequest, close: MonthClose, *, now: datetime) -> SealState | None:
    """None if the month is neither in review nor prepared."""
    if close.state not in {CloseState.IN_REVIEW, CloseState.PREPARED}:
        return None
    waiting = waiting_for(close)
    return {
        "waiting": waiting,
        "mine_to_attest": sum(n for who, n in waiting.unattested if who.user_id == request.user.pk),
        "others_may": others_may_approve(request.practice.pk, request.user, on=now.date()),
        "STATEMENT": STATEMENT,
    }


def _shown_lines(request: PortalRequest, close: MonthClose, show: str, seal: SealState | None) -> ShownLines:
    sort, number = request.GET.get("sort", "patient"), request.GET.get("page")
    why = request.GET.get("why", "")[:60] if show == "why" else ""
    unbilled = bool(why) or show in UNBILLED_OUTCOMES
    evidence: dict[int, month_lines.ManagementEvidence] = {}
    page: Page[ClaimLine] | Page[CodeVerdict]
    if unbilled:
        narrowing = Narrowing.of(request.GET)
        verdicts = month_lines.list_unbilled_verdicts(close, outcome="" if why else show, why=why, narrowing=narrowing)
        page = Paginator(verdicts, LINES_A_PAGE).get_page(number)
    else:
        page = month_lines.pages_of(close, _lines_to_show(request, close, show, seal), sort=sort).get_page(number)
        evidence = month_lines.management_evidence(with_reasons(page), zone=close.zone)
    return {
        "page": page,
        "refused": unbilled,
        "why": why,
        "remedy": REMEDIES.get(why, ""),
        "sort": sort,
        "SORTS": month_lines.SORTS,
        "asked": {name: request.GET.get(name, "")[:120] for name in FILTER_PARAMETERS},
        "back": f"?{request.GET.urlencode() or f'show={show}'}"[:300],
        "time_evidence": evidence,
    }


def _lines_to_show(request: PortalRequest, close: MonthClose, show: str, seal: SealState | None) -> QuerySet[ClaimLine]:
    if seal is None or show not in {"unsigned", "unattested", "unapproved"}:
        return filtered_lines(request, close, show=show)
    ids = getattr(seal["waiting"], f"{show}_lines")
    return month_lines.lines_of(close).filter(Narrowing.of(request.GET).lines(), pk__any_of=ids)
