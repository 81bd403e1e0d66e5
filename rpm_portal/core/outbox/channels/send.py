"""Choose the adapter of an account; the account's limits and budget."""

from datetime import datetime, timedelta
from types import ModuleType

from django.db import models
from django.db.models import Sum

from rpm_portal.core.days import Month, local_day, midnight
from rpm_portal.core.outbox import registry
from rpm_portal.core.outbox.channels import kannel, local, smtp, twilio_shaped
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.channels.port import OutgoingMessage
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import SendOutcome, SendVerdict

_ADAPTERS: dict[str, ModuleType] = {
    ChannelAccount.Provider.TWILIO_SHAPED: twilio_shaped,
    ChannelAccount.Provider.KANNEL: kannel,
    ChannelAccount.Provider.SMTP: smtp,
    ChannelAccount.Provider.LOCAL: local,
}
WARN_AT = 80  # per cent of the budget


def account_in_use(practice: models.Model | int, kind: str) -> ChannelAccount | None:
    """The practice's account for texts or e-mail; None if it has none in use. One statement."""
    return ChannelAccount.objects.for_practice(practice).filter(kind=kind, is_on=True).first()


def send_message(account: ChannelAccount, row: OutboxRow, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
    """Send a message through the account, and note the account in the row first: receipts are looked up by it."""
    if row.destination != account.destination:
        OutboxRow.objects.filter(pk=row.pk).update(destination=account.destination)
    outcome: SendOutcome = _ADAPTERS[account.provider].send(account, row, message, now=now)
    return outcome


def settle_message(account: ChannelAccount, row: OutboxRow, to: str, *, now: datetime) -> SendOutcome:
    """What became of a row of which this is not known."""
    outcome: SendOutcome = _ADAPTERS[account.provider].settle(account, row, to, now=now)
    return outcome


def spent_cents(account: ChannelAccount, *, zone: str, now: datetime) -> int:
    """What the account's messages of the month cost so far, rounded up to cents. One statement."""
    first = Month.current(now, zone).starts_at(zone)
    sent = OutboxRow.objects.for_practice(account.practice_id).filter(
        destination=account.destination, sent_at__gte=first
    )
    return int(-(-(sent.aggregate(total=Sum("cents"))["total"] or 0) // 1))


def limit_verdict(account: ChannelAccount, *, zone: str, now: datetime) -> SendVerdict:
    """Whether the account's budget of the month and number of the day allow one more message. Two statements."""
    month = Month.current(now, zone)
    if spent_cents(account, zone=zone, now=now) >= account.per_month_cents:
        return registry.hold_until(month.ends_at(zone), "The month's budget for messages is used up.")
    today = local_day(now, zone)
    sent = OutboxRow.objects.for_practice(account.practice_id).filter(
        destination=account.destination, sent_at__gte=midnight(today, zone)
    )
    if sent.count() >= account.per_day:
        tomorrow = midnight(today + timedelta(days=1), zone)
        return registry.hold_until(tomorrow, "The day's number of messages is reached.")
    return registry.send_now()
