"""Verification of client assertions (private_key_jwt) of SMART Backend Services.

Source: SMART App Launch 2.2, https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html, and RFC 7523.
"""

from datetime import UTC, datetime, timedelta

import jwt

from rpm_portal.fhir.key_sets import KEY_TYPES, find_key
from rpm_portal.fhir.models import FhirClient

LONGEST = timedelta(minutes=5)  # from now to `exp`
LEEWAY = timedelta(seconds=30)
MAX_LENGTH = 8_000
MAX_JTI = 200
_REQUIRED = ("iss", "sub", "aud", "exp", "jti")
# What the library raises for hostile input: its own errors, and those of numbers and texts that Python cannot convert.
_UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


class AssertionInvalid(Exception):
    """An assertion that is not accepted. The reason is for the log and the client's page, never for the answer."""


def client_named(assertion: str) -> FhirClient | None:
    """The client that an unverified assertion names as its issuer, or None."""
    if len(assertion) > MAX_LENGTH:
        return None
    try:
        issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
    except _UNREADABLE:
        return None
    if not isinstance(issuer, str) or "\x00" in issuer:
        return None
    rows = FhirClient.objects.select_related("practice").filter(public_id=issuer[:13], revoked_at__isnull=True)
    return rows.first()


def verify(client: FhirClient, assertion: str, *, audience: str, now: datetime) -> tuple[str, datetime]:
    """The number (jti) of a valid assertion, and when it may be forgotten. Raises AssertionInvalid."""
    key = _key_of(client, assertion)
    try:
        claims = jwt.decode(
            assertion,
            key,
            algorithms=[key.algorithm_name],
            audience=audience,
            leeway=LEEWAY,
            options={"require": list(_REQUIRED)},
        )
    except _UNREADABLE as error:
        raise AssertionInvalid(f"{type(error).__name__}: {error}"[:200]) from None
    if claims["iss"] != client.public_id or claims["sub"] != client.public_id:
        raise AssertionInvalid("iss and sub must both be the id of the client.")
    number, expires = claims["jti"], int(claims["exp"])
    if not isinstance(number, str) or not 1 <= len(number) <= MAX_JTI or "\x00" in number:
        raise AssertionInvalid(f"jti must be a text of 1 to {MAX_JTI} characters.")
    if expires > (now + LONGEST + LEEWAY).timestamp():
        raise AssertionInvalid("exp is more than five minutes ahead.")
    return number, datetime.fromtimestamp(expires, UTC) + LEEWAY


def _key_of(client: FhirClient, assertion: str) -> jwt.PyJWK:
    """The client's key for the header of an assertion: a URL or key in the header is never read."""
    try:
        header = jwt.get_unverified_header(assertion)
    except _UNREADABLE as error:
        raise AssertionInvalid(f"The header cannot be read ({type(error).__name__}).") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in KEY_TYPES:
        raise AssertionInvalid("alg must be RS384 or ES384.")
    if "crit" in header:
        raise AssertionInvalid("crit is not supported.")
    key = find_key(client.jwks, kid=kid, algorithm=algorithm) if isinstance(kid, str) else None
    if key is None:
        raise AssertionInvalid("No key of this client has the kid and alg of the header.")
    return key
