"""Values to be sent that differ from those signed: each is checked and confirmed by a person before it is sent.

An address, a member ID or a charge may be corrected after the seal, other than the rows of the month itself.
"""

from collections.abc import Iterable, Mapping

from billing.claims.formats.content import Content
from billing.claims.ready_claims import Ready
from billing.models import MonthClose
from billing.seal.digests import SENDER, month_parts, seal_keys, value_digests
from billing.seal.signed_month import Stored, latest_digest, stored_claims
from rpm_portal.core.refusals import Refused


def changed_values(close: MonthClose, ready: Iterable[Ready]) -> dict[int, list[str]]:
    """The groups of values that differ from those signed, by the claim's key. Two statements.

    Only claims that would be sent with their current content: a void and a repetition use the content that was sent.
    """
    stored, keys = stored_claims(close), seal_keys()
    changed = {}
    for one in ready:
        if not one.due or one.content.frequency == "8":
            continue
        signed = stored.get(one.claim.pk)
        now = _digests_of(close, one.claim.pk, one.content, signed, keys)
        if groups := [name for name in now if signed is None or now[name] != signed.digests.values.get(name)]:
            changed[one.claim.pk] = groups
    return changed


def _digests_of(
    close: MonthClose, pk: int, content: Content, signed: Stored | None, keys: Mapping[str, bytes]
) -> dict[str, str]:
    name = signed.key_name if signed is not None else next(iter(keys))
    return value_digests(close, pk, content, keys[name])


def sender_changed(close: MonthClose) -> bool:
    """Whether the sender or receiver of files differs from what was signed. About eight statements."""
    latest = latest_digest(close)
    return latest is None or month_parts(close, seal_keys()[latest.key_name])[SENDER] != latest.parts.get(SENDER)


def check_values(close: MonthClose, ready: Iterable[Ready]) -> None:
    """Raise Refused, naming the groups, if a value to be sent differs from what was signed and nobody confirmed it."""
    changed = changed_values(close, ready)
    groups = sorted({group for groups in changed.values() for group in groups})
    if sender_changed(close):
        groups.append(SENDER)
    if groups:
        number = f" of {len(changed)} claim{'s' if len(changed) > 1 else ''}" if changed else ""
        raise Refused(
            f"Changed since the month was locked: {', '.join(groups)}{number}. Check these values, then confirm the "
            "corrections on the claims page, or undo them."
        )
