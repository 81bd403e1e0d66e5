"""Views: people of the practice, invitations, the end of a role, and the link of an invitation."""

import logging
import smtplib
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rpm_portal.accounts import invitations
from rpm_portal.accounts.models import EmergencyAccess, Invitation, Membership, User
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals, error_text

log = logging.getLogger(__name__)
_SESSION = "invitation"


class InvitationForm(forms.ModelForm):
    """The person who is invited, with role and credential."""

    class Meta:
        model = Invitation
        fields = ("given_name", "family_name", "email", "role", "credential", "npi", "ends_on")
        widgets = {"ends_on": forms.DateInput(attrs={"type": "date"})}
        help_texts = {"npi": "For those under whose name services are billed."}
        labels = {"email": "E-mail"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, word in (("role", "Choose"), ("credential", "none")):
            field: Any = self.fields[name]
            field.choices = [("", word), *[choice for choice in field.choices if choice[0]]]


def _people_page(
    request: PortalRequest, *, form: InvitationForm | None = None, error: str = "", done: str = ""
) -> HttpResponse:
    now = timezone.now()
    factor = Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    rows = Membership.objects.for_practice(request.practice).select_related("user").annotate(factor=Exists(factor))
    rows = rows.order_by("user__family_name", "user__given_name", "-starts_on")
    today = local_day(now, request.practice.zone)
    members = list(rows)
    invited = Invitation.objects.for_practice(request.practice).select_related("invited_by")
    invited = invited.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
    record_access(request, "list_people", now=now, count=len(members))
    context = {
        "here": [row for row in members if row.holds_on(max(today, row.starts_on))],
        "gone": [row for row in members if not row.holds_on(max(today, row.starts_on))],
        "invited": invited,
        "emergencies": EmergencyAccess.objects.for_practice(request.practice).select_related("membership__user")[:20],
        "form": form or InvitationForm(),
        "error": error,
        "done": done,
        "now": now,
    }
    return render(request, "accounts/people.html", context, status=422 if error or (form and form.errors) else 200)


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _people_page(request, error=refusal.message)


@allow(Permission.MANAGE_PEOPLE)
@require_GET
def people(request: PortalRequest) -> HttpResponse:
    """Everybody with a role in the practice, those who left, and open invitations."""
    return _people_page(request)


@allow(Permission.MANAGE_PEOPLE)
@sensitive_post_parameters("password")
@require_POST
def invite(request: PortalRequest) -> HttpResponse:
    """Invite a person by a mailed link; requires the password."""
    form, now = InvitationForm(request.POST), timezone.now()
    if not form.is_valid():
        return _people_page(request, form=form)
    try:
        sign_with_both(request, act="invite", now=now)
        row = form.save(commit=False)
        secret = invitations.invite(row=row, by=request.membership, now=now)
    except (ValidationError, Refused) as refusal:
        return _people_page(request, form=form, error=error_text(refusal))
    if _mail_invitation(request, row, secret):
        return _people_page(request, done=f"An invitation was sent to {row.email}. Its link is valid for seven days.")
    return _people_page(
        request, error=f"The mail to {row.email} could not be sent. The invitation waits; send it again later."
    )


def _mail_invitation(request: PortalRequest, row: Invitation, secret: str) -> bool:
    link = request.build_absolute_uri(reverse("open_invitation", args=[row.public_id, secret]))
    text = (
        f"{row.invited_by} invites you to work in {request.practice.name} on the remote-monitoring portal, as "
        f"{row.get_role_display()}.\n\nOpen this link within seven days to begin:\n{link}\n\n"
        "It works once. Do not forward this message. Anyone with the link can use it."
    )
    try:
        send_mail(f"Your invitation to {request.practice.name}", text, settings.DEFAULT_FROM_EMAIL, [row.email])
    except (OSError, smtplib.SMTPException) as error:
        log.error("the mail of an invitation could not be sent: %s", type(error).__name__)
        return False
    return True


@allow(Permission.MANAGE_PEOPLE)
@sensitive_post_parameters("password")
@require_POST
@answer_refusals(_refusal_page)
def move_person(request: PortalRequest, public_id: str) -> HttpResponse:
    """End a role; requires the password."""
    member, now = (
        get_object_or_404(Membership.objects.for_practice(request.practice), public_id=public_id),
        timezone.now(),
    )
    sign_with_both(request, act="end_role", now=now)
    invitations.end_role(member=member, reason=request.POST.get("reason", ""), by=request.membership, now=now)
    return _people_page(request, done=f"{member.user} no longer has access. Their signatures stay on file.")


@allow(Permission.MANAGE_PEOPLE)
@require_POST
@answer_refusals(_refusal_page)
def withdraw_invitation(request: PortalRequest, public_id: str) -> HttpResponse:
    """Invalidate an invitation's link."""
    row = get_object_or_404(Invitation.objects.for_practice(request.practice), public_id=public_id)
    invitations.withdraw(row=row, by=request.membership, now=timezone.now())
    return redirect("people")


@login_not_required
@require_GET
def open_invitation(request: HttpRequest, public_id: str, secret: str) -> HttpResponse:
    """The link of the mail: moves the secret from the URL into the session."""
    request.session[_SESSION] = [public_id, secret]
    return redirect("join")


@login_not_required
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Accept an invitation: a new person chooses a password; a person with an account signs in first."""
    now = timezone.now()
    row = invitations.open_invitation(*request.session.get(_SESSION, ("", "")), now=now)
    user = request.user if isinstance(request.user, User) else None
    context: dict[str, object] = {
        "row": row,
        "someone_else": user is not None and row is not None and user.email != row.email,
    }
    context["known"] = user is None and row is not None and User.objects.filter(email=row.email).exists()
    status = 404 if row is None else 200
    if request.method == "POST" and row is not None:
        password = request.POST.get("password", "")
        try:
            if context["known"]:
                raise Refused("You have a password here already. Sign in first.")
            if user is None and password != request.POST.get("again", ""):
                raise Refused("The two passwords are not the same.")
            invitations.accept(row=row, user=user, password=password, now=now)
        except (ValidationError, Refused) as refusal:
            context["error"], status = error_text(refusal), 422
        else:
            request.session.pop(_SESSION, None)
            return redirect("worklist")
    return render(request, "accounts/join.html", context, status=status)
