"""A practice's own sign-in by OpenID Connect: which people it signs in, and what the session may open.

A provider is trusted only for people of its own practice and addresses of its own domains: its operator could claim any
address. Its session opens only that practice, not the Django admin and not the person's second factors.
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

from rpm_portal.accounts.launched_sessions import launch_of_session
from rpm_portal.accounts.models import Membership, SingleSignOn, User
from rpm_portal.audit.services import record
from rpm_portal.core.days import local_day

_FACTOR_KEY = "sso_factor"  # session key: the person whose second factor the provider confirmed
# RFC 8176, Authentication Method Reference Values: `amr` values of a sign-in with more than one factor.
_SECOND_FACTORS = {"mfa", "otp", "hwk", "swk", "fpt", "face", "sc"}


def active_sign_on(public_id: str) -> SingleSignOn | None:
    """A practice's own sign-in if it is in use and enabled in the settings; else None. At most one statement."""
    if not settings.SINGLE_SIGN_ON:
        return None
    return SingleSignOn.objects.filter(public_id=public_id, is_on=True).select_related("practice").first()


def practice_of_sign_on(public_id: str) -> int | None:
    """The id of the only practice that this sign-in opens; None if it is not in use."""
    sso = active_sign_on(public_id)
    return sso.practice_id if sso else None


def sign_on_of_session(request: HttpRequest, user: User | None = None) -> str:
    """The public id of the own sign-in that this session began with; empty for a password.

    `user` is the person who just signed in, if the request does not have them yet.
    """
    user = user or cast(User, request.user)
    rows = get_authentication_records(request, user) if user.is_authenticated else []
    return next((str(row.get("provider", "")) for row in rows if row.get("method") == "socialaccount"), "")


def factor_vouched(request: HttpRequest) -> bool:
    """Whether the practice's provider or its EHR confirmed a second factor and the practice accepts that."""
    launched = launch_of_session(request)
    if launched is not None:
        return launched.has_factor
    through = sign_on_of_session(request)
    return bool(through) and request.session.get(_FACTOR_KEY) == f"{through}:{request.user.pk}"


def refusal_page(request: HttpRequest, reason: str, status: int = 403) -> HttpResponse:
    """The page with the reason why nobody is signed in, and what to do."""
    return render(request, "account/sso_refused.html", {"why": reason}, status=status)


class PracticeSignIn(DefaultSocialAccountAdapter):  # type: ignore[misc, unused-ignore]
    """allauth's social adapter with the practices' own providers; refuses people without a role."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The named provider from our own table, or the one whose sign-in is in progress in this session."""
        named = _begun_provider(request) if provider == "openid_connect" else provider
        sso = active_sign_on(named) if named else None
        if sso is None or (client_id and client_id != sso.client_id):
            return []
        # The authorization code is bound to this browser (PKCE, RFC 7636).
        options = {"server_url": sso.issuer.rstrip("/"), "oauth_pkce_enabled": True}
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=sso.public_id,
                name=sso.practice.name,
                client_id=sso.client_id,
                secret=sso.client_secret,
                settings=options,
            )
        ]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> object:
        """As allauth does. Raises ValueError if the provider was switched off during the sign-in."""
        try:
            return super().get_provider(request, provider, client_id)
        except SocialApp.DoesNotExist:
            if provider == "openid_connect":
                raise ValueError("not in use any more") from None
            raise

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """False: a provider's account does not create one here."""
        return False

    def on_authentication_error(self, request: HttpRequest, provider: object, *_: object, **__: object) -> None:
        """Show the refusal page. Raises ImmediateHttpResponse."""
        raise ImmediateHttpResponse(
            refusal_page(request, "The sign-in was broken off, or took too long. Nothing was changed; begin it again.")
        )

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the person among the practice's people. Raises ImmediateHttpResponse with the refusal page."""
        sso = active_sign_on(sociallogin.account.provider)
        if sso is None:
            raise ImmediateHttpResponse(refusal_page(request, "This practice's own sign-in is not in use any more."))
        claims, now = _claims(sociallogin), timezone.now()
        email = str(claims.get("email") or "").lower()
        person, reason = _find_person(sso, sociallogin, email, verified=claims.get("email_verified"))
        if person is None:
            record(practice=sso.practice, by=None, action="sign_in_refused", detail={"why": reason}, now=now)
            raise ImmediateHttpResponse(refusal_page(request, reason))
        # Neither further data of the person nor the provider's access token is stored.
        sociallogin.account.extra_data, sociallogin.token = {}, None
        if sociallogin.is_existing:
            sociallogin.account.save(update_fields=["extra_data"])
        else:
            sociallogin.connect(request, person)
            record(practice=sso.practice, by=person, action="bind_sign_in", now=now)
        shown = sso.vouches_for_factor and _SECOND_FACTORS & set(map(str, claims.get("amr") or []))
        request.session[_FACTOR_KEY] = f"{sso.public_id}:{person.pk}" if shown else ""


def _begun_provider(request: HttpRequest) -> str:
    """The public id of the last sign-in begun in this session; allauth stores only the kind of provider."""
    rows = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    return next((str(row.get("provider", "")) for row in reversed(rows) if row.get("method") == "socialaccount"), "")


def _claims(login: SocialLogin) -> dict[str, Any]:
    """The provider's claims; those of the signed token override those of the userinfo endpoint."""
    data = login.account.extra_data
    return {**(data.get("userinfo") or {}), **(data.get("id_token") or {})}


def _find_person(sso: SingleSignOn, login: SocialLogin, email: str, *, verified: object) -> tuple[User | None, str]:
    """The person who may sign in and an empty string, or None and the reason."""
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
