"""The addresses to which carriers report. They begin with PORTAL_PUBLIC_URL, never with what a request contains: with a
proxy in front the request shows another scheme and host than the carrier signed.
"""

from django.conf import settings

from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.models import OutboxRow

PREFIX = "/api/hooks"


def receipt_address(account: ChannelAccount, row: OutboxRow) -> str:
    """Where receipts of a row arrive."""
    return f"{settings.PUBLIC_URL}{PREFIX}/{account.public_id}/sms/{row.public_id}/"


def inbound_address(account: ChannelAccount) -> str:
    """Where texts of patients arrive."""
    return f"{settings.PUBLIC_URL}{PREFIX}/{account.public_id}/inbound/"
