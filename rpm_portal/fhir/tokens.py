"""Access tokens of clients: issued for an assertion, and looked up at each request."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from rpm_portal.fhir.assertions import AssertionInvalid, verify
from rpm_portal.fhir.models import FhirAssertion, FhirClient, FhirToken
from rpm_portal.fhir.scopes import letters_by_type, requested_scopes

VALID_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the client of a token, and the letters of its scopes by resource type."""

    client: FhirClient
    letters: dict[str, frozenset[str]]

    @property
    def practice_id(self) -> int:
        """The practice of the client."""
        return int(self.client.practice_id)

    @property
    def zone(self) -> str:
        """The time zone of the practice."""
        return str(self.client.practice.zone)

    def may(self, kind: str, letter: str) -> bool:
        """Whether the token has the letter (c, r, u, s) for a resource type."""
        return letter in self.letters.get(kind, frozenset())


def digest_of(token: str) -> str:
    """The digest of a token, which is stored instead of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(client: FhirClient, assertion: str, scope: str, *, audience: str, now: datetime) -> tuple[str, str]:
    """A new token and its scopes, for an assertion that is used up with it.

    Raises AssertionInvalid or ScopeError. An assertion whose scope is refused is not used up.
    """
    number, forget_at = verify(client, assertion, audience=audience, now=now)
    scopes = requested_scopes(scope, client.scopes)
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            FhirAssertion.objects.create(
                practice_id=client.practice_id, client=client, jti=number, expires_at=forget_at
            )
            FhirToken.objects.create(
                practice_id=client.practice_id,
                client=client,
                digest=digest_of(token),
                scopes=scopes,
                made_at=now,
                expires_at=now + VALID_FOR,
            )
            FhirClient.objects.filter(pk=client.pk).update(last_used_at=now)
    except IntegrityError:
        raise AssertionInvalid("This jti was used before.") from None
    return token, " ".join(scopes)


def note_refusal(client: FhirClient, reason: str, *, now: datetime) -> None:
    """Keep the reason of a refused assertion for the client's page."""
    FhirClient.objects.filter(pk=client.pk).update(last_refusal=reason[:200], last_refused_at=now)


def caller_of(token: str, *, now: datetime) -> Caller | None:
    """The caller of a token; None if it is unknown or expired, or its client was revoked. One statement."""
    if not 0 < len(token) <= 200 or not token.isascii():
        return None
    rows = FhirToken.objects.select_related("client__practice", "client__source")
    row = rows.filter(digest=digest_of(token), expires_at__gt=now, client__revoked_at__isnull=True).first()
    return Caller(row.client, letters_by_type(row.scopes)) if row is not None else None


def delete_expired(*, now: datetime) -> int:
    """Delete expired tokens and assertions; returns how many."""
    tokens, _ = FhirToken.objects.filter(expires_at__lt=now).delete()
    assertions, _ = FhirAssertion.objects.filter(expires_at__lt=now).delete()
    return tokens + assertions
