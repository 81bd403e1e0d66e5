"""The view that opens the chart of a launch, or asks which patient it is."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from enrollment.models import Patient
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.refusals import Refused, refusal_page
from rpm_portal.fhir.ehr.launches import close_launch, open_launch
from rpm_portal.fhir.ehr.models import EhrLaunch, EhrPatient
from rpm_portal.fhir.ehr.patients import (
    FoundPatient,
    Match,
    MatchOutcome,
    bind_patient,
    decide_match,
    found_of,
    match_patient,
)

_ENDED = "This launch has expired or was used already. Open the chart from the EHR again."


@allow(Permission.SEE_PATIENTS)
@require_http_methods(["GET", "POST"])
def open_patient(request: PortalRequest, public_id: str) -> HttpResponse:
    """Open the chart of the patient of a launch; POST is the person's decision that two records are one patient."""
    now = timezone.now()
    get_object_or_404(EhrLaunch.objects.for_practice(request.practice), public_id=public_id)
    launch = open_launch(public_id, practice_id=request.practice.pk, now=now)
    if launch is None or launch.user_id != request.user.pk:
        return refusal_page(request, _ENDED)
    found = found_of(launch)
    if found is None:
        close_launch(launch, now=now)
        return redirect("worklist")
    if found["unreadable"]:
        return _page(request, launch, found, Match(MatchOutcome.NONE))
    match = match_patient(launch.link, found)
    return _decide(request, launch, found, match) if request.method == "POST" else _show(request, launch, found, match)


def _show(request: PortalRequest, launch: EhrLaunch, found: FoundPatient, match: Match) -> HttpResponse:
    if match.patient is None or match.outcome not in {MatchOutcome.BOUND, MatchOutcome.SAME}:
        return _page(request, launch, found, match)
    if match.outcome == MatchOutcome.SAME:
        now = timezone.now()
        bind_patient(launch, match.patient, how=EhrPatient.How.MRN, by=request.membership, now=now)
    return _chart(launch, match.patient)


def _decide(request: PortalRequest, launch: EhrLaunch, found: FoundPatient, match: Match) -> HttpResponse:
    try:
        patient = decide_match(
            launch,
            match,
            patient=request.POST.get("patient", ""),
            reason=request.POST.get("reason", ""),
            by=request.membership,
            now=timezone.now(),
        )
    except Refused as refusal:
        return _page(request, launch, found, match, error=refusal.message)
    return _chart(launch, patient)


def _chart(launch: EhrLaunch, patient: Patient) -> HttpResponse:
    close_launch(launch, now=timezone.now())
    return redirect("chart", patient.public_id)


def _page(
    request: PortalRequest, launch: EhrLaunch, found: FoundPatient, match: Match, *, error: str = ""
) -> HttpResponse:
    """The page with both records, or the sentence that there is none. No other patient is shown."""
    now = timezone.now()
    subject = f"patient:{match.patient.public_id}" if match.patient is not None else f"ehrlink:{launch.link.public_id}"
    why = "unreadable" if found["unreadable"] else str(match.outcome)
    record_access(request, "ehr_patient_not_opened", now=now, subject=subject, why=why)
    context = {
        "link": launch.link,
        "found": found,
        "name": found["names"][0] if found["names"] else None,
        "patient": match.patient,
        "differs": match.outcome == MatchOutcome.DIFFERS,
        "may_enroll": may(request.membership.role, Permission.ENROLL),
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    return render(request, "ehr/patient.html", context, status=422 if error else 200)
