"""Doors: alerts, reviews, and readings that wait for a place."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from enrollment.models import Enrollment
from monitoring import queries, services
from monitoring.forms import ReviewForm
from monitoring.models import Alert, UnmatchedReading
from rpm_portal.access import Permission, allow
from rpm_portal.audit.services import record_look
from rpm_portal.http import PortalRequest


@allow(Permission.REVIEW_READINGS)
@require_POST
def review_alert(request: PortalRequest, public_id: str) -> HttpResponse:
    """Close an alert with what came of it; answers with the chart's alerts."""
    alert = get_object_or_404(Alert.objects.for_practice(request.practice), public_id=public_id)
    form = ReviewForm(request.POST)
    said = ""
    if form.is_valid():
        try:
            services.review_alert(alert=alert, by=request.user, now=timezone.now(), **form.cleaned_data)
        except services.IllegalMove as refusal:
            said = str(refusal)
    else:
        said = "Choose what came of it."
    if not request.htmx:
        return redirect("chart", alert.enrollment.patient.public_id)
    context = {"alerts": queries.open_alerts(alert.enrollment_id), "form": ReviewForm(), "said": said}
    answer = render(request, "monitoring/_alerts.html", context, status=422 if said else 200)
    return trigger_client_event(answer, "alerts-changed")


@allow(Permission.REVIEW_READINGS)
@require_POST
def mark_reviewed(request: PortalRequest, public_id: str) -> HttpResponse:
    """Say that an enrollment's readings up to now were looked at."""
    enrollment = get_object_or_404(Enrollment.objects.for_practice(request.practice), public_id=public_id)
    services.mark_reviewed(enrollment=enrollment, by=request.user, now=timezone.now())
    if not request.htmx:
        return redirect("chart", enrollment.patient.public_id)
    return render(
        request, "monitoring/_reviews.html", {"reviews": queries.reviews(enrollment.pk), "enrollment": enrollment}
    )


@allow(Permission.REVIEW_READINGS)
@require_GET
def unmatched(request: PortalRequest) -> HttpResponse:
    """Readings that could not be placed, the newest first, each with its reason."""
    rows = UnmatchedReading.objects.for_practice(request.practice).filter(resolved_at__isnull=True)
    rows = rows.select_related("delivery__source").order_by("-received_at", "-pk")[:200]
    record_look(request, "list_unmatched", now=timezone.now(), count=len(rows))
    return render(request, "monitoring/unmatched.html", {"rows": rows})
