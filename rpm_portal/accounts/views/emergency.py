"""Views: open emergency access ("break glass"), and end it before the hour is over."""

import logging
import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from rpm_portal.accounts import emergency
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import answer_refusals

log = logging.getLogger(__name__)


@allow(Permission.BREAK_GLASS)
@sensitive_post_parameters("password")
@require_POST
@answer_refusals()
def break_glass(request: PortalRequest) -> HttpResponse:
    """Open an hour of charts with reason, password and second factor, and mail physicians and managers."""
    now, by = timezone.now(), request.membership
    sign_with_both(request, act="break_glass", now=now)
    row = emergency.break_glass(by=by, reason=request.POST.get("reason", ""), now=now)
    request.session["glass"] = row.public_id
    text = (
        f"{by.user} ({by.get_role_display()}) opened emergency access to the charts of {by.practice.name} for an hour. "
        f"The reason given is in the audit, and so is every chart that is read."
    )
    try:
        send_mail(
            "Emergency access was opened", text, settings.DEFAULT_FROM_EMAIL, emergency.notified_addresses(by, now=now)
        )
    except (OSError, smtplib.SMTPException) as error:
        # The access is in the audit; an emergency does not wait for a mail server.
        log.error("the message of an emergency access could not be sent: %s", type(error).__name__)
    return redirect("worklist")


@allow(Permission.BREAK_GLASS)
@require_POST
def end(request: PortalRequest) -> HttpResponse:
    """End the emergency access now."""
    now = timezone.now()
    row = emergency.open_emergency_access(request.membership, now=now)
    if row is not None:
        emergency.end_emergency_access(row=row, by=request.membership, now=now)
    request.session.pop("glass", None)
    return redirect("worklist")
