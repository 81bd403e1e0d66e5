"""Views of a launch: its start, the EHR's answer, and the page on which a person confirms who they are."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from rpm_portal.accounts.signatures import SignatureRefused, check_signature_password
from rpm_portal.audit.services import record, record_change
from rpm_portal.core.refusals import Refused
from rpm_portal.core.throttle import is_within_limit
from rpm_portal.fhir.ehr.id_tokens import identity_of
from rpm_portal.fhir.ehr.launches import LIVES_FOR, begin_launch, exchange_code, find_link, open_launch, take_launch
from rpm_portal.fhir.ehr.models import EhrLaunch, EhrLink
from rpm_portal.fhir.ehr.patients import read_patient
from rpm_portal.fhir.ehr.people import bind_person, find_person, member_of_launch
from rpm_portal.fhir.ehr.requests_out import LaunchRefused
from rpm_portal.fhir.ehr.sessions import begun_launches, is_signed_in, remember_launch, sign_in

_MAX_A_MINUTE = 30  # launches from one address
_MAX_EVENTS = 60  # refusals of a link in the audit, a minute
_FRAMES = {"iframe", "frame", "embed", "object"}
View = Callable[[HttpRequest, EhrLink], HttpResponse]


def _refused_page(request: HttpRequest, link: EhrLink, refusal: LaunchRefused) -> HttpResponse:
    """Record the refusal by its code, and show its sentence. Strangers cannot fill the audit: it has a limit."""
    now, subject, detail = timezone.now(), f"ehrlink:{link.public_id}", {"why": refusal.why}
    if is_within_limit(f"ehr-refused:{link.public_id}", limit=_MAX_EVENTS, moment=now.timestamp()):
        record(practice=link.practice, by=None, action="ehr_launch_refused", subject=subject, detail=detail, now=now)
    return render(request, "ehr/refused.html", {"why": refusal.message}, status=refusal.status)


def _of_link(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
    """Decorator: give the view its link, and answer a refusal with a page and an audit event."""

    @wraps(view)
    def guarded(request: HttpRequest, public_id: str) -> HttpResponse:
        link = find_link(public_id)
        if link is None:
            raise Http404
        try:
            return view(request, link)
        except LaunchRefused as refusal:
            return _refused_page(request, link, refusal)

    return guarded


def _back_url(request: HttpRequest, link: EhrLink) -> str:
    """The redirect address: one for each link, so that one EHR's answer cannot be used at another."""
    return request.build_absolute_uri(reverse("ehr:back", args=[link.public_id]))


def _begin(request: HttpRequest, link: EhrLink, *, is_standalone: bool) -> HttpResponse:
    now = timezone.now()
    if request.headers.get("Sec-Fetch-Dest", "") in _FRAMES:
        raise LaunchRefused(
            "The portal opens in a tab of its own, not inside a page of the EHR. Ask your administrator.",
            why="in_frame",
            status=400,
        )
    caller = f"ehr-launch:{request.META.get('REMOTE_ADDR', '')}"
    if not is_within_limit(caller, limit=_MAX_A_MINUTE, moment=now.timestamp()):
        raise LaunchRefused("Too many launches from here. Wait a minute, then try again.", why="too_many", status=429)
    row, address = begin_launch(
        link,
        iss="" if is_standalone else request.GET.get("iss", ""),
        launch="" if is_standalone else request.GET.get("launch", ""),
        redirect_uri=_back_url(request, link),
        is_standalone=is_standalone,
        now=now,
    )
    remember_launch(request, row)
    return redirect(address)


@login_not_required
@require_GET
@_of_link
def launch(request: HttpRequest, link: EhrLink) -> HttpResponse:
    """The address that the EHR opens, with `iss` and `launch`: redirect to its authorization endpoint."""
    return _begin(request, link, is_standalone=False)


@login_not_required
@require_GET
@_of_link
def start(request: HttpRequest, link: EhrLink) -> HttpResponse:
    """A launch from outside the EHR, which then asks for the patient."""
    return _begin(request, link, is_standalone=True)


@login_not_required
@require_GET
@_of_link
def back(request: HttpRequest, link: EhrLink) -> HttpResponse:
    """The EHR's answer: who launched, and which patient."""
    now = timezone.now()
    row = take_launch(link, state=request.GET.get("state", ""), begun=begun_launches(request), now=now)
    code = "" if "error" in request.GET else request.GET.get("code", "")
    tokens, configuration = exchange_code(row, code=code, redirect_uri=_back_url(request, link), now=now)
    identity = identity_of(tokens.id_token, launch=row, configuration=configuration, now=now)
    row.user, row.is_bound = find_person(row.link, identity, token=tokens.access_token, now=now)
    row.sub, row.fhir_user, row.has_factor = identity.sub, identity.fhir_user, identity.has_factor
    # The access token is used here and stored nowhere.
    row.found = read_patient(row.link, tokens.patient, token=tokens.access_token) if tokens.patient else {}
    row.verifier, row.expires_at = "", now + LIVES_FOR
    row.save()
    return _go_on(request, row)


def _go_on(request: HttpRequest, row: EhrLaunch) -> HttpResponse:
    """To the patient, or to the page that asks the person first."""
    if row.is_bound and is_signed_in(request, row):
        return redirect("ehr:open", row.public_id)
    if row.is_bound and request.user.pk in {None, row.user_id}:
        return sign_in(request, row)
    return redirect("ehr:person", row.public_id)


def _person_page(request: HttpRequest, row: EhrLaunch, *, error: str = "") -> HttpResponse:
    other = request.user if request.user.pk not in {None, row.user_id} else None
    context = {"launch": row, "other": other, "error": error}
    return render(request, "ehr/person.html", context, status=422 if error else 200)


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask the person for their password once, and whether another person's session may end."""
    now = timezone.now()
    row = open_launch(public_id, now=now) if public_id in begun_launches(request) else None
    if row is None:
        sentence = "This launch has expired or was used already. Open the portal from the EHR again."
        return render(request, "ehr/refused.html", {"why": sentence}, status=404)
    if request.method == "GET":
        return _person_page(request, row)
    try:
        if not row.is_bound:
            _confirm(request, row)
    except LaunchRefused as refusal:
        return _refused_page(request, row.link, refusal)
    except Refused as refusal:
        return _person_page(request, row, error=refusal.message)
    return sign_in(request, row)


def _confirm(request: HttpRequest, row: EhrLaunch) -> None:
    """Check the person's own password and bind the EHR's account. Raises Refused."""
    now = timezone.now()
    member = member_of_launch(row, now=now)
    if member is None:
        raise LaunchRefused("You have no role in this practice today. Ask its manager for one.", why="no_role")
    password = request.POST.get("password", "")
    try:
        check_signature_password(member, password, field="password", act="bind_ehr_user", now=now)
    except SignatureRefused as refusal:
        record_change(None, "signature_refused", by=refusal.by, now=now, act=refusal.act)
        raise
    bind_person(row, by=member, now=now)
    row.is_bound = True
    row.save(update_fields=["is_bound"])
