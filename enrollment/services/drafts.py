"""What is typed and not kept yet: saved as it is typed, so that leaving and coming back loses nothing.

A draft of an enrollment belongs to all who work on it: the nurse prepares the order, the provider signs it. A draft
of somebody who is not enrolled yet belongs to the person who types it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from enrollment.models import CardDraft, Enrollment
from rpm_portal.accounts.models import Practice, User

LONGEST = 4000
# Never kept in a draft: a signature is made anew each time, a paper is uploaded anew.
SECRET = frozenset({"password", "csrfmiddlewaretoken", "paper", "drawn_at"})


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
    """Keep what stands in a card's fields. The last one typed wins.

    `drawn_at` is when the page that sends it was drawn: where the card was kept since, what was typed before is no
    draft any more, however late it arrives.
    """
    kept = {name: value[:LONGEST] for name, value in values.items() if name not in SECRET}
    key = _key(practice, user, enrollment) | {"card": card}
    said = {"values": kept, "saved_at": now, "user": user}
    row, made = CardDraft.objects.get_or_create(**key, defaults=said)
    if made:
        return
    # Read anew under the lock: while the first draft of a card was on its way, the card itself may have been kept.
    row = CardDraft.objects.select_for_update().get(pk=row.pk)
    if not row.values and drawn_at is not None and drawn_at <= row.saved_at:
        return
    CardDraft.objects.filter(pk=row.pk).update(**said)


def drop_draft(*, practice: Practice, user: User, enrollment: Enrollment | None, card: str, now: datetime) -> None:
    """Forget a card's draft, once the card is kept; that it was kept is remembered for what still is on its way."""
    said = {"values": {}, "saved_at": now, "user": user}
    CardDraft.objects.update_or_create(**_key(practice, user, enrollment), card=card, defaults=said)


def drafts_of(*, practice: Practice, user: User, enrollment: Enrollment | None) -> dict[str, CardDraft]:
    """The drafts of an enrollment, or of this person where nobody is enrolled yet, by card. One statement."""
    rows = CardDraft.objects.filter(**_key(practice, user, enrollment)).select_related("user")
    return {row.card: row for row in rows if row.values}


def forget_drafts(*, before: datetime) -> int:
    """Drop the drafts that nobody came back to since a moment; returns how many.

    An order that was prepared is work that waits for its provider, however long.
    """
    return CardDraft.objects.filter(saved_at__lt=before).exclude(card="order").delete()[0]
