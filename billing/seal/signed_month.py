"""The digests stored with a month: written by each action from the preparation on, and compared with the rows later.

Rows of the month are never corrected: if one differs, nothing is sent.
"""

import hmac
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from billing.claims.ready_claims import claims_of
from billing.models import LOCKED_STATES, ClaimLine, MonthClose, SealDigest, SealedClaim
from billing.seal.digests import (
    SENDER,
    ClaimDigests,
    keyed_digest,
    month_parts,
    row_digests,
    seal_keys,
    value_digests,
)
from billing.seal.value_groups import FROM_LINES
from rpm_portal.accounts.models import User
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import record
from rpm_portal.core.refusals import Refused

DIGEST_ACTION = "seal_digest"  # the audit's action
RELEASING = ("returned", "reopened")  # after these the month is in review, and its rows may change
MAX_NAMED = 5  # differences named in a refusal


class Stored(NamedTuple):
    """The stored digests of a claim and the name of their key."""

    key_name: str
    digests: ClaimDigests


def latest_digest(close: MonthClose) -> SealDigest | None:
    """The digest of the last action on a month. One statement."""
    return SealDigest.objects.filter(close=close).order_by("-pk").first()


def stored_claims(close: MonthClose) -> dict[int, Stored]:
    """The latest stored digests of each claim, by the claim's key. One statement."""
    rows = SealedClaim.objects.filter(close=close).order_by("claim_id", "-pk").distinct("claim_id")
    columns = rows.values_list("claim_id", "key_name", "row_digests", "value_digests")
    return {pk: Stored(name, ClaimDigests(rows, values)) for pk, name, rows, values in columns}


def _claim_list(stored: Mapping[int, Stored]) -> list[object]:
    return [[pk, one.key_name, one.digests.rows, one.digests.values] for pk, one in sorted(stored.items())]


def sign_month(
    close: MonthClose, *, action: str, by: User | None, now: datetime, claims: Collection[int] | None = None
) -> str:
    """Write the digests of a month as it is stored now, and the audit event with the month's digest, which it returns.

    `claims` are the keys of the claims that the action changed, or None if it signs all of them. Of a changed claim
    only what its lines decide is signed again: an address that was altered meanwhile stays a difference.
    """
    name, key = next(iter(seal_keys().items()))
    stored = stored_claims(close)
    new = {} if claims is not None and not claims else _new_digests(close, name, key, stored, claims)
    SealedClaim.objects.bulk_create(
        (
            SealedClaim(
                practice_id=close.practice_id,
                close=close,
                claim_id=pk,
                key_name=name,
                row_digests=one.digests.rows,
                value_digests=one.digests.values,
            )
            for pk, one in new.items()
            if stored.get(pk) != one
        ),
        batch_size=2000,
    )
    parts = month_parts(close, key)
    if claims is not None and (before := latest_digest(close)) is not None and before.key_name == name:
        parts[SENDER] = before.parts[SENDER]
    digest = keyed_digest(key, close.pk, action, parts, _claim_list(stored | new))
    SealDigest.objects.create(
        practice_id=close.practice_id,
        close=close,
        action=action,
        key_name=name,
        parts=parts,
        digest=digest,
        made_at=now,
    )
    record(
        practice=close.practice,
        by=by,
        action=DIGEST_ACTION,
        subject=close.audit_subject,
        now=now,
        detail={"after": action, "digest": digest},
    )
    return digest


def _new_digests(
    close: MonthClose, name: str, key: bytes, stored: Mapping[int, Stored], claims: Collection[int] | None
) -> dict[int, Stored]:
    """The digests of the claims that are signed, by the claim's key."""
    rows, new = row_digests(close, {}, key), {}
    contents = {ready.claim.pk: ready.content for ready in claims_of(close)}
    for pk in rows if claims is None else claims:
        values = value_digests(close, pk, contents[pk], key) if pk in contents else {}
        if claims is not None and pk in stored and stored[pk].key_name == name:
            values |= {group: old for group, old in stored[pk].digests.values.items() if group not in FROM_LINES}
        new[pk] = Stored(name, ClaimDigests(dict(rows[pk]), values))
    return new


def is_signed(close: MonthClose) -> bool:
    """Whether the rows of a month must be those that were signed: it is locked, or its last action locked it."""
    if close.state in LOCKED_STATES:
        return True
    latest = latest_digest(close)
    return latest is not None and latest.action not in RELEASING


def altered_rows(close: MonthClose) -> list[str]:
    """A sentence for each stored row of a prepared, sealed or sent month that differs from what was signed.

    Empty if there is none. About thirteen statements for any number of lines.
    """
    latest, keys = latest_digest(close), seal_keys()
    if latest is None:
        return ["The digests of the month are missing."]
    stored = stored_claims(close)
    if missing := sorted({latest.key_name, *(one.key_name for one in stored.values())} - keys.keys()):
        return [f"The month was signed with a key that is not in PORTAL_SEAL_KEYS: {', '.join(missing)}."]
    key = keys[latest.key_name]
    sentences = []
    expected = keyed_digest(key, close.pk, latest.action, latest.parts, _claim_list(stored))
    if not hmac.compare_digest(expected, latest.digest):
        sentences.append("The digests stored with the month were altered.")
    events = Event.objects.filter(practice=close.practice_id, subject=close.audit_subject, action=DIGEST_ACTION)
    in_audit = events.order_by("-number").values_list("detail", flat=True).first()
    if in_audit is None or in_audit.get("digest") != latest.digest:
        sentences.append("The last digest of the month is not the one in the audit history.")
    now = month_parts(close, key)
    sentences += [
        f"The {name} of the month changed." for name in now if name != SENDER and now[name] != latest.parts.get(name)
    ]
    rows = row_digests(close, {pk: keys[one.key_name] for pk, one in stored.items()}, key)
    differing = {
        pk: {name for name, _ in _row_set(rows.get(pk)) ^ _row_set(stored[pk].digests.rows if pk in stored else None)}
        for pk in sorted(rows.keys() | stored.keys())
    }
    return sentences + _row_sentences(close, {pk: names for pk, names in differing.items() if names}, rows, stored)


def _row_set(digests: dict[str, str] | None) -> set[tuple[str, str]]:
    return set((digests or {}).items())


def _row_sentences(
    close: MonthClose,
    differing: Mapping[int, set[str]],
    rows: Mapping[int, dict[str, str]],
    stored: Mapping[int, Stored],
) -> list[str]:
    """Each claim or line that was altered, added or deleted, by public ID. One statement."""
    lines = ClaimLine.objects.filter(public_id__in={name for names in differing.values() for name in names})
    labels = {line.public_id: f"Line {line.public_id} ({line.code}, {line.dos})" for line in lines}
    sentences = []
    for pk, names in differing.items():
        before, after = stored[pk].digests.rows if pk in stored else {}, rows.get(pk, {})
        for name in sorted(names):
            verb = "changed" if name in before and name in after else "was added" if name in after else "was deleted"
            sentences.append(f"{labels.get(name, f'Claim or line {name}')} {verb}.")
    return sentences


def check_rows(close: MonthClose) -> None:
    """Raise Refused if a stored row of the month differs from what was signed."""
    if altered := altered_rows(close):
        raise Refused(
            f"Stored rows of this month differ from those that were locked. {name_few(altered)} Nothing was "
            "changed or sent. Inform the administrator."
        )


def name_few(sentences: Sequence[str]) -> str:
    """The first sentences, and how many more there are."""
    rest = f" And {len(sentences) - MAX_NAMED} more." if len(sentences) > MAX_NAMED else ""
    return " ".join(sentences[:MAX_NAMED]) + rest
