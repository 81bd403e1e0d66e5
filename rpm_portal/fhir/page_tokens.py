"""Places in a search result (`_page`): the search, the client it belongs to, and the last row that was given out.

A place is encrypted: it contains what was searched for, which may be a name, and it is part of an address.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime

from rpm_portal.core.db.encrypted_fields import DecryptionFailed, decrypt_text, encrypt_text
from rpm_portal.fhir.outcomes import FhirError, Issue

MAX_LENGTH = 8_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a search continues: after the row with this key, in the order of the search."""

    pairs: list[tuple[str, str]]
    key: int
    sort_value: datetime | None


def page_token(place: Place, *, client: str, kind: str) -> str:
    """The token of a place, for one client and resource type."""
    moment = place.sort_value.isoformat() if place.sort_value is not None else ""
    text = json.dumps([client, kind, place.pairs, place.key, moment])
    return base64.urlsafe_b64encode(encrypt_text(text).encode()).decode().rstrip("=")


def place_of(token: str, *, client: str, kind: str) -> Place:
    """The place of a token. Raises FhirError if it is not one, or was given to another client."""
    unknown = FhirError(404, Issue("not-found", "This page is not known. Begin the search again."))
    if len(token) > MAX_LENGTH:
        raise unknown
    try:
        text = decrypt_text(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
        owner, of_kind, pairs, key, moment = json.loads(text)
    except (DecryptionFailed, binascii.Error, ValueError):
        raise unknown from None
    if owner != client or of_kind != kind:
        raise unknown
    return Place([(name, value) for name, value in pairs], key, datetime.fromisoformat(moment) if moment else None)
