"""Views of messages with patients: the inbox, the threads of a patient, one thread, and the response times."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Membership
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from timetracking import timers
from timetracking.models import MessageThread, ResponsePromise, ThreadSubject
from timetracking.threads import conversations, promise, queries
from timetracking.threads.templates import templates_for

PER_PAGE = 50


def _enrollment(request: PortalRequest, public_id: str) -> Enrollment:
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "practice")
    return get_object_or_404(rows, public_id=public_id)


def _thread(request: PortalRequest, public_id: str) -> MessageThread:
    rows = MessageThread.objects.for_practice(request.practice)
    rows = rows.select_related("enrollment__patient", "enrollment__practice", "owner__user", "practice")
    return get_object_or_404(rows, public_id=public_id)


def _colleagues(request: PortalRequest, *, now: datetime) -> list[Membership]:
    """The members who answer messages today."""
    today = local_day(now, request.practice.zone)
    rows = Membership.objects.for_practice(request.practice).select_related("user").order_by("user__family_name", "pk")
    return [row for row in rows if may(row.role, Permission.TRACK_TIME) and row.holds_on(today)]


def _writing(request: PortalRequest, enrollment: Enrollment, *, now: datetime) -> dict[str, object]:
    """What the form of a message needs: templates, the user's timer, the promise, what was typed."""
    timer = timers.running_timer(request.user)
    patient, row = enrollment.patient, promise.promise_of(request.practice, now=now)
    return {
        "enrollment": enrollment,
        "patient": patient,
        "age": patient.age_on(local_day(now, request.practice.zone)),
        "texts": templates_for(patient, request.practice),
        "timer_is_here": timer is not None and timer.enrollment_id == enrollment.pk,
        "promise": promise.promise_words(row),
        "typed": request.POST.get("text", ""),
        "longest": conversations.LONGEST_TEXT,
    }


@allow(Permission.READ_TEXT)
@require_GET
def inbox(request: PortalRequest) -> HttpResponse:
    """Threads that wait for an answer: one's own, the team's, those that are overdue, and the others."""
    now, name = database_now(), request.GET.get("list", "")
    name = name if name in queries.LISTS else "mine"
    page = Paginator(queries.inbox(request.membership, name, now=now), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.inbox_counts(request.membership, now=now)
    context = {
        "page": page,
        "chosen": name,
        "lists": [(key, words, counts.get(key)) for key, words in queries.LISTS.items()],
        "now": now,
        "promise": promise.promise_words(promise.promise_of(request.practice, now=now)),
    }
    record_access(request, "list_threads", now=now, count=len(page.object_list), list=name)
    return render(request, "timetracking/inbox.html", context)


@allow(Permission.READ_TEXT)
@require_GET
def threads_of_patient(request: PortalRequest, public_id: str) -> HttpResponse:
    """The threads of an enrollment: a page, or the section of the chart. The messages themselves are not shown."""
    enrollment, now = _enrollment(request, public_id), database_now()
    patient = enrollment.patient
    context = {
        "enrollment": enrollment,
        "patient": patient,
        "age": patient.age_on(local_day(now, request.practice.zone)),
        "threads": queries.threads_of(enrollment, request.membership),
        "now": now,
    }
    record_access(request, "list_threads", now=now, subject=f"patient:{patient.public_id}")
    return render(request, f"timetracking/{'_threads' if request.htmx else 'threads'}.html", context)


def _new_refused(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _show_new(request, _enrollment(request, public_id), error=refusal.message)


def _show_new(request: PortalRequest, enrollment: Enrollment, *, error: str = "") -> HttpResponse:
    now = database_now()
    context = _writing(request, enrollment, now=now) | {"error": error, "subjects": ThreadSubject.choices}
    context["subject"] = request.POST.get("subject", ThreadSubject.GENERAL)
    record_access(request, "open_message_form", now=now, subject=f"patient:{enrollment.patient.public_id}")
    return render(request, "timetracking/new_thread.html", context)


@allow(Permission.TRACK_TIME)
@require_http_methods(["GET", "POST"])
@answer_refusals(_new_refused)
def new_thread(request: PortalRequest, public_id: str) -> HttpResponse:
    """Write the first message of a thread."""
    enrollment = _enrollment(request, public_id)
    if request.method == "GET":
        return _show_new(request, enrollment)
    values = {"subject": request.POST.get("subject", ""), "text": request.POST.get("text", "")}
    message = conversations.start_thread(enrollment=enrollment, by=request.membership, now=database_now(), **values)
    return redirect("timetracking:thread", message.thread.public_id)


def _show(request: PortalRequest, thread: MessageThread, *, error: str = "", reads: bool = True) -> HttpResponse:
    now = database_now()
    read_by_patient = queries.patient_read_at(thread)
    context = _writing(request, thread.enrollment, now=now) | {
        "thread": thread,
        "rows": thread.messages.select_related("written_by"),
        "read_by_patient": read_by_patient,
        "error": error,
        "typed_reason": request.POST.get("reason", ""),
        "colleagues": _colleagues(request, now=now),
        "now": now,
    }
    if reads:
        conversations.mark_read(thread, request.membership, now=now)
    record_access(request, "read_thread", now=now, subject=thread.audit_subject, thread=thread.public_id)
    return render(request, "timetracking/thread.html", context)


def _thread_refused(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _show(request, _thread(request, public_id), error=refusal.message, reads=False)


@allow(Permission.READ_TEXT)
@require_GET
def thread(request: PortalRequest, public_id: str) -> HttpResponse:
    """One thread with its messages. Opening it marks it as read for this person only."""
    return _show(request, _thread(request, public_id))


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_thread_refused)
def answer_thread(request: PortalRequest, public_id: str) -> HttpResponse:
    """Write to the patient."""
    row = _thread(request, public_id)
    conversations.answer(thread=row, text=request.POST.get("text", ""), by=request.membership, now=database_now())
    return redirect("timetracking:thread", public_id)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_thread_refused)
def give_thread(request: PortalRequest, public_id: str) -> HttpResponse:
    """Take a thread, or give it to a colleague."""
    row, now = _thread(request, public_id), database_now()
    chosen = request.POST.get("member", "")
    people = {str(member.public_id): member for member in _colleagues(request, now=now)}
    member = request.membership if not chosen else people.get(chosen)
    if member is None:
        raise Refused("Choose a colleague who answers messages.", field="member")
    conversations.hand_over(thread=row, to=member, by=request.membership, now=now)
    return redirect("timetracking:thread", public_id)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_thread_refused)
