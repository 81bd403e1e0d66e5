"""Views: reviews of readings."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from enrollment.models import Enrollment
from monitoring import queries, services
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow


@allow(Permission.REVIEW_READINGS)
@require_POST
def mark_reviewed(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record that an enrollment's readings up to now were reviewed."""
    enrollment = get_object_or_404(Enrollment.objects.for_practice(request.practice), public_id=public_id)
    services.mark_reviewed(enrollment=enrollment, by=request.user, now=timezone.now())
    if not request.htmx:
        return redirect("chart", enrollment.patient.public_id)
    rows = queries.reviews(enrollment.pk)
    context = {"reviews": rows, "enrollment": enrollment, "looked": queries.last_look(rows)}
    return render(request, "monitoring/_reviews.html", context)
