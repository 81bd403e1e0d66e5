"""Views: an administrator enters a change of the practice's security settings, and another one decides on it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from rpm_portal.accounts import security_changes as changes
from rpm_portal.accounts.models import SecondFactor, SecurityChange
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.second_person import possible_deciders
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals, error_text


class SecurityForm(forms.Form):
    """The security settings of a practice. The switch of its own sign-in exists only if one is set up."""

    second_factor = forms.ChoiceField(label="Second factor required of", choices=SecondFactor)
    days_signed = forms.BooleanField(label="Claim lines wait for signed days", required=False)
    own_sign_in_only = forms.BooleanField(
        label="Only the practice's own sign-in opens the practice",
        required=False,
        help_text="Counts while the own sign-in is on.",
    )
    single_sign_on = forms.BooleanField(label="Own sign-in (single sign-on) is on", required=False)
    reason = forms.CharField(label="Reason (at least 10 characters)", max_length=changes.MAX_REASON_LENGTH)

    def __init__(self, data: Any = None, *, current: dict[str, Any]) -> None:
        super().__init__(data, initial=current)
        if changes.SSO_ON not in current:
            del self.fields[changes.SSO_ON]


def _in_words(value: Any) -> str:
    """A setting as text: yes, no, the label of a choice, or the value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return dict(SecondFactor.choices).get(value, str(value))


def _rows(change: SecurityChange) -> list[tuple[str, str, str]]:
    """Label, present and new value of each setting of a change."""
    return [
        (changes.LABELS.get(name, name), _in_words(change.before[name]), _in_words(value))
        for name, value in change.values.items()
    ]


def _page(request: PortalRequest, *, form: SecurityForm | None = None, error: str = "", done: str = "") -> HttpResponse:
    now, current = timezone.now(), changes.current_settings(request.practice)
    waiting = changes.open_change(request.practice)
    decided = SecurityChange.objects.for_practice(request.practice).filter(outcome__isnull=False)
    context = {
        "form": form or SecurityForm(current=current),
        "waiting": waiting,
        "rows": _rows(waiting) if waiting else [],
        "is_own": waiting is not None and waiting.asked_by_id == request.user.pk,
        "is_alone": possible_deciders(request.practice, Permission.CHANGE_SECURITY, now=now) < 2,
        "decided": [(row, _rows(row)) for row in decided.select_related("asked_by", "decided_by")[:20]],
        "error": error,
        "done": done,
    }
    return render(request, "accounts/security.html", context, status=422 if error else 200)


def _refusal_page(request: PortalRequest, refusal: Refused, *_: Any, **__: Any) -> HttpResponse:
    return _page(request, error=refusal.message)


@allow(Permission.CHANGE_SECURITY)
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def security(request: PortalRequest) -> HttpResponse:
    """The settings, and a change of them, which waits for a second administrator."""
    if request.method == "GET":
        return _page(request)
    now, current = timezone.now(), changes.current_settings(request.practice)
    form = SecurityForm(request.POST, current=current)
    if not form.is_valid():
        return _page(request, form=form, error="Not saved. Correct the marked fields.")
    values = dict(form.cleaned_data)
    reason = values.pop("reason")
    try:
        sign_with_both(request, act="ask_security_change", now=now)
        changes.ask_change(values=values, reason=reason, by=request.membership, now=now)
    except (ValidationError, Refused) as error:
        return _page(request, form=form, error=error_text(error))
    return _page(request, done="Change saved. It applies when a second person has approved it.")


@allow(Permission.CHANGE_SECURITY)
@sensitive_post_parameters("password", "code")
@require_POST
@answer_refusals(_refusal_page)
def decide_security(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve another administrator's change, refuse it, or withdraw one's own."""
    change = get_object_or_404(SecurityChange.objects.for_practice(request.practice), public_id=public_id)
    now = timezone.now()
    if request.POST.get("answer") == "approve":
        sign_with_both(request, act="apply_security_change", now=now)
        changes.approve_change(change=change, by=request.membership, now=now)
        return _page(request, done="Change approved and applied.")
    changes.refuse_change(change=change, by=request.membership, now=now)
    return _page(request, done="Change closed. Nothing was applied.")
