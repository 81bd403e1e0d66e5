"""Pages of settings that two persons change: the present settings, a change that waits, and earlier changes."""

from dataclasses import dataclass
from typing import Any, Protocol, TypedDict
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from rpm_portal.accounts import setting_changes
from rpm_portal.accounts.models import SettingChange
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.second_person import possible_deciders
from rpm_portal.accounts.setting_kinds import SettingKind, SettingValues
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.core.refusals import Refused, error_text

EARLIER = 20  # changes shown


class FormOfSettings(Protocol):
    """Makes a form with a field for each setting and one for the reason, from the present values."""

    def __call__(self, data: Any = None, *, current: SettingValues) -> forms.Form: ...


@dataclass(frozen=True)
class SettingPage:
    """A kind of settings with its form, title, and the names of its URLs.

    `slug` is the argument of URLs that several kinds share, and `back` the address of the page above.
    """

    kind: SettingKind
    title: str
    form: FormOfSettings
    url: str
    decide_url: str
    slug: str = ""
    back: str = ""

    def address(self, subject: str) -> str:
        """The address of the page, of a subject if there is one."""
        query = "?" + urlencode({"of": subject}) if subject else ""
        return reverse(self.url, args=[self.slug] if self.slug else []) + query

    def decide_address(self, change: SettingChange) -> str:
        """The address at which a change is decided."""
        return reverse(self.decide_url, args=[*([self.slug] if self.slug else []), change.public_id])


class ReasonForm(forms.Form):
    """The base of a form of settings: the reason, which is the last field."""

    reason = forms.CharField(label="Reason (at least 10 characters)", max_length=setting_changes.MAX_REASON_LENGTH)

    def __init__(self, data: Any = None, *, current: SettingValues) -> None:
        super().__init__(data, initial=current)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


class SettingContext(TypedDict):
    """The page: the form of new values, the change that waits with its values, and earlier changes."""

    settings_page: SettingPage
    address: str
    decide_address: str
    subject_words: str
    form: forms.Form
    waiting: SettingChange | None
    rows: list[tuple[str, str, str]]
    is_own: bool
    is_alone: bool  # nobody else of the practice may decide
    decided: list[tuple[SettingChange, list[tuple[str, str, str]]]]
    error: str
    done: str


def show_settings(
    request: PortalRequest,
    page: SettingPage,
    *,
    subject: str = "",
    form: forms.Form | None = None,
    error: str = "",
    done: str = "",
) -> HttpResponse:
    """The page; with status 422 if there is an error."""
    kind, waiting = page.kind, setting_changes.open_change(request.practice, page.kind, subject)
    decided = SettingChange.objects.for_practice(request.practice).filter(kind=kind.name, outcome__isnull=False)
    decided = decided.filter(subject=subject)
    context: SettingContext = {
        "settings_page": page,
        "address": page.address(subject),
        "decide_address": page.decide_address(waiting) if waiting else "",
        "subject_words": kind.subject_words(subject),
        "form": form or page.form(current=kind.current(request.practice, subject)),
        "waiting": waiting,
        "rows": kind.rows(waiting) if waiting else [],
        "is_own": waiting is not None and waiting.asked_by_id == request.user.pk,
        "is_alone": possible_deciders(request.practice, kind.permission, now=timezone.now()) < 2,
        "decided": [(row, kind.rows(row)) for row in decided.select_related("asked_by", "decided_by")[:EARLIER]],
        "error": error,
        "done": done,
    }
    return render(request, "accounts/settings.html", context, status=422 if error else 200)


def change_settings(request: PortalRequest, page: SettingPage, subject: str = "") -> HttpResponse:
    """Handle GET, and POST of new values, which wait for a second person."""
    if request.method == "GET":
        return show_settings(request, page, subject=subject)
    now = timezone.now()
    form = page.form(request.POST, current=page.kind.current(request.practice, subject))
    if not form.is_valid():
        return show_settings(request, page, subject=subject, form=form, error="Not saved. Correct the marked fields.")
    values = dict(form.cleaned_data)
    reason = values.pop("reason")
    try:
        sign_with_both(request, act=f"ask_{page.kind.name}_change", now=now)
        setting_changes.ask_change(
            page.kind, values=values, reason=reason, by=request.membership, now=now, subject=subject
        )
    except (ValidationError, Refused) as error:
        return show_settings(request, page, subject=subject, form=form, error=error_text(error))
    done = "Change saved. It applies when a second person has approved it."
    return show_settings(request, page, subject=subject, done=done)


def decide_settings(request: PortalRequest, page: SettingPage, public_id: str) -> HttpResponse:
    """Approve another person's change, refuse it, or withdraw one's own. Answers Refused with the page."""
    rows = SettingChange.objects.for_practice(request.practice).filter(kind=page.kind.name)
    change, now = get_object_or_404(rows, public_id=public_id), timezone.now()
    subject = change.subject
    try:
        if request.POST.get("answer") == "approve":
            sign_with_both(request, act=f"apply_{page.kind.name}_change", now=now)
            setting_changes.approve_change(change=change, by=request.membership, now=now)
            return show_settings(request, page, subject=subject, done="Change approved and applied.")
        setting_changes.refuse_change(change=change, by=request.membership, now=now)
    except Refused as refusal:
        return show_settings(request, page, subject=subject, error=refusal.message)
    return show_settings(request, page, subject=subject, done="Change closed. Nothing was applied.")
