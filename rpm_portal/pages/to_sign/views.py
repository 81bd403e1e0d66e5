"""Views: what waits for a provider, and signing and withdrawing a prepared order."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import DateField, Field
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enrollment.forms import OrderForm
from enrollment.models import CardDraft, Enrollment
from enrollment.services import prepared_orders
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.signatures import SignatureRefused
from rpm_portal.audit.services import record_access, record_change
from rpm_portal.core.access import Permission, allow, has_permission
from rpm_portal.core.days import day_words, local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.pages.enrollment.save_card import save_card
from rpm_portal.pages.to_sign.queries import ToSign, to_sign

CHANGED = "The order was changed after you opened it. Read it again, then sign."


def _show(request: PortalRequest, *, chosen: str = "", error: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    waiting = to_sign(request.membership, now=now)
    draft = _chosen(waiting, chosen)
    context = {
        "waiting": waiting,
        "draft": draft,
        "fields": _fields(request, draft),
        "enrollment_id": draft.enrollment.public_id if draft and draft.enrollment else "",
        "error": error,
        "now": now,
    }
    record_access(request, "list_to_sign", now=now, count=waiting.count)
    return render(request, "to_sign/to_sign.html", context, status=status)


def _chosen(waiting: ToSign, public_id: str) -> CardDraft | None:
    """The order that was asked for, else the oldest."""
    found = (row for row in waiting.orders if row.enrollment and row.enrollment.public_id == public_id)
    return next(found, waiting.orders[0] if waiting.orders else None)


def _fields(request: PortalRequest, draft: CardDraft | None) -> list[tuple[str, str]]:
    """The labels and values of a prepared order, in the order of the form."""
    if draft is None:
        return []
    form = OrderForm(practice=request.practice, today=local_day(timezone.now(), request.practice.zone))
    return [
        (str(field.label or name.replace("_", " ").capitalize()), _words(field, draft.values[name]))
        for name, field in form.fields.items()
        if name != "password" and draft.values.get(name)
    ]


def _words(field: Field, value: object) -> str:
    """A value of a draft as it was typed, a date as day_words."""
    text = str(value)
    if isinstance(field, DateField):
        try:
            on = field.to_python(text)
        except ValidationError:
            return text
        return day_words(on) if on else ""
    return text


@allow(Permission.SIGN_ORDERS)
@require_GET
def inbox(request: PortalRequest) -> HttpResponse:
    """Orders to sign, escalations, limit proposals, attestations, days to sign, and documents that end in 30 days."""
    return _show(request, chosen=request.GET.get("order", "")[:12])


@allow(Permission.SIGN_ORDERS)
@require_POST
def sign(request: PortalRequest, public_id: str) -> HttpResponse:
    """Sign a prepared order with the password, and show the next one."""
    now, enrollment = timezone.now(), _enrollment(request, public_id)
    today = local_day(now, request.practice.zone)
    rows = prepared_orders.orders_to_sign(request.practice, request.membership, today=today)
    draft = rows.filter(enrollment__public_id=public_id).first()
    if draft is None:
        return _show(request, error="This order was signed or withdrawn already.", status=422)
    if request.POST.get("saved_at", "") != draft.saved_at.isoformat():
        return _show(request, chosen=public_id, error=CHANGED, status=422)
    data = {**draft.values, "password": request.POST.get("password", "")}
    form = OrderForm(data, practice=request.practice, today=today, program=enrollment.program)
    if not form.is_valid():
        words = " ".join(
            f"{form.fields[name].label or name}: {' '.join(map(str, texts))}" for name, texts in form.errors.items()
        )
        return _show(request, chosen=public_id, error=f"Not signed. {words}", status=422)
    try:
        save_card("order", enrollment, dict(form.cleaned_data), by=request.membership, now=now)
    except (Refused, ValidationError) as refusal:
        if isinstance(refusal, SignatureRefused):
            record_change(None, "signature_refused", by=refusal.by, now=now, act=refusal.act)
        words = " ".join(getattr(refusal, "messages", None) or [str(refusal)])
        return _show(request, chosen=public_id, error=f"Not signed. {words}", status=422)
    prepared_orders.clear_order(enrollment=enrollment, by=request.membership, now=now)
    messages.success(request, f"Order for {enrollment.patient} signed.")
    return redirect("to_sign:inbox")


def _enrollment(request: PortalRequest, public_id: str) -> Enrollment:
    rows = Enrollment.objects.for_practice(request.practice).select_related(
        "patient", "practice", "billing_provider__user"
    )
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.ENROLL)
@require_POST
@answer_refusals()
def withdraw(request: PortalRequest, public_id: str) -> HttpResponse:
    """Take a prepared order back; a provider returns it to who prepared it."""
    enrollment = _enrollment(request, public_id)
    prepared_orders.withdraw_order(enrollment=enrollment, by=request.membership, now=timezone.now())
    messages.success(request, "Order withdrawn. What was written stays as a draft.")
    if request.POST.get("next") == "inbox" and has_permission(request.membership, Permission.SIGN_ORDERS):
        return redirect("to_sign:inbox")
    return redirect(reverse("enroll:page", args=[enrollment.public_id]) + "#card-order")
