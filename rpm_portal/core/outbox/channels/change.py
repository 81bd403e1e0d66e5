"""Open and change the accounts of channels."""

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.refusals import Refused

OLD_SECRET_FOR = timedelta(hours=24)
Provider = ChannelAccount.Provider
PROVIDERS = {
    ChannelAccount.Kind.SMS: (Provider.TWILIO_SHAPED, Provider.KANNEL, Provider.LOCAL),
    ChannelAccount.Kind.MAIL: (Provider.SMTP, Provider.LOCAL),
}


def save_account(account: ChannelAccount, *, secret: str, now: datetime, local_allowed: bool) -> ChannelAccount:
    """Save a new or changed account. Raises Refused for a provider that does not fit, or a second account in use.

    An empty `secret` keeps the present one. A new one keeps the earlier for callbacks for a day.
    """
    _check(account, has_secret=bool(secret or account.secret), local_allowed=local_allowed)
    if secret:
        if account.secret:
            account.earlier_secret, account.earlier_until = account.secret, now + OLD_SECRET_FOR
        account.secret = secret
    account.hook_secret = account.hook_secret or secrets.token_urlsafe(24)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:
        raise Refused("The practice has an account for these messages already. Switch it off first.") from None
    return account


def _check(account: ChannelAccount, *, has_secret: bool, local_allowed: bool) -> None:
    """Raise Refused for an account that could not send."""
    kind = ChannelAccount.Kind(account.kind)
    if account.provider not in PROVIDERS[kind]:
        raise Refused(f"This provider does not send {kind.label}.", field="provider")
    if account.provider == Provider.LOCAL:
        if not local_allowed:
            raise Refused("This installation sends messages to carriers only.", field="provider")
        return
    if not has_secret or not account.account_name:
        raise Refused("Enter the account and its secret.", field="secret")
    if account.provider == Provider.SMTP and not account.host:
        raise Refused("Enter the name of the mail server.", field="host")
