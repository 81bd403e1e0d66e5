"""Views: enrollments in progress, a new enrollment, its cards and drafts, and its state changes."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrollment import services
from enrollment.forms import MoveForm, PersonForm
from enrollment.models import ConsentScript, Enrollment, Patient
from enrollment.queries import in_progress
from enrollment.services.prepared_orders import clear_order, send_order
from monitoring.alerts.limits import limits_form_values, template_form_values
from monitoring.forms import LimitsForm
from monitoring.models import ConditionTemplate
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.signatures import SignatureRefused
from rpm_portal.audit.services import record_access, record_change
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.enrollment.cards import TITLES, EnrollmentContext, context_of, may_start, with_sent_order
from rpm_portal.pages.enrollment.save_card import FORMS, initial_of, save_card
from rpm_portal.pages.enrollment.start_form import StartForm


@allow(Permission.ENROLL)
@require_GET
def enrollments(request: PortalRequest) -> HttpResponse:
    """Enrollments that have not started, with what each still needs."""
    rows = in_progress(request.practice)
    record_access(request, "list_enrollments", now=timezone.now(), count=len(rows))
    return render(request, "enrollment/in_progress.html", {"rows": rows})


@allow(Permission.ENROLL)
@require_http_methods(["GET", "POST"])
def start(request: PortalRequest) -> HttpResponse:
    """Enroll an existing patient, or a new one after a check for duplicates."""
    now = timezone.now()
    today = local_day(now, request.practice.zone)
    chosen = request.POST.get("patient") or request.GET.get("patient", "")
    patient = None
    if chosen:
        patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=chosen[:12])
    posted = request.POST if request.method == "POST" else None
    draft = services.drafts_of(practice=request.practice, user=request.user, enrollment=None).get("start")
    typed = draft.values if draft is not None and patient is None else None
    common: dict[str, Any] = {"practice": request.practice, "today": today}
    person = PersonForm(posted, initial=typed, **common) if patient is None else None
    form = StartForm(posted, initial={"looked_after_by": request.membership.pk} | (typed or {}), **common)
    twins: list[Patient] = []
    if posted is not None and form.is_valid() and (person is None or person.is_valid()):
        if person is not None and not posted.get("not_a_twin"):
            cleaned = person.cleaned_data
            names = ("family_name", "given_name", "born_on", "mrn")
            twins = services.likely_duplicates(request.practice, **{name: cleaned[name] for name in names})
        if not twins:
            try:
                return redirect("enroll:page", _create_enrollment(request, patient, person, form, now=now).public_id)
            except ValidationError as error:
                (person or form).add_refusal(error) if patient is None else form.add_refusal(error)
    context = {"person": person, "form": form, "patient": patient, "twins": twins, "draft": draft}
    return render(request, "enrollment/start.html", context, status=422 if posted is not None else 200)


@transaction.atomic
def _create_enrollment(
    request: PortalRequest, patient: Any, person: PersonForm | None, form: StartForm, *, now: datetime
) -> Enrollment:
    """Create the enrollment in draft and, if needed, the patient, in one transaction."""
    if person is not None:
        patient = services.register_patient(practice=request.practice, by=request.user, now=now, **person.cleaned_data)
    cleaned = form.cleaned_data
    row = services.draft_enrollment(
        patient=patient,
        program=cleaned["program"],
        rtm_system=cleaned["rtm_system"],
        billing_provider=cleaned["billing_provider"],
        looked_after_by=cleaned["looked_after_by"],
        by=request.user,
        now=now,
    )
    services.clear_draft(practice=request.practice, user=request.user, enrollment=None, card="start", now=now)
    return row


def _find(request: PortalRequest, public_id: str) -> Enrollment:
    rows = Enrollment.objects.for_practice(request.practice).select_related(
        "patient", "practice", "billing_provider__user", "supervised_by__user"
    )
    return get_object_or_404(rows, public_id=public_id)


def _page(
    request: PortalRequest,
    row: Enrollment,
    *,
    card: str = "",
    form: Form | None = None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page; `form` is the bound form of a refused card."""
    now = timezone.now()
    today = local_day(now, request.practice.zone)
    head = context_of(row, today=today)
    drafts = services.drafts_of(practice=request.practice, user=request.user, enrollment=row)
    forms: dict[str, Any] = {}
    for key, form_class in FORMS.items():
        draft = drafts.get(key)
        initial = draft.values if draft else initial_of(key, row, head["record"], today=today)
        common: dict[str, Any] = {"practice": request.practice, "today": today, "program": row.program}
        forms[key] = form_class(initial=initial, auto_id=f"{key}-%s", **common)
    limits_draft, units = drafts.get("limits"), request.practice.units
    limits = limits_draft.values if limits_draft else limits_form_values(row, units=units)
    forms["limits"] = LimitsForm(initial=limits, units=units, auto_id="limits-%s")
    if form is not None:
        forms[card] = form
    context: EnrollmentContext = {
        **head,
        "enrollment": row,
        "patient": row.patient,
        "age": row.patient.age_on(today),
        "today": today,
        "drawn_at": now.isoformat(),
        "rows": [(item, forms[item.key], drafts.get(item.key)) for item in with_sent_order(head["cards"], drafts)],
        "open_card": card or next((item.key for item in head["cards"] if item.state == "missing"), ""),
        "errors": errors or [],
        "form": form,
        "scripts": ConsentScript.objects.filter(practice=request.practice, program=row.program, in_use=True),
        "conditions": ConditionTemplate.objects.for_practice(request.practice),
        "may_start": may_start(row),
        "lacking": services.missing_for_start(row, on=today) if may_start(row) else [],
        "move_form": MoveForm(initial={"on": today}, practice=request.practice, today=today, auto_id="move-%s"),
        "pauses": list(row.pauses.order_by("-starts_on")),
    }
    return render(request, "enrollment/page.html", context, status=status)


