"""A grave act asks for the second factor too: the password alone is what a stolen laptop's browser remembers."""

from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from rpm_portal.accounts.credentials import report
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.signatures import SignatureRefused, sign_again
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused

HOLDS_FOR = timedelta(minutes=5)
_KINDS = "factor_kinds"


def factors_of(request: PortalRequest) -> dict[str, Authenticator]:
    """The person's second factors by kind, recovery codes left out. Asked once a request."""
    if not hasattr(request, _KINDS):
        rows = Authenticator.objects.filter(user=request.user).exclude(type=Authenticator.Type.RECOVERY_CODES)
        setattr(request, _KINDS, {row.type: row for row in rows})
    found: dict[str, Authenticator] = getattr(request, _KINDS)
    return found


def shown_lately(request: PortalRequest, *, now: datetime) -> bool:
    """Whether the second factor was shown in this session within five minutes, at sign-in or since."""
    since = (now - HOLDS_FOR).timestamp()
    records = get_authentication_records(request, request.user)
    return any(row["method"] == "mfa" and row["at"] > since for row in records)


def asks_for(request: PortalRequest, *, now: datetime) -> str:
    """What a grave form asks for beside the password: code, key, or nothing."""
    factors = factors_of(request)
    if not factors or shown_lately(request, now=now):
        return ""
    return "code" if Authenticator.Type.TOTP in factors else "key"


def sign_with_both(request: PortalRequest, *, act: str, now: datetime) -> None:
    """Make sure of the password and, where the person has one, of the second factor: the form's `password` and `code`.

    A code counts once. Whoever showed the factor within five minutes is not asked again; a security key is shown on
    a page of its own. Raises Refused for what is missing or wrong; a wrong one is told to the audit, so call
    it before a transaction begins.
    """
    try:
        _sign(request, act=act, now=now)
    except SignatureRefused as refusal:
        record_change(None, "signature_refused", by=refusal.by, now=now, act=refusal.act)
        raise


def _sign(request: PortalRequest, *, act: str, now: datetime) -> None:
    by = request.membership
    sign_again(by, request.POST.get("password", ""), field="password", act=act, now=now)
    asks, code = asks_for(request, now=now), request.POST.get("code", "").strip()
    if not asks:
        return
    if asks == "key":
        raise Refused("Show your security key first (the link beside the password), then sign.", field="code")
    if not code:
        raise Refused("Enter the code from your phone beside the password.", field="code")
    totp = factors_of(request)[Authenticator.Type.TOTP]
    if not TOTP(totp).validate_code(code):
        report(by.user, "factor_failed", now=now, detail={"kind": totp.type})
        text = "This code is wrong or was used already. Nothing was signed."
        raise SignatureRefused(text, field="code", by=by, act=act)
    post_authentication(request, totp, reauthenticated=True)
