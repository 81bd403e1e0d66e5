"""One page of the worklist as rows of the database: which rows of which bands, how many there are, where it goes on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from rpm_portal.accounts.models import Practice
from rpm_portal.pages.worklist.filters import Filters
from rpm_portal.pages.worklist.models import WorklistRow
from rpm_portal.pages.worklist.place import place_due
from rpm_portal.pages.worklist.queryset import in_band, key_of, token_of

BANDS = {1: "Now", 2: "This week", 3: "No action needed"}
PAGE = 50
FEWEST = 10  # rows of the week that are shown however many need attention now


@dataclass(frozen=True, slots=True)
class PageRows:
    """Rows and next tokens by band; counts by name (`band_1`, `urgent`); `is_later` after the first page of a band."""

    rows: dict[int, list[WorklistRow]]
    after: dict[int, str]
    counts: dict[str, int]
    is_later: bool


def placed_counts(practice: Practice, narrowing: Q, conditions: Mapping[str, Q], *, now: datetime) -> dict[str, int]:
    """How many listed rows that meet `narrowing` meet each condition; rows whose place is due are placed first.

    One statement: rows that are due are counted with the others, and only if there are any the count is repeated.
    """
    listed, due = WorklistRow.objects.listed(practice), Q(place_until__lte=now)
    counts = listed.filter(narrowing | due if narrowing else Q()).counts({**conditions, "due": due})
    if not counts["due"]:
        return counts
    place_due(practice, now=now)
    return listed.filter(narrowing).counts(conditions)


def read_page(practice: Practice, filters: Filters, *, member: int, now: datetime) -> PageRows:
    """The rows of a page by band, and the counts of the bands. A statement for the counts, and one for each band."""
    narrowing = filters.narrowing(member=member, now=now, zone=practice.zone)
    bands = {number: in_band(number, snoozed=filters.snoozed) for number in BANDS}
    conditions = {f"band_{number}": condition for number, condition in bands.items()}
    conditions["urgent"] = bands[1] & Q(open_critical__gt=0)
    counts = placed_counts(practice, narrowing, conditions, now=now)
    key, wanted = key_of(filters), _wanted(filters)
    rows, after = {}, {}
    for number in wanted:
        found = WorklistRow.objects.listed(practice).filter(bands[number], narrowing).in_order(filters.sort)
        if key:
            found = found.after(key)
        limit = _limit(number, wanted, counts)
        read = list(found.with_display()[: limit + bool(key)])
        rows[number] = read[:limit]
        # A first page knows from the count whether more follow; a later page reads one row more.
        if rows[number] and (len(read) > limit or (not key and counts[f"band_{number}"] > limit)):
            after[number] = token_of(rows[number][-1], filters, number)
    return PageRows(rows, after, counts, key is not None)


def _wanted(filters: Filters) -> list[int]:
    """The bands whose rows are listed: the steady ones only if they were asked for."""
    if filters.band:
        return [filters.band]
    return [1, 2, 3] if filters.steady or filters.reason else [1, 2]


def _limit(number: int, wanted: Iterable[int], counts: Mapping[str, int]) -> int:
    """How many rows of a band a page shows: Now and This week share it."""
    if number == 1 and 2 in wanted:
        return PAGE - min(counts["band_2"], FEWEST)
    if number == 2 and 1 in wanted:
        return PAGE - min(counts["band_1"], PAGE - FEWEST)
    return PAGE