@allow(Permission.ENROLL)
@require_GET
def page(request: PortalRequest, public_id: str) -> HttpResponse:
    """The enrollment with its eight cards."""
    row = _find(request, public_id)
    record_access(request, "read_enrollment", now=timezone.now(), subject=f"enrollment:{row.public_id}")
    return _page(request, row)


def _bind_form(request: PortalRequest, card: str, row: Enrollment, today: date) -> Any:
    if card == "limits":
        return LimitsForm(request.POST, units=request.practice.units, auto_id="limits-%s")
    if card not in FORMS:
        raise Http404
    return FORMS[card](
        request.POST,
        files=request.FILES,
        practice=request.practice,
        today=today,
        program=row.program,
        auto_id=f"{card}-%s",
    )


@allow(Permission.ENROLL)
@require_POST
def save(request: PortalRequest, public_id: str, card: str) -> HttpResponse:
    """Save one card. If it is refused, show the page with the typed values and what to correct."""
    row = _find(request, public_id)
    now = timezone.now()
    form = _bind_form(request, card, row, local_day(now, request.practice.zone))
    if card == "limits" and (name := request.POST.get("begin_from")):
        return _draft_from_condition(request, row, name)
    if not form.is_valid():
        return _page(request, row, card=card, form=form, status=422)
    if card == "order" and not may(request.membership.role, Permission.SIGN_ORDERS):
        draft = send_order(enrollment=row, values=_posted(request), by=request.membership, now=now)
        messages.success(request, f"Order sent to {draft.sent_to.signature if draft.sent_to else ''} for signature.")
        return redirect(reverse("enroll:page", args=[row.public_id]) + "#card-consent")
    cleaned = dict(form.cleaned_data)
    if card == "limits":
        cleaned = {"limits": form.limits(), "goals": cleaned["goals"], "begun_from": cleaned["begun_from"]}
    try:
        save_card(card, row, cleaned, by=request.membership, now=now)
    except Refused as refusal:
        if isinstance(refusal, SignatureRefused):
            record_change(None, "signature_refused", by=refusal.by, now=now, act=refusal.act)
        form.add_refusal(refusal)
    except ValidationError as error:
        if card == "limits":
            form.add_error(None, error)
        else:
            form.add_refusal(error)
    else:
        _clear(request, row, card)
        return redirect(reverse("enroll:page", args=[row.public_id]) + f"#{_next_anchor(card)}")
    _save_draft(request, row, card, now=now)
    return _page(request, row, card=card, form=form, status=422)


