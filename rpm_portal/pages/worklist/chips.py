"""The chips of the worklist with their counts, and what more there is to choose from."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from enrollment.models import Clinic, Enrollment, Payer
from monitoring.queries import unmatched
from rpm_portal.accounts.models import Practice, User
from rpm_portal.pages.alerts.inbox import colleagues
from rpm_portal.pages.worklist.filters import CHIPS, Filters, chip_conditions
from rpm_portal.pages.worklist.models import SavedView
from rpm_portal.pages.worklist.page import placed_counts

_MOST_CONDITIONS = 200


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter: its words, whether it is on, the address that turns it, and how many patients it matches."""

    words: str
    on: bool
    query: str
    count: str = ""


def chips(filters: Filters) -> list[Chip]:
    """The filters without counts. No statement."""
    return [Chip(words, name in filters.on, filters.turned(name)) for name, words in CHIPS.items()]


def counted_chips(practice: Practice, filters: Filters, *, member: int, now: datetime) -> list[Chip]:
    """Each chip with how many of all active patients it matches, also those who were put off. One statement.

    If a payer, colleague, clinic or condition is chosen, only its patients are counted. What a chip would show together
    with others that are on, the list and the counts of the bands show.
    """
    conditions = chip_conditions(member=member, now=now, zone=practice.zone)
    counts = placed_counts(practice, filters.choices(), conditions, now=now)
    return [Chip(words, name in filters.on, filters.turned(name), str(counts[name])) for name, words in CHIPS.items()]


def choices(practice: Practice, user: User, *, today: date) -> dict[str, object]:
    """Payers, colleagues, clinics and conditions to narrow by, and the person's saved views. Five statements."""
    active = Enrollment.objects.for_practice(practice).filter(state="active").exclude(condition="")
    conditions = active.order_by("condition").values_list("condition", flat=True).distinct()
    return {
        "payers": list(Payer.objects.for_practice(practice).values_list("name", flat=True)),
        "owners": colleagues(practice, today=today),
        "clinics": list(Clinic.objects.for_practice(practice).values_list("name", flat=True)),
        "conditions": list(conditions[:_MOST_CONDITIONS]),
        "views": list(views_of(practice, user)),
    }


def views_of(practice: Practice, user: User) -> QuerySet[SavedView]:
    """A person's saved views by name."""
    return SavedView.objects.for_practice(practice).filter(user=user)


def waiting(practice: Practice) -> int:
    """Readings that found no patient. One statement."""
    return sum(unmatched(practice.pk).values())