def snooze_thread(request: PortalRequest, public_id: str) -> HttpResponse:
    """Hide a thread until a day."""
    row, until = _thread(request, public_id), parse_day(request.POST.get("until", "")[:10])
    conversations.snooze(thread=row, until=until, by=request.membership, now=database_now())
    return redirect("timetracking:inbox")


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_thread_refused)
def close_thread(request: PortalRequest, public_id: str) -> HttpResponse:
    """Close a thread."""
    row, reason = _thread(request, public_id), request.POST.get("reason", "")
    conversations.close_thread(thread=row, reason=reason, by=request.membership, now=database_now())
    return redirect("timetracking:inbox")


class PromiseForm(forms.Form):
    """The response times: days, hours, minutes until an answer, and the telephone number for patients."""

    weekdays = forms.MultipleChoiceField(
        label="Days on which messages are read",
        choices=[(str(number), name) for number, name in enumerate(promise.WEEKDAYS, start=1)],
        widget=forms.CheckboxSelectMultiple,
    )
    opens = forms.IntegerField(label="From (hour, 0-23)", min_value=0, max_value=23)
    closes = forms.IntegerField(label="To (hour, 1-24)", min_value=1, max_value=24)
    minutes = forms.IntegerField(label="Minutes until an answer, within these hours", min_value=1, max_value=4800)
    telephone = forms.CharField(label="Telephone number for patients", max_length=20)


@allow(Permission.CHANGE_TIME_RULES)
@require_http_methods(["GET", "POST"])
def response_times(request: PortalRequest) -> HttpResponse:
    """When messages are answered: shown to patients and in audit packets. A change begins at once."""
    now = database_now()
    current = promise.promise_of(request.practice, now=now)
    initial = {name: getattr(current, name) for name in ("opens", "closes", "minutes", "telephone")}
    form = PromiseForm(request.POST or None, initial=initial | {"weekdays": list(current.weekdays)})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data | {"weekdays": "".join(form.cleaned_data["weekdays"])}
        try:
            promise.set_promise(by=request.membership, now=now, **values)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, "Response times saved. Patients see them from now on.")
            return redirect("timetracking:response_times")
    rows = ResponsePromise.objects.for_practice(request.practice).select_related("recorded_by")
    versions = [(row, promise.promise_words(row)) for row in rows]
    context = {"form": form, "words": promise.promise_words(current), "versions": versions}
    return render(request, "timetracking/response_times.html", context, status=422 if form.is_bound else 200)
