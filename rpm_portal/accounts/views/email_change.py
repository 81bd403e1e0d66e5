"""Views: an administrator changes a sign-in address, and the old address confirms it if required."""

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rpm_portal.accounts import email_change as changes
from rpm_portal.accounts.email_change_model import ConfirmedBy
from rpm_portal.accounts.models import EmailChange, Membership
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, error_text

_SESSION = "email_change"


@allow(Permission.CHANGE_EMAIL)
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def change_email(request: PortalRequest, public_id: str) -> HttpResponse:
    """Change a member's sign-in address with reason, password and second factor."""
    rows = Membership.objects.for_practice(request.practice).select_related("user", "practice")
    member, now = get_object_or_404(rows, public_id=public_id), timezone.now()
    if request.method == "GET":
        return _page(request, member)
    try:
        sign_with_both(request, act="change_email", now=now)
        change, secret = changes.ask_email_change(
            member=member,
            email=request.POST.get("email", ""),
            reason=request.POST.get("reason", ""),
            by=request.membership,
            now=now,
        )
    except (ValidationError, Refused) as error:
        return _page(request, member, error=error)
    if secret:
        path = reverse("open_email_change", args=[change.public_id, secret])
        sent = changes.mail_confirmation_link(change, request.build_absolute_uri(path))
        return _page(request, member, sent=sent)
    sent = changes.notify_both_addresses(change)
    if member.user_id == request.user.pk:
        logout(request)
        return redirect("account_login")
    return _page(request, member, change=change, sent=sent)


def _page(
    request: PortalRequest,
    member: Membership,
    *,
    error: Exception | None = None,
    change: EmailChange | None = None,
    sent: bool = True,
) -> HttpResponse:
    now = timezone.now()
    member.user.refresh_from_db()
    rows = EmailChange.objects.for_practice(request.practice).filter(
        membership=member, applied_at__isnull=True, withdrawn_at__isnull=True
    )
    context: dict[str, object] = {
        "member": member,
        "waiting": rows.first(),
        "confirms": changes.needs_confirmation(member, now=now),
        "errors": _by_field(error),
        "change": change,
        "sent": sent,
        "now": now,
        "typed": request.POST if error else {},
    }
    return render(request, "accounts/change_email.html", context, status=422 if error else 200)


def _by_field(error: Exception | None) -> dict[str, str]:
    """The sentences of a refusal by the name of their field; those without a field under "page"."""
    if error is None:
        return {}
    if isinstance(error, Refused):
        return {error.field or "page": error.message}
    by_field = getattr(error, "message_dict", None) if hasattr(error, "error_dict") else None
    return (
        {name: " ".join(messages) for name, messages in by_field.items()} if by_field else {"page": error_text(error)}
    )


@allow(Permission.CHANGE_EMAIL)
@require_POST
def withdraw_email_change(request: PortalRequest, public_id: str) -> HttpResponse:
    """Withdraw a change that is not confirmed yet."""
    rows = EmailChange.objects.for_practice(request.practice).select_related("membership__user")
    change = get_object_or_404(rows, public_id=public_id)
    try:
        changes.withdraw_email_change(change=change, by=request.membership, now=timezone.now())
    except Refused as error:
        return _page(request, change.membership, error=error)
    return redirect("change_email", change.membership.public_id)


@login_not_required
@require_GET
def open_email_change(request: HttpRequest, public_id: str, secret: str) -> HttpResponse:
    """The link of the mail: moves the secret from the URL into the session. Confirms nothing."""
    request.session[_SESSION] = [public_id, secret]
    return redirect("confirm_email_change")


@login_not_required
@require_http_methods(["GET", "POST"])
def confirm_email_change(request: HttpRequest) -> HttpResponse:
    """Confirm or refuse the change. Both need a POST, so that a mail scanner that opens the link does neither."""
    now = timezone.now()
    change = changes.open_email_change(*request.session.get(_SESSION, ("", "")), now=now)
    if change is None or request.method == "GET":
        return render(request, "accounts/confirm_email.html", {"change": change}, status=200 if change else 404)
    try:
        if request.POST.get("answer") == "refuse":
            changes.withdraw_email_change(change=change, by=None, now=now)
            done = "refused"
        elif request.POST.get("answer") == "confirm":
            change = changes.confirm_email_change(change=change, confirmed_by=ConfirmedBy.OLD_ADDRESS, now=now)
            changes.notify_both_addresses(change)
            done = "confirmed"
        else:
            return render(request, "accounts/confirm_email.html", {"change": change}, status=422)
    except Refused as error:
        context = {"change": change, "error": str(error)}
        return render(request, "accounts/confirm_email.html", context, status=422)
    if request.user.is_authenticated and request.user.pk == change.membership.user_id:
        logout(request)
    request.session.pop(_SESSION, None)
    return render(request, "accounts/confirm_email.html", {"change": change, "done": done})
