"""Views: unmatched readings and refused deliveries, and their repair."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrollment.models import Device
from monitoring.intake import repairs, replay, shared_devices
from monitoring.intake.corrections import CLOCK_REASONS
from monitoring.intake.unmatched_rows import measured_at_of
from monitoring.models import Delivery, DeliveryState, UnmatchedReading
from monitoring.tasks import enqueue_delivery, enqueue_sweep
from monitoring.views.repair_forms import AssignForm, ClockForm, UnitForm
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access, record_change
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals, error_text

ROWS_PER_PAGE = 50
MAX_SHOWN_BYTES = 20_000
Reason = UnmatchedReading.Reason


@allow(Permission.REVIEW_READINGS)
@require_http_methods(["GET", "POST"])
def unmatched(request: PortalRequest) -> HttpResponse:
    """Unmatched readings, the newest first, with counts by kind; a search is posted, so that no address contains it.

    Refused deliveries are listed below. Eight statements for any number of rows, and two if devices are shared.
    """
    asked = request.POST if request.method == "POST" else request.GET
    every = repairs.open_rows(request.practice.pk)
    kinds = every.values("reason", "delivery__source__public_id", "delivery__source__name").annotate(n=Count("pk"))
    rows = every
    reason, source, words = asked.get("reason", ""), asked.get("source", "")[:12], asked.get("q", "").strip()[:60]
    if reason in Reason.values:
        rows = rows.filter(reason=reason)
    if source:
        rows = rows.filter(delivery__source__public_id=source)
    if words:
        rows = rows.filter(serial__icontains=words)
    rows = rows.select_related("delivery__source").order_by("-received_at", "-pk")
    page = Paginator(rows, ROWS_PER_PAGE).get_page(asked.get("page"))
    dead = Delivery.objects.filter(practice=request.practice, state__in=replay.DEAD_STATES)
    dead_page = Paginator(dead.select_related("source").order_by("-received_at", "-pk"), 20).get_page(asked.get("dead"))
    people = shared_devices.people_of(request.practice.pk, page.object_list)
    context = {
        "page": page,
        "rows": [(row, people.get(row.pk, [])) for row in page],
        "dead": dead_page,
        "reason": reason,
        "source": source,
        "words": words,
        "kinds": [{**kind, "label": Reason(kind["reason"]).label} for kind in kinds.order_by("-n")[:30]],
        "total": every.count() if reason or source or words else page.paginator.count,
        "waiting": Delivery.objects.filter(practice=request.practice, state=DeliveryState.WAITING).count(),
    }
    record_access(request, "list_unmatched", now=timezone.now(), count=len(page))
    return render(request, "monitoring/unmatched.html", context)


def body_text(body: bytes | None) -> str:
    """The first bytes of a body as text; other bytes as their codes. Empty if the body is no longer stored."""
    return (body or b"")[:MAX_SHOWN_BYTES].decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def _reading(request: PortalRequest, public_id: str) -> UnmatchedReading:
    rows: QuerySet[UnmatchedReading] = UnmatchedReading.objects.for_practice(request.practice)
    rows = rows.select_related("delivery__source", "resolved_by")
    return get_object_or_404(rows, public_id=public_id)


def _forms(request: PortalRequest, row: UnmatchedReading, *, step: str = "") -> dict[str, Any]:
    """The forms that can repair the reading, by their step; the posted one is bound."""
    posted = {name: request.POST if name == step else None for name in ("assign", "clock", "unit")}
    zone, sent = str(request.practice.zone), measured_at_of(row)
    forms: dict[str, Any] = {}
    if row.resolved_at is not None:
        return forms
    if row.reason in (Reason.UNKNOWN_DEVICE, Reason.NOT_ASSIGNED) and row.serial:
        registered = Device.objects.filter(practice=row.practice_id, serial=row.serial).exists()
        forms["assign"] = AssignForm(
            posted["assign"], practice=request.practice, is_registered=registered, zone=zone, moment=sent
        )
    if row.reason in CLOCK_REASONS and sent is not None:
        forms["clock"] = ClockForm(posted["clock"], zone=zone, moment=row.received_at)
    if row.reason == Reason.UNKNOWN_UNIT:
        source = row.delivery.source
        forms["unit"] = UnitForm(
            posted["unit"], initial={f"{metric}_unit": unit for metric, unit in source.units.items()}
        )
    return forms


def _reading_page(
    request: PortalRequest, row: UnmatchedReading, forms: dict[str, object], *, status: int
) -> HttpResponse:
    context = {
        "row": row,
        "forms": forms,
        "alike": repairs.alike(row).count() if row.resolved_at is None else 0,
        "payload": json.dumps(row.payload, indent=2, ensure_ascii=False)[:20_000],
        "sent_at": measured_at_of(row),
        "people": shared_devices.people_of(row.practice_id, [row]).get(row.pk, []),
        "corrections": row.corrections.select_related("corrected_by"),
    }
    record_access(request, "read_unmatched", now=timezone.now(), subject=f"unmatchedreading:{row.public_id}")
    return render(request, "monitoring/unmatched_reading.html", context, status=status)


@allow(Permission.REVIEW_READINGS)
@require_GET
def unmatched_reading(request: PortalRequest, public_id: str) -> HttpResponse:
    """One unmatched reading as it was sent, with what can be done; the audit history has who looked at it."""
    row = _reading(request, public_id)
    return _reading_page(request, row, _forms(request, row), status=200)


@allow(Permission.ENROLL)
@require_POST
def repair_reading(request: PortalRequest, public_id: str) -> HttpResponse:
    """Repair an unmatched reading in one step: assign its device, correct its clock, or set the unit of its source."""
    row, step, now = _reading(request, public_id), request.POST.get("step", ""), timezone.now()
    forms = _forms(request, row, step=step)
    form = forms.get(step)
    if form is None or not form.is_valid():
        return _reading_page(request, row, forms, status=422)
    try:
        if step == "assign":
            cleaned = form.cleaned_data
            repairs.assign(
                reading=row,
                enrollment=cleaned["enrollment"],
                model=cleaned.get("model"),
                starts_at=form.moment(),
                by=request.membership,
                now=now,
            )
        elif step == "clock":
            every, reason = form.cleaned_data["every"], form.cleaned_data["reason"]
            repairs.correct_clock(
                reading=row, measured_at=form.moment(), every=every, reason=reason, by=request.membership, now=now
            )
        else:
            repairs.set_units(reading=row, units=form.cleaned_data, by=request.membership, now=now)
    except (Refused, ValidationError) as error:
        form.add_error(None, error_text(error))
        return _reading_page(request, row, forms, status=422)
    enqueue_sweep()
    return redirect("monitoring:unmatched")


@allow(Permission.REVIEW_READINGS)
@require_POST
@answer_refusals()
def choose_person(request: PortalRequest, public_id: str) -> HttpResponse:
    """Answer whose reading of a shared device it is; its day and alerts begin with the answer."""
    row = _reading(request, public_id)
    chosen = request.POST.get("enrollment", "")
    shared_devices.choose_person(reading=row, enrollment=chosen, by=request.membership, now=timezone.now())
    enqueue_delivery(row.delivery_id)
    return redirect("monitoring:unmatched")


@allow(Permission.REVIEW_READINGS)
@require_GET
def delivery(request: PortalRequest, public_id: str) -> HttpResponse:
    """The body of a delivery as it was sent, also of one that was refused; the audit history has who looked at it."""
    rows: QuerySet[Delivery] = Delivery.objects.for_practice(request.practice)
    row = get_object_or_404(rows.select_related("source", "kept_body"), public_id=public_id)
    context = {"row": row, "body": body_text(row.body), "shown": MAX_SHOWN_BYTES}
    record_access(request, "read_delivery", now=timezone.now(), subject=f"delivery:{row.public_id}")
    return render(request, "monitoring/delivery.html", context)


@allow(Permission.REVIEW_READINGS)
@require_POST
@answer_refusals()
def play_again(request: PortalRequest, public_id: str) -> HttpResponse:
    """Process a delivery again, after a device was registered or its assignment corrected."""
    delivery = get_object_or_404(Delivery.objects.for_practice(request.practice), public_id=public_id)
    replay.play_again(delivery=delivery, now=timezone.now())
    enqueue_delivery(delivery.pk)
    return redirect("monitoring:unmatched")


@allow(Permission.REVIEW_READINGS)
@require_POST
def play_all_again(request: PortalRequest) -> HttpResponse:
    """Process every delivery with unmatched readings again."""
    replay.play_all_again(request.practice.pk, now=timezone.now())
    enqueue_sweep()
    return redirect("monitoring:unmatched")


@allow(Permission.REVIEW_READINGS)
@require_POST
@answer_refusals()
def set_aside(request: PortalRequest, public_id: str) -> HttpResponse:
    """Dismiss a reading, or all of its kind, with a note; they stay stored."""
    row, now, note = _reading(request, public_id), timezone.now(), request.POST.get("why", "")
    if request.POST.get("all"):
        repairs.dismiss_alike(reading=row, note=note, by=request.membership, now=now)
    else:
        replay.set_aside(reading=row, note=note, by=request.user, now=now)
        record_change(row, "dismiss_unmatched", by=request.membership, now=now)
    return redirect("monitoring:unmatched")
