"""Views: the stock of devices, and one device with its actions."""

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrollment import queries, services
from enrollment.forms import StockForm
from enrollment.models import Device, DeviceState, Enrollment
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.identifiers import plain_serial


@allow(Permission.ENROLL)
@require_http_methods(["GET", "POST"])
def devices(request: PortalRequest) -> HttpResponse:
    """All devices with their current patients and last contact, filtered and searched, and the form for a new one.

    A search is posted, so that no address contains a number of a device.
    """
    now = timezone.now()
    searched = "search" in request.POST
    posted = request.POST if request.method == "POST" and not searched else None
    form = StockForm(posted, practice=request.practice, today=local_day(now, request.practice.zone))
    if posted is not None and form.is_valid():
        try:
            services.add_device(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_refusal(error)
        else:
            return redirect("enrollment:devices")
    asked = request.POST if searched else request.GET
    show, words = asked.get("show", ""), plain_serial(asked.get("q", ""))[:40]
    rows = queries.devices_where(queries.stock(request.practice), show, now=now)
    rows = rows.filter(serial__icontains=words) if words else rows
    page = Paginator(rows, 50).get_page(asked.get("page"))
    record_access(request, "list_devices", now=now, count=page.paginator.count)
    context = {"page": page, "form": form, "show": show, "words": words, "filters": queries.DEVICE_FILTERS}
    return render(request, "enrollment/devices.html", context, status=422 if form.is_bound else 200)


def _find_device(request: PortalRequest, public_id: str) -> Device:
    rows = Device.objects.for_practice(request.practice).select_related("model", "practice")
    return get_object_or_404(rows, public_id=public_id)


def _page(request: PortalRequest, row: Device, *, errors: list[str] | None = None, status: int = 200) -> HttpResponse:
    custody = queries.custody_of(row)
    current = next((assignment for assignment in custody if assignment.ends_at is None), None)
    context: dict[str, object] = {"device": row, "custody": custody, "current": current, "errors": errors or []}
    context["shares"] = queries.shares_of(current) if current is not None else []
    context["states"] = [(value, label) for value, label in DeviceState.choices if value != row.state]
    record_access(request, "read_device", now=timezone.now(), subject=f"device:{row.public_id}")
    return render(request, "enrollment/device.html", context, status=status)


@allow(Permission.ENROLL)
@require_GET
def device(request: PortalRequest, public_id: str) -> HttpResponse:
    """One device: its assignments and actions."""
    row = _find_device(request, public_id)
    return _page(request, row)


@allow(Permission.ENROLL)
@require_POST
def move_device(request: PortalRequest, public_id: str) -> HttpResponse:
    """Return or swap a device, record its delivery, or change its state."""
    row = _find_device(request, public_id)
    now = timezone.now()
    reason = request.POST.get("reason", "")[:120]
    current = next((a for a in queries.custody_of(row) if a.ends_at is None), None)
    action = request.POST.get("to", "")
    try:
        if action in DeviceState.values:
            services.set_device_state(device=row, state=action, reason=reason, by=request.user, now=now)
        elif current is None:
            raise ValidationError("Nobody has this device.")
        elif action == "returned":
            services.take_back_device(assignment=current, ends_at=now, reason=reason or "returned", by=request.user)
        elif action == "delivered":
            on = local_day(now, request.practice.zone)
            services.mark_delivered(assignment=current, on=on, by=request.user, now=now)
        elif action == "configured":
            services.confirm_configured(assignment=current, by=request.user, now=now)
        elif action == "swap":
            other = queries.devices_in_stock(request.practice, typed=request.POST.get("serial", "").strip()).first()
            if other is None or not request.POST.get("serial", "").strip():
                raise ValidationError("Scan or type the number of a device that is in stock.")
            services.swap_device(assignment=current, device=other, at=now, reason=reason, by=request.user)
        else:
            raise ValidationError("Choose what is to happen.")
    except ValidationError as error:
        return _page(request, row, errors=error.messages, status=422)
    return redirect("enrollment:device", row.public_id)


@allow(Permission.ENROLL)
@require_POST
def share_device(request: PortalRequest, public_id: str) -> HttpResponse:
    """Let a second patient of the home use a device, or end that."""
    row, now = _find_device(request, public_id), timezone.now()
    current = next((a for a in queries.custody_of(row) if a.ends_at is None), None)
    posted = request.POST
    try:
        if current is None:
            raise ValidationError("Nobody has this device. Assign it first.")
        if ended := posted.get("end", ""):
            share = next((one for one in queries.shares_of(current) if str(one.pk) == ended), None)
            if share is None:
                raise ValidationError("This has ended already.")
            services.end_share(share=share, at=now, by=request.user)
        else:
            users = {name: posted.get(name, "")[:40] for name in ("user", "holder_user")}
            other = _the_enrollment(request, posted.get("who", "").strip()[:80])
            services.share_device(assignment=current, enrollment=other, at=now, by=request.user, **users)
    except ValidationError as error:
        return _page(request, row, errors=error.messages, status=422)
    return redirect("enrollment:device", row.public_id)


def _the_enrollment(request: PortalRequest, words: str) -> Enrollment:
    """The one enrollment that the words find. Raises ValidationError with what to enter."""
    found = list(queries.patients(request.practice, words=words)[:9]) if words else []
    rows = [row for patient in found for row in patient.listed_enrollments if row.state not in {"draft", "discharged"}]
    if not rows:
        raise ValidationError("No patient in monitoring matches. Enter a name, birth date, MRN, or phone number.")
    if len(rows) > 1:
        raise ValidationError("Several patients match. Enter the MRN of the patient who shares the device.")
    return rows[0]
