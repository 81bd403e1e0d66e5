"""A practice's own sign-in by OpenID Connect: who is let in by it, and how far.

A provider is believed about the people of its own practice and about its own domains, about nobody else: whoever runs
it could name any address. A session that came through it opens that practice alone, not the administration and not
the person's second factors.
"""

from typing import Any, cast

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from rpm_portal.accounts.models import Membership, SingleSignOn, User
from rpm_portal.audit.services import record
from rpm_portal.core.days import local_day

_FACTOR = "sso_factor"  # in the session: for whom the provider said that a second factor was shown
# RFC 8176: what an identity provider writes in `amr` where more than one factor was shown.
_SECOND = {"mfa", "otp", "hwk", "swk", "fpt", "face", "sc"}


def in_use(public_id: str) -> SingleSignOn | None:
    """A practice's own sign-in, where it is switched on for the portal and in use. At most one statement."""
    if not settings.SINGLE_SIGN_ON:
        return None
    return SingleSignOn.objects.filter(public_id=public_id, is_on=True).select_related("practice").first()


def opened_by(public_id: str) -> int | None:
    """The one practice that a practice's own sign-in opens: its provider vouches for nobody in another."""
    found = in_use(public_id)
    return found.practice_id if found else None


def came_through(request: HttpRequest, user: User | None = None) -> str:
    """The public id of the sign-in that this session came through; empty for a password.

    `user` is who just signed in, where the request does not know them yet.
    """
    user = user or cast(User, request.user)
    rows = get_authentication_records(request, user) if user.is_authenticated else []
    return next((str(row.get("provider", "")) for row in rows if row.get("method") == "socialaccount"), "")


def factor_vouched(request: HttpRequest) -> bool:
    """Whether the practice's provider said that a second factor was shown, and the practice lets that stand."""
    through = came_through(request)
    return bool(through) and request.session.get(_FACTOR) == f"{through}:{request.user.pk}"


def refuse(request: HttpRequest, why: str, status: int = 403) -> HttpResponse:
    """The page that says why nobody is signed in, and what to do."""
    return render(request, "account/sso_refused.html", {"why": why}, status=status)


class PracticeSignIn(DefaultSocialAccountAdapter):  # type: ignore[misc, unused-ignore]
    """allauth's adapter, with the practices' own providers and the door shut to whoever has no role."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The one provider that was named, from our own table; or the one whose sign-in waits for a code here."""
        named = _begun(request) if provider == "openid_connect" else provider
        found = in_use(named) if named else None
        if found is None or (client_id and client_id != found.client_id):
            return []
        # The authentication code is bound to this browser (PKCE, RFC 7636).
        options = {"server_url": found.issuer.rstrip("/"), "oauth_pkce_enabled": True}
        return [
            SocialApp(
                provider="openid_connect", provider_id=found.public_id, name=found.practice.name,
                client_id=found.client_id, secret=found.client_secret, settings=options,
            )
        ]  # fmt: skip

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """As allauth does. Raises ValueError where a sign-in waits for a code and its provider went out of use."""
        try:
            return super().get_provider(request, provider, client_id)
        except SocialApp.DoesNotExist:
            if provider == "openid_connect":
                raise ValueError("not in use any more") from None
            raise

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody gets an account by being known elsewhere."""
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, *_: Any, **__: Any) -> None:
        """Say so in place. Raises ImmediateHttpResponse."""
        raise ImmediateHttpResponse(
            refuse(request, "The sign-in was broken off, or took too long. Nothing was changed; begin it again.")
        )

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the person among the practice's own people. Raises ImmediateHttpResponse with the page that says no."""
        sso = in_use(sociallogin.account.provider)
        if sso is None:
            raise ImmediateHttpResponse(refuse(request, "This practice's own sign-in is not in use any more."))
        claims, now = _claims(sociallogin), timezone.now()
        email = str(claims.get("email") or "").lower()
        person, why = _who(sso, sociallogin, email, verified=claims.get("email_verified"))
        if person is None:
            record(practice=sso.practice, by=None, action="sign_in_refused", detail={"why": why}, now=now)
            raise ImmediateHttpResponse(refuse(request, why))
        # What else the provider tells of a person is not kept, nor the key to ask it for more.
        sociallogin.account.extra_data, sociallogin.token = {}, None
        if sociallogin.is_existing:
            sociallogin.account.save(update_fields=["extra_data"])
        else:
            sociallogin.connect(request, person)
            record(practice=sso.practice, by=person, action="bind_sign_in", now=now)
        shown = sso.vouches_for_factor and _SECOND & set(map(str, claims.get("amr") or []))
        request.session[_FACTOR] = f"{sso.public_id}:{person.pk}" if shown else ""


def _begun(request: HttpRequest) -> str:
    """The sign-in that began in this session last; allauth keeps the kind of a provider and not which one."""
    rows = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    return next((str(row.get("provider", "")) for row in reversed(rows) if row.get("method") == "socialaccount"), "")


def _claims(login: SocialLogin) -> dict[str, Any]:
    """What the provider says: its signed token over what it answers beside it."""
    told = login.account.extra_data
    return {**(told.get("userinfo") or {}), **(told.get("id_token") or {})}


def _who(sso: SingleSignOn, login: SocialLogin, email: str, *, verified: object) -> tuple[User | None, str]:
    """The person that may come in, or why nobody."""
    rows = Membership.objects.for_practice(sso.practice).in_force(local_day(timezone.now(), sso.practice.zone))
    if login.is_existing:
        row = rows.filter(user=login.user).select_related("user").first()
        return (row.user, "") if row else (None, "You have no role in this practice today. Ask its manager for one.")
    if email.rpartition("@")[2] not in sso.domains or verified is False:
        return None, "Your practice's sign-in does not vouch for your e-mail address here. Ask its manager."
    row = rows.filter(user__email__iexact=email).select_related("user").first()
    if row is None:
        return None, "Nobody with your e-mail address has a role in this practice today. Ask its manager to invite you."
    if SocialAccount.objects.filter(user=row.user, provider=sso.public_id).exists():
        return None, (
            "Another account of your practice's sign-in is bound to this person already. An administrator can take "
            "that one away."
        )
    return row.user, ""
