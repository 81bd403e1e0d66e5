"""Prepared orders: what a colleague wrote down for a provider, waits for the signature, and can be withdrawn."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from enrollment.models import CardDraft, Enrollment
from enrollment.services.drafts import clear_draft, save_draft
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused

ORDER = "order"


@transaction.atomic
def send_order(*, enrollment: Enrollment, values: dict[str, str], by: Membership, now: datetime) -> CardDraft:
    """Store a prepared order and send it to the billing provider for signature; sent again, the last one waits."""
    save_draft(practice=enrollment.practice, user=by.user, enrollment=enrollment, card=ORDER, values=values, now=now)
    draft = CardDraft.objects.select_for_update().get(enrollment=enrollment, card=ORDER)
    draft.sent_at, draft.sent_by, draft.sent_to = now, by.user, enrollment.billing_provider
    draft.save(update_fields=["sent_at", "sent_by", "sent_to"])
    record_change(enrollment, "send_order", by=by, now=now)
    return draft


@transaction.atomic
def withdraw_order(*, enrollment: Enrollment, by: Membership, now: datetime) -> CardDraft:
    """Take a prepared order back before it is signed; what was written stays as a draft. Raises Refused."""
    draft = CardDraft.objects.select_for_update().filter(enrollment=enrollment, card=ORDER).first()
    if draft is None or draft.sent_at is None:
        raise Refused("No order waits for a signature. It was signed or withdrawn already.")
    _unsend(draft)
    record_change(enrollment, "withdraw_order", by=by, now=now)
    return draft


def clear_order(*, enrollment: Enrollment, by: Membership, now: datetime) -> None:
    """Empty the prepared order after the order is signed."""
    clear_draft(practice=enrollment.practice, user=by.user, enrollment=enrollment, card=ORDER, now=now)
    CardDraft.objects.filter(enrollment=enrollment, card=ORDER).update(sent_at=None, sent_by=None, sent_to=None)


def _unsend(draft: CardDraft) -> None:
    draft.sent_at = draft.sent_by = draft.sent_to = None
    draft.save(update_fields=["sent_at", "sent_by", "sent_to"])


def orders_to_sign(practice: Practice, provider: Membership, *, today: date) -> QuerySet[CardDraft]:
    """The prepared orders that wait for a provider, the oldest first: sent to them, or to a colleague who has left."""
    rows = CardDraft.objects.filter(practice=practice, card=ORDER, sent_at__isnull=False)
    has_left = Q(sent_to__ends_on__lt=today) | Q(sent_to__ended_at__isnull=False) | Q(sent_to__isnull=True)
    rows = rows.filter(Q(sent_to=provider) | has_left)
    return rows.select_related("enrollment__patient", "sent_by").order_by("sent_at", "pk")
