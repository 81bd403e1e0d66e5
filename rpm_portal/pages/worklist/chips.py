"""The chips of the worklist with their counts, and what more there is to choose from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

from django.db.models import Q, QuerySet, Value

from enrollment.models import Clinic, Enrollment, Payer
from monitoring.queries import unmatched
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.days import local_day
from rpm_portal.pages.alerts.inbox import colleagues
from rpm_portal.pages.worklist.filters import CHIPS, HAS_NOT, NOBODY, WINDOWS, Filters, chip_conditions
from rpm_portal.pages.worklist.models import SavedView
from rpm_portal.pages.worklist.page import placed_counts
from rpm_portal.pages.worklist.queryset import is_stale
from rpm_portal.pages.worklist.reasons import RULES

AnyRows = QuerySet[Any]
_MOST_CONDITIONS = 200
_NAMED = ((Payer, "payers"), (Clinic, "clinics"))
MENUS = {
    "reason": "Reason",
    "owner": "Assigned to",
    "payer": "Payer",
    "condition": "Condition",
    "clinic": "Clinic",
    "window": "Period ends",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter: its words, whether it is on, the address that turns it, and how many patients it matches."""

    words: str
    on: bool
    query: str
    count: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A chip that opens a list of filters: its name, and the one that is chosen, which the first address removes."""

    name: str
    options: list[Chip]

    @property
    def chosen(self) -> str:
        """The words of what is chosen; empty without a choice."""
        return ", ".join(chip.words for chip in self.options if chip.on)


@dataclass(frozen=True, slots=True)
class CountedChips:
    """The chips with their counts, and how many rows are still to be decided: their counts may change."""

    chips: list[Chip]
    uncounted: int


_OWN_CHIPS = {name: words for name, words in CHIPS.items() if name not in HAS_NOT or name == "call"}


def chips(filters: Filters, counts: Mapping[str, int] | None = None) -> list[Chip]:
    """The filters that are chips of their own, with their counts if these are known. No statement."""
    shown = [
        Chip(words, name in filters.on, filters.turned(name), str(counts[name]) if counts else "")
        for name, words in _OWN_CHIPS.items()
    ]
    snoozed = filters.but(snoozed=not filters.snoozed, after="", band="")
    return [*shown, Chip("Snoozed", filters.snoozed, snoozed, str(counts["snoozed"]) if counts else "")]


def counted_chips(practice: Practice, filters: Filters, *, member: int, now: datetime) -> CountedChips:
    """Each chip with how many of all listed patients it matches, also those who were put off. One statement.

    If a payer, colleague, clinic or condition is chosen, only its patients are counted. What a chip would show together
    with others that are on, the list and the counts of the bands show.
    """
    today = local_day(now, practice.zone)
    conditions = chip_conditions(member=member, now=now, zone=practice.zone)
    conditions |= {"snoozed": Q(band=0), "stale": is_stale(today)}
    counts = placed_counts(practice, filters.choices(today=today), conditions, now=now)
    return CountedChips(chips(filters, counts), counts["stale"])


def menus(practice: Practice, filters: Filters, *, today: date) -> list[Menu]:
    """The filters with many values, each a chip that opens a list. Two statements."""
    found = choices(practice, today=today)
    people = [(person.public_id, str(person.user)) for person in found["owners"]]
    values: dict[str, list[tuple[object, str]]] = {
        "reason": [(rule, f"{rule} {words}") for rule, words in RULES.items()],
        "owner": [(NOBODY, "Unassigned"), *people],
        "payer": [(name, name) for name in found["payers"]],
        "condition": [(name, name) for name in found["conditions"]],
        "clinic": [(name, name) for name in found["clinics"]],
        "window": [(days, f"within {days} days") for days in WINDOWS],
    }
    shown = [Menu(MENUS[name], _options(filters, name, options)) for name, options in values.items() if options]
    has_not = [Chip(words, name in filters.on, filters.turned(name)) for name, words in HAS_NOT.items()]
    return [*shown, Menu("Has no", has_not)]


def _options(filters: Filters, name: str, options: Iterable[tuple[object, str]]) -> list[Chip]:
    """Each value with the address that chooses it, or removes it if it is chosen."""
    now_chosen = getattr(filters, name)
    return [
        Chip(words, value == now_chosen, filters.chosen(name, "" if value == now_chosen else value))
        for value, words in options
    ]


class ChipChoices(TypedDict):
    """What the worklist can be narrowed by."""

    payers: list[str]
    clinics: list[str]
    conditions: list[str]
    owners: list[Membership]


def choices(practice: Practice, *, today: date) -> ChipChoices:
    """Payers, colleagues, clinics and conditions to narrow by. Two statements."""
    named: dict[str, list[str]] = {"payers": [], "clinics": [], "conditions": []}
    payers, clinics = (_names(model.objects.for_practice(practice), kind) for model, kind in _NAMED)
    active = Enrollment.objects.for_practice(practice).filter(state="active").exclude(condition="")
    conditions = active.annotate(kind=Value("conditions")).values_list("kind", "condition").distinct()
    for kind, name in payers.union(clinics, conditions).order_by("kind", "name"):
        named[kind].append(name)
    return {
        "payers": named["payers"],
        "clinics": named["clinics"],
        "conditions": named["conditions"][:_MOST_CONDITIONS],
        "owners": colleagues(practice, today=today),
    }


def _names(rows: AnyRows, kind: str) -> AnyRows:
    return rows.order_by().annotate(kind=Value(kind)).values_list("kind", "name")


def views_of(practice: Practice, user: User) -> QuerySet[SavedView]:
    """A person's saved views by name."""
    return SavedView.objects.for_practice(practice).filter(user=user)


def waiting(practice: Practice) -> int:
    """Readings that found no patient. One statement."""
    return sum(unmatched(practice.pk).values())
