"""What is typed and not kept yet: saved as it is typed, so that leaving and coming back loses nothing.

A draft of an enrollment belongs to all who work on it: the nurse prepares the order, the provider signs it. A draft
of somebody who is not enrolled yet belongs to the person who types it.
"""

from datetime import datetime
from typing import Any

from enrollment.models import CardDraft, Enrollment
from rpm_portal.accounts.models import Practice, User

LONGEST = 4000
# Never kept in a draft: a signature is made anew each time, a paper is uploaded anew.
SECRET = frozenset({"password", "csrfmiddlewaretoken", "paper"})


def _key(practice: Practice, user: User, enrollment: Enrollment | None) -> dict[str, Any]:
    if enrollment is None:
        return {"practice": practice, "user": user, "enrollment": None}
    return {"practice": practice, "enrollment": enrollment}


def save_draft(
    *, practice: Practice, user: User, enrollment: Enrollment | None, card: str, values: dict[str, str], now: datetime
) -> None:
    """Keep what stands in a card's fields. The last one typed wins."""
    kept = {name: value[:LONGEST] for name, value in values.items() if name not in SECRET}
    said = {"values": kept, "saved_at": now, "user": user}
    CardDraft.objects.update_or_create(**_key(practice, user, enrollment), card=card, defaults=said)


def drop_draft(*, practice: Practice, user: User, enrollment: Enrollment | None, card: str) -> None:
    """Forget a card's draft, once the card is kept."""
    CardDraft.objects.filter(**_key(practice, user, enrollment), card=card).delete()


def drafts_of(*, practice: Practice, user: User, enrollment: Enrollment | None) -> dict[str, CardDraft]:
    """The drafts of an enrollment, or of this person where nobody is enrolled yet, by card. One statement."""
    rows = CardDraft.objects.filter(**_key(practice, user, enrollment)).select_related("user")
    return {row.card: row for row in rows}
