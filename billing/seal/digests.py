"""Keyed digests of a month's stored rows and of the values on its claims. Reads; writes nothing.

HMAC-SHA256 with a key of PORTAL_SEAL_KEYS, which is not in the database: whoever can write to the database cannot make
one. Each value is in the input with the place it belongs to, so that two rows cannot be exchanged.
"""

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from billing.claims.billing_data import SENDER_COLUMNS
from billing.claims.formats.content import Content
from billing.models import Adjustment, Claim, ClaimLine, ClearinghouseChannel, MonthClose, MonthSeal
from billing.seal.value_groups import value_groups
from timetracking.models import MonthLock

# Every column of each table. `tests/billing/seal/test_digests.py` fails if a table gets another one.
MONTH_COLUMNS = (
    "id",
    "practice_id",
    "month",
    "zone",
    "state",
    "run",
    "started_at",
    "started_by_id",
    "computed_at",
    "prepared_at",
    "prepared_by_id",
    "single_person_reason",
    "sealed_at",
    "facts_at",
    "sealed_by_id",
    "engine",
    "facts_digest",
    "policies_digest",
    "codes_digest",
    "output_digest",
)
CHUNK_COLUMNS = (
    "id",
    "practice_id",
    "close_id",
    "run",
    "number",
    "enrollment_ids",
    "recompute_all",
    "state",
    "attempts",
    "error",
    "signaled_at",
    "done_at",
    "facts_digest",
    "output_digest",
)
ATTESTATION_COLUMNS = (
    "id",
    "practice_id",
    "close_id",
    "provider_id",
    "statement",
    "version",
    "signed_as",
    "signed_at",
    "line_ids",
)
CLAIM_COLUMNS = ("id", "public_id", "practice_id", "close_id", "patient_id", "payer_id", "billing_provider_id")
LINE_COLUMNS = (
    "id",
    "public_id",
    "practice_id",
    "claim_id",
    "close_id",
    "enrollment_id",
    "patient_id",
    "episode_id",
    "code",
    "component",
    "is_base",
    "units",
    "dos",
    "period_start",
    "modifiers",
    "authorization",
    "state",
    "adjustment_id",
    "own_reasons",
    "evidence",
    "digest",
    "policy",
    "needs_attestation",
    "flags",
    "needs_look",
    "made_at",
    "ended_at",
)
SEAL_COLUMNS = ("id", "practice_id", "close_id", "taken_at", "lifted_at", "lifted_by_id", "lift_reason")
ADJUSTMENT_COLUMNS = (
    "id",
    "public_id",
    "practice_id",
    "close_id",
    "claim_id",
    "reason",
    "taken_back",
    "put_in",
    "facts_digest",
    "made_at",
    "made_by_id",
)
LOCK_COLUMNS = ("id", "practice_id", "month", "zone", "locked_at", "locked_by_id")
CHANNEL_COLUMNS = ("id", "practice_id", "practice__name", "name", "starts_on", *SENDER_COLUMNS)
SENDER = "sender and receiver"  # the part of a month that a person may correct and confirm
LENGTH = 32  # hexadecimal digits of a part's digest


class ClaimDigests(NamedTuple):
    """The digests of a claim: of its row and each line by public ID, and of each group of values."""

    rows: dict[str, str]
    values: dict[str, str]


def key_name(key: bytes) -> str:
    """The name of a key, stored with what it signed: the first digits of its digest."""
    return hashlib.sha256(b"seal key" + key).hexdigest()[:8]


def seal_keys() -> dict[str, bytes]:
    """The keys by name; the first one signs."""
    return {key_name(key): key for key in settings.SEAL_KEYS}


def _plain(value: object) -> str:
    """A value that JSON does not have, as text that is the same in every time zone."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"A {type(value).__name__} has no digest.")


_encode = json.JSONEncoder(default=_plain, sort_keys=True, separators=(",", ":")).encode


def keyed_digest(key: bytes, *values: object) -> str:
    """HMAC-SHA256 over the values as canonical JSON, as 64 hexadecimal digits."""
    return hmac.digest(key, _encode(values).encode(), "sha256").hex()


def month_parts(close: MonthClose, key: bytes) -> dict[str, str]:
    """The digest of each part of a month besides its claims, by the part's name. Seven statements."""
    practice, channels = close.practice_id, ClearinghouseChannel.objects.filter(practice=close.practice_id)
    parts: dict[str, QuerySet[Any]] = {
        "row": MonthClose.objects.filter(pk=close.pk).values_list(*MONTH_COLUMNS),
        "chunks": close.chunks.values_list(*CHUNK_COLUMNS),
        "attestations": close.attestations.values_list(*ATTESTATION_COLUMNS),
        "seals": MonthSeal.objects.filter(close=close).values_list(*SEAL_COLUMNS),
        "adjustments": Adjustment.objects.filter(close=close).values_list(*ADJUSTMENT_COLUMNS),
        "time lock": MonthLock.objects.filter(practice=practice, month=close.month).values_list(*LOCK_COLUMNS),
        SENDER: channels.values_list(*CHANNEL_COLUMNS),
    }
    return {name: keyed_digest(key, close.pk, name, list(rows.order_by("pk")))[:LENGTH] for name, rows in parts.items()}


def row_digests(close: MonthClose, key_of: Mapping[int, bytes], default: bytes) -> dict[int, dict[str, str]]:
    """The digests of the rows of every claim of a month, by the claim's key and then by public ID. Three statements.

    `key_of` has the key of each claim; claims that are not in it get the `default`. A line is found by its month and
    by its claim, so that a line of either that belongs to the other is seen.
    """
    digests: dict[int, dict[str, str]] = defaultdict(dict)
    for row in Claim.objects.filter(close=close).values_list(*CLAIM_COLUMNS):
        digests[row[0]][row[1]] = keyed_digest(key_of.get(row[0], default), close.pk, "claim", row)[:LENGTH]
    own, foreign = ClaimLine.objects.filter(close=close), ClaimLine.objects.filter(claim__close=close)
    for row in chain(own.values_list(*LINE_COLUMNS), foreign.exclude(close=close).values_list(*LINE_COLUMNS)):
        digests[row[3]][row[1]] = keyed_digest(key_of.get(row[3], default), close.pk, "line", row)[:LENGTH]
    return digests


def value_digests(close: MonthClose, claim_pk: int, content: Content, key: bytes) -> dict[str, str]:
    """The digest of each group of values on a claim."""
    return {
        name: keyed_digest(key, close.pk, claim_pk, name, values)[:LENGTH]
        for name, values in value_groups(content).items()
    }
