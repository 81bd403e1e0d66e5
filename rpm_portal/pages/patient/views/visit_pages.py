"""Views of the patient's page. GET and HEAD change nothing except that the patient has read a thread."""

import hashlib
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrollment.models import DeviceAssignment, Enrollment
from rpm_portal.audit.services import record
from rpm_portal.core.refusals import Refused
from rpm_portal.core.throttle import is_within_limit
from rpm_portal.pages.patient import visits
from rpm_portal.pages.patient.links import find_link
from rpm_portal.pages.patient.models import PatientLink, PatientVisit
from rpm_portal.pages.patient.texts import LANGUAGES, texts_in
from rpm_portal.pages.patient.views.frame import COOKIE_PATH, VisitRequest, patient_page, show, visit_required
from timetracking.models import MessageThread, ThreadSubject
from timetracking.threads import conversations, promise

FROM_ADDRESS_A_MINUTE = 30
# Subjects that a patient chooses from.
SUBJECTS = (ThreadSubject.GENERAL, ThreadSubject.DEVICE, ThreadSubject.MEDICINE, ThreadSubject.BILLING)
_PROBLEMS = {"numbers": "numbers", "year": "year_short", "no_day": "no_day"}


@patient_page
@sensitive_post_parameters("secret", "day", "month", "year")
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, selector: str) -> HttpResponse:
    """The second check. The page of any selector looks the same; only a form with the secret is judged."""
    if request.method != "POST":
        return show(request, "check", {"selector": selector})
    now = timezone.now()
    sender = f"patient:{request.META['REMOTE_ADDR']}"
    if not is_within_limit(sender, limit=FROM_ADDRESS_A_MINUTE, moment=now.timestamp()):
        return show(request, "check", {"selector": selector, "problem": "slow"}, status=429)
    secret = request.POST.get("secret", "").strip()
    link = find_link(selector, secret, now=now)
    if link is None:
        return show(request, "gone", status=410)
    return _judge(request, link, secret, now=now)


def _judge(request: HttpRequest, link: PatientLink, secret: str, *, now: datetime) -> HttpResponse:
    """Compare the birth date; begin a visit, or show the check again with what to correct."""
    typed = {name: request.POST.get(name, "") for name in ("day", "month", "year")}
    context: dict[str, object] = {"selector": link.selector, "typed": typed, "secret": secret}
    try:
        born_on = visits.parse_birth_date(**typed)
        result = visits.check_birth_date(link, born_on, now=now)
    except visits.LinkLockedRefused:
        return show(request, "check", context | {"problem": "locked"}, status=429)
    except Refused as refusal:
        return show(request, "check", context | {"problem": _PROBLEMS[refusal.message]}, status=422)
    if result.visit is None:
        return show(request, "check", context | {"problem": "wrong", "tries_left": result.tries_left}, status=422)
    return _with_cookie(redirect("patient:home"), result.token)


