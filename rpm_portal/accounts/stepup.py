"""Step-up authentication: sensitive actions require password and second factor, as a browser may store the password."""

from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator

from rpm_portal.accounts.factor_attempts import use_code
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.signatures import SignatureRefused, check_signature_password
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused

FACTOR_VALID_FOR = timedelta(minutes=5)
_REQUEST_ATTRIBUTE = "factor_kinds"


def factors_of(request: PortalRequest) -> dict[str, Authenticator]:
    """The person's second factors by kind, without recovery codes. One statement per request."""
    if not hasattr(request, _REQUEST_ATTRIBUTE):
        rows = Authenticator.objects.filter(user=request.user).exclude(type=Authenticator.Type.RECOVERY_CODES)
        setattr(request, _REQUEST_ATTRIBUTE, {row.type: row for row in rows})
    factors: dict[str, Authenticator] = getattr(request, _REQUEST_ATTRIBUTE)
    return factors


def factor_shown_recently(request: PortalRequest, *, now: datetime) -> bool:
    """Whether the second factor was shown in this session in the last five minutes."""
    since = (now - FACTOR_VALID_FOR).timestamp()
    records = get_authentication_records(request, request.user)
    return any(row["method"] == "mfa" and row["at"] > since for row in records)


def required_factor(request: PortalRequest, *, now: datetime) -> str:
    """What a form asks for besides the password: "code", "key", or an empty string for nothing."""
    factors = factors_of(request)
    if not factors or factor_shown_recently(request, now=now):
        return ""
    return "code" if Authenticator.Type.TOTP in factors else "key"


def sign_with_both(request: PortalRequest, *, act: str, now: datetime) -> None:
    """Check the form's `password` and, if the person has a second factor, its `code`.

    A code works once. A factor shown in the last five minutes is not required again; a security key is shown on its own
    page. Raises Refused if something is missing or wrong. A wrong entry is recorded in the audit, so call this before a
    transaction begins.
    """
    try:
        _check_both(request, act=act, now=now)
    except SignatureRefused as refusal:
        record_change(None, "signature_refused", by=refusal.by, now=now, act=refusal.act)
        raise


def _check_both(request: PortalRequest, *, act: str, now: datetime) -> None:
    by = request.membership
    check_signature_password(by, request.POST.get("password", ""), field="password", act=act, now=now)
    required, code = required_factor(request, now=now), request.POST.get("code", "").strip()
    if not required:
        return
    if required == "key":
        raise Refused("Show your security key first (the link next to the password), then sign.", field="code")
    if not code:
        raise Refused("Enter the code from your phone next to the password.", field="code")
    factor = use_code(by.user, code, kinds=(Authenticator.Type.TOTP,), now=now)
    if factor is None:
        message = "This code is wrong or was used already. Nothing was signed."
        raise SignatureRefused(message, field="code", by=by, act=act)
    post_authentication(request, factor, reauthenticated=True)
