"""What is typed and not kept yet: saved as it is typed, so that leaving and coming back loses nothing."""

from datetime import datetime
from typing import Any

from enrollment.models import CardDraft, Enrollment
from rpm_portal.accounts.models import Practice, User

LONGEST = 4000
# Never kept in a draft: the signature is made anew each time.
SECRET = frozenset({"password", "csrfmiddlewaretoken", "paper"})


def save_draft(
    *, practice: Practice, user: User, enrollment: Enrollment | None, card: str, values: dict[str, str], now: datetime
) -> None:
    """Keep what stands in a card's fields. The last one typed wins."""
    kept = {name: value[:LONGEST] for name, value in values.items() if name not in SECRET}
    CardDraft.objects.update_or_create(
        practice=practice, user=user, enrollment=enrollment, card=card, defaults={"values": kept, "saved_at": now}
    )


def drop_draft(*, practice: Practice, user: User, enrollment: Enrollment | None, card: str) -> None:
    """Forget a card's draft, once the card is kept."""
    CardDraft.objects.filter(practice=practice, user=user, enrollment=enrollment, card=card).delete()


def drafts_of(*, practice: Practice, user: User, enrollment: Enrollment | None) -> dict[str, dict[str, Any]]:
    """This person's drafts of an enrollment, by card. One statement."""
    rows = CardDraft.objects.filter(practice=practice, user=user, enrollment=enrollment)
    return dict(rows.values_list("card", "values"))
