"""Views of the work on claims: a page of queues with filters, and acts on chosen items, shown before they are done."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypedDict

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.claims import work_items
from billing.models import Queue, WorkItem
from rpm_portal.accounts.models import User
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment, csv_text

PER_PAGE = 50
_FILTERS = ("queue", "payer", "owner", "code", "due", "least", "clinic")
DUES = {"overdue": "Overdue", "week": "Due within 7 days"}


@dataclass(frozen=True, slots=True)
class QueueHead:
    """A queue with its open items and their sum."""

    key: str
    label: str
    count: int
    total: Decimal


class WorkContext(TypedDict):
    """A page of open items, the queues with their sums, and the choices of the filters."""

    page: "Page[WorkItem]"
    heads: list[QueueHead]
    shown: QueueHead
    typed: dict[str, str]
    payers: list[str]
    owners: list[tuple[str, User]]
    today: date
    DUES: dict[str, str]
    snoozed: int
    error: str


def _open(request: PortalRequest) -> QuerySet[WorkItem]:
    rows: QuerySet[WorkItem] = WorkItem.objects.for_practice(request.practice)
    return rows.filter(ended_at__isnull=True)


def _awake(rows: QuerySet[WorkItem], today: date) -> QuerySet[WorkItem]:
    return rows.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=today))


def _filtered(rows: QuerySet[WorkItem], typed: QueryDict, today: date) -> QuerySet[WorkItem]:
    """The items that the filters leave; an unknown value of a filter is ignored."""
    names = {"payer": "claim__payer__name", "code": "line__code", "clinic": "line__enrollment__clinic__name"}
    wanted: dict[str, object] = {}
    if typed.get("queue", "") in Queue.values:
        wanted["queue"] = typed["queue"]
    for name, lookup in names.items():
        if typed.get(name):
            wanted[lookup] = typed[name][:120]
    if typed.get("due") == "overdue":
        wanted["due_on__lt"] = today
    elif typed.get("due") == "week":
        wanted["due_on__range"] = (today, date.fromordinal(today.toordinal() + 7))
    if (least := _least(typed.get("least", ""))) is not None:
        wanted["amount__gte"] = least
    return rows.filter(**wanted)


def _least(text: str) -> Decimal | None:
    """The least amount of a filter; None for what is no amount."""
    try:
        value = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value < 10**9 else None


def _of_owner(rows: QuerySet[WorkItem], owner: str, owners: list[tuple[str, User]]) -> QuerySet[WorkItem]:
    user = next((person for public_id, person in owners if public_id == owner), None)
    return rows if user is None else rows.filter(owner=user)


def _page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    now, typed = timezone.now(), request.GET
    today = local_day(now, request.practice.zone)
    everything = _open(request)
    awake = _awake(everything, today)
    owners = work_items.owner_names(request.practice, on=today)
    rows = _of_owner(_filtered(awake, typed, today), typed.get("owner", ""), owners)
    page = Paginator(work_items.with_rows(rows).order_by("due_on", "pk"), PER_PAGE).get_page(typed.get("page"))
    total = rows.aggregate(total=Sum("amount"))["total"] or Decimal()
    context: WorkContext = {
        "page": page,
        "heads": _heads(awake),
        "shown": QueueHead("", "", page.paginator.count, total),
        "typed": {name: typed.get(name, "")[:120] for name in _FILTERS},
        "payers": sorted(set(awake.exclude(claim__payer=None).values_list("claim__payer__name", flat=True))),
        "owners": owners,
        "today": today,
        "DUES": DUES,
        "snoozed": everything.count() - awake.count(),
        "error": error,
    }
    record_access(request, "list_work", now=now, subject="work", count=page.paginator.count)
    return render(request, "billing/work.html", context, status=422 if error else 200)


def _heads(rows: QuerySet[WorkItem]) -> list[QueueHead]:
    sums = rows.order_by().values_list("queue").annotate(number=Count("pk"), total=Sum("amount"))
    found = {queue: (number, total) for queue, number, total in sums}
    return [QueueHead(queue.value, queue.label, *found.get(queue.value, (0, Decimal()))) for queue in Queue]


@allow(Permission.SEE_MONTHS)
@require_GET
def work(request: PortalRequest) -> HttpResponse:
    """The open items by due date, and for each queue their number and sum."""
    return _page(request)


def _refusal_page(request: PortalRequest, refusal: Refused) -> HttpResponse:
    return _page(request, error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def act_on_work(request: PortalRequest) -> HttpResponse:
    """Show the chosen items and what would be done with them; once that is confirmed, do it."""
    typed = request.POST
    chosen = list(work_items.items_of(request.practice, typed.getlist("item")[:500]).order_by("due_on", "pk"))
    if not chosen:
        raise Refused("Choose at least one open item.")
    if typed.get("act") == "export":
        return _export(request, chosen)
    if typed.get("confirmed") != "yes":
        return _confirm(request, chosen)
    try:
        _do(request, chosen)
    except Refused as refusal:
        return _confirm(request, chosen, error=refusal.message)
    return redirect("billing:work")


def _do(request: PortalRequest, chosen: list[WorkItem]) -> None:
    typed, by, now = request.POST, request.membership, timezone.now()
    match typed.get("act"):
        case "assign":
            work_items.assign(items=chosen, to=typed.get("to", ""), by=by, now=now)
        case "snooze":
            work_items.snooze(items=chosen, until=parse_day(typed.get("until", "")), by=by, now=now)
        case "note":
            work_items.note(items=chosen, text=typed.get("text", ""), by=by, now=now)
        case "end":
            work_items.end(items=chosen, reason=typed.get("text", ""), by=by, now=now)
        case _:
            raise Refused("Choose what to do with these items.")


ACTS = {"assign": "Assign items", "snooze": "Snooze items", "note": "Save note", "end": "End items"}


def _confirm(request: PortalRequest, chosen: list[WorkItem], *, error: str = "") -> HttpResponse:
    now, act = timezone.now(), request.POST.get("act", "")
    if act not in ACTS:
        raise Refused("Choose what to do with these items.")
    context = {
        "chosen": chosen,
        "total": sum((row.amount for row in chosen), Decimal()),
        "act": act,
        "label": ACTS[act],
        "owners": work_items.owner_names(request.practice, on=local_day(now, request.practice.zone)),
        "typed": {name: request.POST.get(name, "")[:300] for name in ("to", "until", "text")},
        "error": error,
    }
    record_access(request, "list_work", now=now, subject="work", count=len(chosen))
    return render(request, "billing/work_confirm.html", context, status=422 if error else 200)


COLUMNS = ("Queue", "Due", "Owner", "Patient", "Payer", "Claim", "Code", "Date of service", "Amount")


def _export(request: PortalRequest, chosen: list[WorkItem]) -> HttpResponse:
    rows = [_columns(row) for row in chosen]
    record_access(request, "export_work", now=timezone.now(), subject="work", count=len(rows))
    return attachment(csv_text(list(COLUMNS), rows).encode(), "work.csv", "text/csv; charset=utf-8")


def _columns(row: WorkItem) -> tuple[object, ...]:
    claim, line = row.claim, row.line
    return (
        row.get_queue_display(),
        row.due_on,
        str(row.owner),
        str(claim.patient) if claim else "",
        str(claim.payer or "") if claim else str(row.transaction or ""),
        row.version.control if row.version else "",
        line.code if line else "",
        line.dos if line else "",
        row.amount,
    )
