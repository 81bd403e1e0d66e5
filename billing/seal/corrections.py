"""Values on claims that were corrected after the seal: a person confirms them before they are sent."""

from datetime import datetime

from django.db import transaction

from billing.claims.ready_claims import claims_of
from billing.close.moves import lock_close
from billing.models import CLOSED_STATES, MonthClose
from billing.seal.changed_values import changed_values, sender_changed
from billing.seal.digests import SENDER, seal_keys
from billing.seal.signed_month import check_rows, is_signed, latest_digest, sign_month, stored_claims
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused


@transaction.atomic
def confirm_corrections(*, close: MonthClose, reason: str, by: Membership, now: datetime) -> list[str]:
    """Sign the values on a month's claims as they are now; returns the groups of values that had changed.

    Raises Refused if the month is not sealed, nothing changed, no reason is given, or a row of the month was altered.
    """
    close = lock_close(close)
    if close.state not in CLOSED_STATES:
        raise Refused(f"The month is {close.get_state_display()}. Corrections are confirmed after it is locked.")
    if len(reason.strip()) < 10:
        raise Refused("Enter a reason of at least ten characters.")
    check_rows(close)
    changed = unconfirmed(close)
    if not changed:
        raise Refused("No value differs from those at the lock.")
    sign_month(close, action="confirmed", by=by.user, now=now)
    record_change(close, "confirm_corrections", by=by, now=now, values=changed, reason=reason.strip()[:300])
    return changed


def unconfirmed(close: MonthClose) -> list[str]:
    """The groups of values to be sent that differ from those signed."""
    changed = changed_values(close, claims_of(close))
    groups = sorted({group for groups in changed.values() for group in groups})
    return [*groups, SENDER] if sender_changed(close) else groups


@transaction.atomic
def renew_digests(close: MonthClose, *, now: datetime) -> bool:
    """Sign a locked month again if another key than the first of PORTAL_SEAL_KEYS signed it; returns whether it did.

    Raises Refused if a row was altered or a correction is not confirmed: they would be signed too.
    """
    close = lock_close(close)
    if not is_signed(close):
        return False
    current = next(iter(seal_keys()))
    names = {one.key_name for one in stored_claims(close).values()}
    latest = latest_digest(close)
    if latest is not None and names | {latest.key_name} == {current}:
        return False
    check_rows(close)
    if groups := unconfirmed(close):
        raise Refused(f"Confirm the corrections of {', '.join(groups)} first.")
    sign_month(close, action="renewed", by=None, now=now)
    return True
