"""Callbacks of carriers: which account and row they are about, and their storage."""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction

from rpm_portal.core.outbox.channels.models import ChannelAccount, HookBody
from rpm_portal.core.outbox.models import OutboxRow

Fields = Sequence[tuple[str, str]]


def account_of(public_id: str) -> ChannelAccount | None:
    """The account of a callback's address, of any practice, before its secret is checked; None if there is none."""
    return ChannelAccount.objects.select_related("practice").filter(public_id=public_id).first()


def row_of(account: ChannelAccount, public_id: str) -> OutboxRow | None:
    """The row of a callback's address, if it is of the account's practice and was sent through the account."""
    rows = OutboxRow.objects.for_practice(account.practice_id).filter(public_id=public_id)
    return rows.filter(destination=account.destination).first()


def store(
    account: ChannelAccount, *, about: str, key: str, fields: Fields, row: OutboxRow | None, now: datetime
) -> HookBody | None:
    """Store a genuine callback before it is understood; None if it is there already."""
    body = json.dumps(list(fields))
    try:
        with transaction.atomic():
            return HookBody.objects.create(
                practice_id=account.practice_id,
                account=account,
                about=about,
                key=key[:160],
                row=row,
                body=body,
                sha256=sha256(body.encode()).hexdigest(),
                received_at=now,
            )
    except IntegrityError:
        return None


def fields_of(hook: HookBody) -> dict[str, str]:
    """The stored fields; of a repeated name the last value."""
    return {str(name): str(value) for name, value in json.loads(hook.body)}


def waiting_hooks(*, before: datetime) -> list[HookBody]:
    """Stored callbacks that were not handled, oldest first: their handling failed."""
    rows = HookBody.objects.filter(handled_at__isnull=True, received_at__lt=before)
    return list(rows.order_by("pk")[:200])
