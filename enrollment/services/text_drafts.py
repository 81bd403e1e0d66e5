"""Services of unsaved calls, messages and notes: saved while they are typed, restored when the form opens again."""

from datetime import datetime

from django.db.models import QuerySet

from enrollment.models import Enrollment, TextDraft
from rpm_portal.accounts.models import Practice, User

MAX_VALUE_LENGTH = 4000  # characters of one field
EXCLUDED_FIELDS = frozenset({"password", "csrfmiddlewaretoken", "once", "back_to"})
# A draft is worth keeping once one of these has text.
TEXT_FIELDS = ("showed", "decided", "text")


def save_text_draft(*, enrollment: Enrollment, kind: str, values: dict[str, str], by: User, now: datetime) -> bool:
    """Store what the person typed; without any text the draft is deleted. Returns whether there is a draft."""
    stored = {name: value[:MAX_VALUE_LENGTH] for name, value in values.items() if name not in EXCLUDED_FIELDS}
    if not any(stored.get(name, "").strip() for name in TEXT_FIELDS):
        clear_text_draft(enrollment=enrollment, kind=kind, by=by)
        return False
    TextDraft.objects.update_or_create(
        user=by,
        enrollment=enrollment,
        kind=kind,
        defaults={"practice_id": enrollment.practice_id, "values": stored, "saved_at": now},
    )
    return True


def clear_text_draft(*, enrollment: Enrollment, kind: str, by: User) -> None:
    """Delete the draft, after its text was saved or discarded. One statement."""
    TextDraft.objects.filter(user=by, enrollment=enrollment, kind=kind).delete()


def text_draft_of(*, enrollment: Enrollment, kind: str, by: User) -> TextDraft | None:
    """The person's draft of this kind about this patient. One statement."""
    return TextDraft.objects.filter(user=by, enrollment=enrollment, kind=kind).first()


def unfinished_texts(practice: Practice, user: User) -> QuerySet[TextDraft]:
    """The person's drafts in the practice, the oldest first."""
    rows = TextDraft.objects.for_practice(practice).filter(user=user)
    return rows.select_related("enrollment__patient").order_by("saved_at", "pk")


def delete_old_text_drafts(*, before: datetime) -> int:
    """Delete drafts saved before a moment; returns how many."""
    return TextDraft.objects.filter(saved_at__lt=before).delete()[0]