def _clear(request: PortalRequest, row: Enrollment, card: str) -> None:
    """Empty the draft of a card that was saved."""
    now = timezone.now()
    if card == "order":
        clear_order(enrollment=row, by=request.membership, now=now)
    else:
        services.clear_draft(practice=request.practice, user=request.user, enrollment=row, card=card, now=now)


def _next_anchor(card: str) -> str:
    keys = list(TITLES)
    return f"card-{keys[min(keys.index(card) + 1, len(keys) - 1)]}"


def _draft_from_condition(request: PortalRequest, row: Enrollment, name: str) -> HttpResponse:
    """Store a condition's limits and goals as the draft of the limits card."""
    template = get_object_or_404(ConditionTemplate.objects.for_practice(request.practice), name=name[:80])
    values = template_form_values(template, units=request.practice.units)
    services.save_draft(
        practice=request.practice, user=request.user, enrollment=row, card="limits", values=values, now=timezone.now()
    )
    return redirect(reverse("enroll:page", args=[row.public_id]) + "#card-limits")


def _posted(request: PortalRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.POST.items()}


def _save_draft(request: PortalRequest, row: Enrollment | None, card: str, *, now: datetime) -> None:
    values = _posted(request)
    common: dict[str, Any] = {"practice": request.practice, "user": request.user, "enrollment": row, "card": card}
    services.save_draft(values=values, now=now, drawn_at=_rendered_at(request), **common)


def _rendered_at(request: PortalRequest) -> datetime | None:
    """When the page that sends this was rendered; None if it is missing or invalid."""
    try:
        value = parse_datetime(request.POST.get("drawn_at", ""))
    except ValueError:
        return None
    return value if value is not None and value.tzinfo is not None else None


@allow(Permission.ENROLL)
@require_POST
def autosave(request: PortalRequest, public_id: str, card: str) -> HttpResponse:
    """Store the typed values of a card as a draft; returns the time as a fragment."""
    row = None if public_id == "new" else _find(request, public_id)
    if card not in TITLES and card != "start":
        raise Http404
    now = timezone.now()
    _save_draft(request, row, card, now=now)
    return render(request, "enrollment/_kept.html", {"now": now})


@allow(Permission.ENROLL)
@require_POST
def move(request: PortalRequest, public_id: str) -> HttpResponse:
    """Change the state: start, pause, resume, end, new episode, withdraw consent; record the patient's death."""
    row = _find(request, public_id)
    now = timezone.now()
    form = MoveForm(request.POST, practice=request.practice, today=local_day(now, request.practice.zone))
    if not form.is_valid():
        return _page(request, row, errors=["Enter the day as 2026-11-21."], status=422)
    on, reason, goal_met = (form.cleaned_data[name] for name in ("on", "reason", "goal_met"))
    common = {"enrollment": row, "on": on, "by": request.user, "now": now}
    try:
        match request.POST.get("to"):
            case "active":
                services.activate(because=reason, **common)
            case "paused":
                services.pause(reason=reason, **common)
            case "resumed":
                services.resume(**common)
            case "discharged":
                services.discharge(reason=reason, goal_met=goal_met, **common)
            case "died":
                services.record_death(patient=row.patient, on=on, source=reason, by=request.user, now=now)
            case "episode":
                services.new_episode(reason=reason, goal_met=goal_met, **common)
            case "withdrawn":
                services.withdraw_consent(**common)
            case _:
                return _page(request, row, errors=["Choose what is to happen."], status=422)
    except (ValidationError, Refused) as refusal:
        return _page(request, row, errors=getattr(refusal, "messages", [str(refusal)]), status=422)
    return redirect("enroll:page", row.public_id)
