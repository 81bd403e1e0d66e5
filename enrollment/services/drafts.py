"""Drafts of cards: values saved while they are typed, so that leaving the page loses nothing.

A draft of an enrollment is shared by all who work on it: the nurse prepares the order, the provider signs it. A draft
of an enrollment that does not exist yet belongs to the person who types it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from enrollment.models import CardDraft, Enrollment
from rpm_portal.accounts.models import Practice, User

MAX_VALUE_LENGTH = 4000
# Not stored in a draft: a signature and an upload are made again each time.
EXCLUDED_FIELDS = frozenset({"password", "csrfmiddlewaretoken", "once", "paper", "drawn_at"})


def _key(practice: Practice, user: User, enrollment: Enrollment | None) -> dict[str, Any]:
    if enrollment is None:
        return {"practice": practice, "user": user, "enrollment": None}
    return {"practice": practice, "enrollment": enrollment}


@transaction.atomic
def save_draft(
    *,
    practice: Practice,
    user: User,
    enrollment: Enrollment | None,
    card: str,
    values: dict[str, str],
    now: datetime,
    drawn_at: datetime | None = None,
) -> None:
    """Store the values of a card's fields. The last write wins.

    `drawn_at` is when the page that sends them was rendered. If the card was saved since, the values are outdated and
    are not stored.
    """
    stored = {name: value[:MAX_VALUE_LENGTH] for name, value in values.items() if name not in EXCLUDED_FIELDS}
    key = _key(practice, user, enrollment) | {"card": card}
    fields = {"values": stored, "saved_at": now, "user": user}
    row, created = CardDraft.objects.get_or_create(**key, defaults=fields)
    if created:
        return
    # Read again under the lock: the card may have been saved while get_or_create waited for another insert.
    row = CardDraft.objects.select_for_update().get(pk=row.pk)
    if not row.values and drawn_at is not None and drawn_at <= row.saved_at:
        return
    CardDraft.objects.filter(pk=row.pk).update(**fields)


def clear_draft(*, practice: Practice, user: User, enrollment: Enrollment | None, card: str, now: datetime) -> None:
    """Empty a card's draft after the card is saved. The row stays, so that a late draft is recognized as outdated."""
    fields = {"values": {}, "saved_at": now, "user": user}
    CardDraft.objects.update_or_create(**_key(practice, user, enrollment), card=card, defaults=fields)


def drafts_of(*, practice: Practice, user: User, enrollment: Enrollment | None) -> dict[str, CardDraft]:
    """Drafts by card: of an enrollment, or of this person if `enrollment` is None. One statement."""
    rows = CardDraft.objects.filter(**_key(practice, user, enrollment)).select_related("user", "sent_to__user")
    return {row.card: row for row in rows if row.values}


def delete_old_drafts(*, before: datetime) -> int:
    """Delete drafts saved before a moment; returns how many.

    Prepared orders are kept, because they wait for the provider's signature.
    """
    return CardDraft.objects.filter(saved_at__lt=before).exclude(card="order").delete()[0]