def _with_cookie(response: HttpResponseRedirect, token: str) -> HttpResponse:
    response.set_cookie(
        settings.PATIENT_COOKIE_NAME,
        token,
        max_age=int(visits.LONGEST.total_seconds()),
        path=COOKIE_PATH,
        secure=settings.SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def _threads(visit: PatientVisit) -> list[MessageThread]:
    rows = MessageThread.objects.for_practice(visit.practice_id).filter(enrollment__patient=visit.patient_id)
    return list(rows.select_related("enrollment", "practice").order_by("-last_at", "-pk"))


def _labels(visit: PatientVisit) -> dict[str, str]:
    """The subjects in the words of the page."""
    texts = texts_in(visit.language)
    return {subject: texts[f"subject_{subject}"] for subject in ThreadSubject.values}


def _frame(visit: PatientVisit, *, now: datetime) -> dict[str, object]:
    """What each page of a visit has: the practice, its telephone, the promise, and whether it is open now."""
    row = promise.promise_of(visit.practice, now=now)
    return {
        "practice": visit.practice.name,
        "telephone": row.telephone,
        "promise": promise.promise_words(row, visit.language),
        "is_open": promise.is_open(row, visit.practice.zone, now=now),
    }


def _record_look(request: VisitRequest, action: str, *, now: datetime, **detail: object) -> None:
    """Add an event of the patient's side."""
    visit = request.visit
    record(
        practice=visit.practice,
        by=None,
        role=visits.PATIENT_ROLE,
        action=action,
        subject=visit.audit_subject,
        now=now,
        detail=detail | {"link": visit.link.public_id},
    )


@visit_required
@require_GET
def home(request: VisitRequest) -> HttpResponse:
    """The patient's threads."""
    visit, now = request.visit, timezone.now()
    labels = _labels(visit)
    rows = [(thread, labels[thread.subject]) for thread in _threads(visit)]
    _record_look(request, "patient_list_threads", now=now, count=len(rows))
    return show(request, "home", _frame(visit, now=now) | {"threads": rows, "sent": "sent" in request.GET})


def _active(visit: PatientVisit) -> Enrollment | None:
    """The enrollment that a new message belongs to: the active one that began last."""
    rows = Enrollment.objects.for_practice(visit.practice_id).filter(patient=visit.patient_id, state="active")
    return rows.select_related("patient", "practice").order_by("-started_on", "-pk").first()


def _form_key(request: VisitRequest) -> str:
    """The key of a form of this visit, so that a form that arrives twice makes one message."""
    return hashlib.sha256(f"{request.visit.pk}|{request.POST.get('once', '')}".encode()).hexdigest()


def _problem(text: str, subject: str = ThreadSubject.GENERAL) -> str:
    """What is wrong with a message, as the name of a sentence; empty if nothing."""
    if subject not in SUBJECTS:
        return "choose_subject"
    try:
        conversations.clean_text(text)
    except Refused:
        return "too_long" if text.strip() and len(text) > conversations.LONGEST_TEXT else "empty"
    return ""


@visit_required
@require_http_methods(["GET", "POST"])
def new_message(request: VisitRequest) -> HttpResponse:
    """Write a message about a subject."""
    visit, now = request.visit, timezone.now()
    text, subject = request.POST.get("text", ""), request.POST.get("subject", "")
    enrollment = _active(visit)
    labels = _labels(visit)
    context = _frame(visit, now=now) | {
        "subjects": [(choice.value, labels[choice]) for choice in SUBJECTS],
        "subject": subject or request.GET.get("about", ""),
        "typed": text,
        "longest": conversations.LONGEST_TEXT,
    }
    if enrollment is None:
        return show(request, "new", context | {"problem": "program_ended", "is_over": True}, status=409)
    if request.method == "GET":
        return show(request, "new", context)
    if problem := _problem(text, subject):
        return show(request, "new", context | {"problem": problem}, status=422)
    conversations.receive_new(enrollment=enrollment, subject=subject, text=text, now=now, form_key=_form_key(request))
    return redirect("/p/?sent=1")


@visit_required
@require_http_methods(["GET", "POST"])
def thread(request: VisitRequest, public_id: str) -> HttpResponse:
    """Read a thread, and answer it."""
    visit, now = request.visit, timezone.now()
    rows = MessageThread.objects.for_practice(visit.practice_id).filter(enrollment__patient=visit.patient_id)
    row = rows.select_related("enrollment", "practice").filter(public_id=public_id).first()
    if row is None:
        return show(request, "missing", _frame(visit, now=now), status=404)
    if request.method == "GET":
        conversations.mark_read(row, None, now=now)
        _record_look(request, "patient_read_thread", now=now, thread=row.public_id)
        return _show_thread(request, row, now=now)
    text = request.POST.get("text", "")
    if problem := _problem(text):
        return _show_thread(request, row, now=now, problem=problem)
    try:
        conversations.receive(thread=row, text=text, now=now, form_key=_form_key(request))
    except Refused:
        return _show_thread(request, row, now=now, problem="program_ended", status=409)
    return redirect("/p/?sent=1")


def _show_thread(
    request: VisitRequest, row: MessageThread, *, now: datetime, problem: str = "", status: int = 422
) -> HttpResponse:
    visit = request.visit
    context = _frame(visit, now=now) | {
        "thread": row,
        "label": _labels(visit)[row.subject],
        "rows": row.messages.select_related("written_by"),
        "problem": problem,
        "typed": request.POST.get("text", ""),
        "longest": conversations.LONGEST_TEXT,
        "is_over": row.enrollment.state != "active",
    }
    return show(request, "thread", context, status=status if problem else 200)


@visit_required
@require_http_methods(["GET", "POST"])
def preferences(request: VisitRequest) -> HttpResponse:
    """The language of the page, and how to end texts."""
    visit, now = request.visit, timezone.now()
    if request.method == "POST" and request.POST.get("language", "") in LANGUAGES:
        visit.language = request.POST["language"]
        PatientVisit.objects.for_practice(visit.practice_id).filter(pk=visit.pk).update(language=visit.language)
        return redirect("/p/preferences/?saved=1")
    context = _frame(visit, now=now) | {"languages": LANGUAGES.items(), "saved": "saved" in request.GET}
    return show(request, "preferences", context)


@visit_required
@require_GET
def device_help(request: VisitRequest) -> HttpResponse:
    """What to do when the device sends nothing."""
    visit, now = request.visit, timezone.now()
    rows = DeviceAssignment.objects.for_practice(visit.practice_id).filter(enrollment__patient=visit.patient_id)
    models = rows.filter(ends_at__isnull=True).values_list("device__model__name", flat=True).distinct()
    return show(request, "device", _frame(visit, now=now) | {"models": list(models)})


@visit_required
@require_POST
def done(request: VisitRequest) -> HttpResponse:
    """End the visit: the next person at this device finds nothing."""
    visits.end_visit(request.visit, now=timezone.now())
    response = show(request, "ended")
    response.delete_cookie(settings.PATIENT_COOKIE_NAME, path=COOKIE_PATH, samesite="Strict")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
