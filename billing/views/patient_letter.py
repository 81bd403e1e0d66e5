"""View of the patient letter of a month, to be read aloud, printed or handed over."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.evidence.patient_letter import letter_of
from billing.evidence.patient_letter_texts import LANGUAGES, text_in
from enrollment.models import Patient
from rpm_portal.accounts.request import PortalRequest, month_from_url
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow


@allow(Permission.SEE_PATIENTS)
@require_GET
def patient_letter(request: PortalRequest, public_id: str, month: str) -> HttpResponse:
    """The letter of a month in the patient's language, or in the one requested by `in`."""
    patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    now = timezone.now()
    chosen = month_from_url(month, request.practice, now=now)
    asked = request.GET.get("in", "")
    language = asked if asked in LANGUAGES else patient.language
    text = text_in(language)
    context = {
        "patient": patient,
        "month": chosen,
        "language": language,
        "languages": LANGUAGES.items(),
        "letter": letter_of(request.practice, patient, month=chosen, language=language),
        "heads": {name: text(name) for name in ("measured", "spoke", "billed", "code", "what", "on", "share")},
    }
    record_access(request, "read_letter", now=now, subject=f"patient:{patient.public_id}", month=str(chosen))
    return render(request, "billing/letter.html", context)
