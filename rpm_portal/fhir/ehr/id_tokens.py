"""Checks of the id_token of a launch (OpenID Connect Core 1.0, section 3.1.3.7)."""

import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple

import jwt

from rpm_portal.fhir.ehr.discovery import ALGORITHMS, Configuration, key_of
from rpm_portal.fhir.ehr.models import EhrLaunch
from rpm_portal.fhir.ehr.requests_out import LaunchRefused

_LEEWAY_SECONDS = 60  # between the EHR's clock and ours
_AGAIN = "Nothing was opened. Open the portal from the EHR again; if it happens again, ask your administrator."
# RFC 8176, Authentication Method Reference Values: `amr` values of a sign-in with more than one factor.
_SECOND_FACTORS = {"mfa", "otp", "hwk", "swk", "fpt", "face", "sc"}


class Identity(NamedTuple):
    """Who launched: the EHR's account, its resource, a verified address, and whether a second factor counts."""

    sub: str
    fhir_user: str
    email: str
    has_factor: bool


def digest_of(text: str) -> str:
    """The SHA-256 digest of a random value, as it is stored."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refused(what: str, why: str) -> LaunchRefused:
    return LaunchRefused(f"{what} {_AGAIN}", why=why)


def identity_of(token: object, *, launch: EhrLaunch, configuration: Configuration, now: datetime) -> Identity:
    """The identity in a valid id_token of this launch. Raises LaunchRefused with the check that failed."""
    if not isinstance(token, str) or len(token) > 20_000:
        raise _refused("The EHR did not say who you are (no id_token).", "no_id_token")
    claims = _claims(token, launch=launch, configuration=configuration, now=now)
    nonce, sub, fhir_user = (str(claims.get(name) or "") for name in ("nonce", "sub", "fhirUser"))
    if not hmac.compare_digest(digest_of(nonce), launch.nonce_digest):
        raise _refused("The EHR's identity belongs to another launch.", "wrong_nonce")
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != launch.link.client_id:
        raise _refused("The EHR's identity is for another program.", "wrong_audience")
    if not 0 < len(sub) <= 255 or len(fhir_user) > 300:
        raise _refused("The EHR's identity has no valid account (sub).", "no_sub")
    is_verified = claims.get("email_verified") is True
    email = str(claims.get("email") or "").lower() if is_verified else ""
    amr = claims.get("amr")
    factors = set(map(str, amr)) if isinstance(amr, list) else set()
    return Identity(sub, fhir_user, email, launch.link.vouches_for_factor and bool(_SECOND_FACTORS & factors))


def _claims(token: str, *, launch: EhrLaunch, configuration: Configuration, now: datetime) -> dict[str, object]:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise _refused("The EHR's identity cannot be read.", "unreadable") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise _refused("The EHR's identity is not signed in a way that the portal accepts.", "wrong_algorithm")
    if not isinstance(kid, str) or not kid:
        raise _refused("The EHR's identity does not name its key (kid).", "unknown_key")
    key = key_of(launch.link, configuration.jwks_uri, kid=kid, algorithm=algorithm, now=now)
    try:
        claims: dict[str, object] = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            audience=launch.link.client_id,
            issuer=configuration.issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        raise _refused("The EHR's identity has expired.", "expired") from None
    except jwt.InvalidAudienceError:
        raise _refused("The EHR's identity is for another program.", "wrong_audience") from None
    except jwt.InvalidIssuerError:
        raise _refused("The EHR's identity is from another issuer.", "wrong_issuer") from None
    except (jwt.PyJWTError, ValueError, TypeError):
        raise _refused("The EHR's identity is not validly signed, or lacks a claim.", "invalid_token") from None
    return claims
