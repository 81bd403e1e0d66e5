"""Patients' accounts with vendors that only announce data: linked with tokens, and unlinked by the vendor's notice."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from monitoring.models import Source, VendorAccount
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change


@transaction.atomic
def link_account(
    *,
    source: Source,
    account: str,
    access_token: str,
    refresh_token: str,
    expires_at: datetime,
    now: datetime,
    by: Membership | None = None,
) -> VendorAccount:
    """Store the tokens of an account, for the first time or again; without `by`, recorded for the portal itself."""
    fields = {"access_token": access_token, "refresh_token": refresh_token, "expires_at": expires_at}
    row, _ = VendorAccount.objects.update_or_create(
        practice_id=source.practice_id,
        source_id=source.sender_id,
        account=account,
        defaults=fields | {"linked_at": now, "unlinked_at": None},
    )
    record_change(source, "link_account", by=by, now=now)
    return row


def accounts_of(source: Source) -> list[VendorAccount]:
    """The accounts of a sender, the linked ones first. One statement."""
    rows = VendorAccount.objects.filter(practice=source.practice_id, source=source.sender_id)
    return list(rows.order_by(F("unlinked_at").desc(nulls_first=True), "-linked_at", "-pk"))


def unlink_accounts(source: Source, accounts: Sequence[str], *, now: datetime, by: Membership | None = None) -> int:
    """Delete the tokens of accounts whose access ends, and record it; returns how many were linked.

    No statement without accounts.
    """
    if not accounts:
        return 0
    rows = VendorAccount.objects.filter(practice=source.practice_id, source=source.sender_id, account__in=accounts)
    ended = rows.filter(unlinked_at__isnull=True).update(access_token="", refresh_token="", unlinked_at=now)
    if ended:
        record_change(source, "unlink_account", by=by, now=now, count=ended)
    return int(ended)
