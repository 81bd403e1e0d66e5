"""The filters of the worklist with their counts, and what more there is to choose from."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from enrollment.models import Clinic, Payer
from monitoring.queries import unmatched
from rpm_portal.accounts.models import Practice, User
from rpm_portal.pages.alerts.inbox import colleagues
from rpm_portal.pages.worklist.filters import CHIPS, MARKS, STANDS, Filters
from rpm_portal.pages.worklist.models import SavedView
from rpm_portal.pages.worklist.page_query import parameters
from rpm_portal.pages.worklist.page_sql import MOST, listed_where, panel_of
from rpm_portal.pages.worklist.sections import SECTIONS


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter: its words, whether it is on, the address that turns it, and how many it would show."""

    words: str
    on: bool
    query: str
    count: str = ""


def chips(filters: Filters) -> list[Chip]:
    """The filters without counts. No statement."""
    return [Chip(words, name in filters.on, filters.turned(name)) for name, words in CHIPS.items()]


@dataclass(frozen=True, slots=True)
class Counted:
    """The chips with their counts, and how many the list has in each band in all, however many."""

    chips: list[Chip]
    bands: dict[int, int]
    urgent: int

    @property
    def beyond(self) -> bool:
        """Whether the page itself ended a count before these."""
        return max(self.bands.values()) > MOST


def counted_panel(practice: Practice, filters: Filters, *, member: int, now: Any) -> Counted:
    """Each chip with how many of all active patients it holds for, put-off ones too, and the bands' counts. One
    statement.

    The chips' counts are of the whole panel, or of the payer, colleague, clinic or condition it is narrowed to: what a
    chip would show beside others that are on, the list says, and the bands' counts.
    """
    week = " OR ".join(f"({section.where})" for section in SECTIONS if section.band == 2)
    among = replace(filters, on=()).marks
    # Whom a chip names is counted by their marks, and who is listed among those with all marks: not row by row.
    counts = [
        f"(SELECT count(*) {panel_of([MARKS[name], *among])})"
        if name in MARKS
        else f"count(*) FILTER (WHERE {STANDS[name]})"
        for name in CHIPS
    ]
    bands = [f"count(*) FILTER (WHERE {band})" for band in (SECTIONS[0].where, week, "true", "k.open_critical > 0")]
    with connection.cursor() as cursor:
        cursor.execute(
            # Conditions of our own; every value is a parameter.
            f"""
            SELECT * FROM (SELECT {", ".join(counts)} {panel_of(among)}) chips,
                          (SELECT {", ".join(bands)} {panel_of(filters.marks)} AND {listed_where(filters)}) bands
            """,  # noqa: S608
            parameters(practice, filters, member=member, now=now),
        )
        *found, first, second, everybody, urgent = cursor.fetchone()
    made = [
        Chip(words, name in filters.on, filters.turned(name), str(count))
        for (name, words), count in zip(CHIPS.items(), found, strict=True)
    ]
    return Counted(made, {1: first, 2: second, 3: everybody - first - second}, urgent)


def choices(practice: Practice, user: User, *, today: date) -> dict[str, Any]:
    """Payers, colleagues, clinics and conditions to narrow by, and the person's saved views. Five statements."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT condition FROM enrollment_enrollment WHERE practice_id = %s AND state = 'active' "
            "AND condition <> '' ORDER BY condition LIMIT 200",
            [practice.pk],
        )
        conditions = [condition for (condition,) in cursor]
    return {
        "payers": list(Payer.objects.for_practice(practice).values_list("name", flat=True)),
        "owners": colleagues(practice, today=today),
        "clinics": list(Clinic.objects.for_practice(practice).values_list("name", flat=True)),
        "conditions": conditions,
        "views": list(views_of(practice, user)),
    }


def views_of(practice: Practice, user: User) -> QuerySet[SavedView]:
    """A person's saved views by name."""
    return SavedView.objects.for_practice(practice).filter(user=user)


def waiting(practice: Practice) -> int:
    """Readings that found no patient. One statement."""
    return sum(unmatched(practice.pk).values())
