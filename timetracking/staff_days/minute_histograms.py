"""At which minute patients end a month, by the person who worked last, and what the last two days added.

Totals that end just above a code's minutes, and time entered at the end of the month that just reaches them, are what
an auditor's statistics show first.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.days import Month, midnight
from timetracking.intervals.spans import seconds
from timetracking.models import NON_BILLABLE, TimeEntry
from timetracking.queries import CODE_THRESHOLDS

LAST_MINUTE = 70  # longer totals are in the last bar
JUST_ABOVE = 60  # seconds above a threshold that count as just reached
LAST_DAYS = 2


@dataclass(slots=True)
class MinuteHistogram:
    """Patients by the whole minute at which their month ends.

    `reached_late` of them reached a threshold only by time that was entered in the last two days or later, and
    `just_reached` of these by less than a minute.
    """

    staff: User | None
    counts: list[int] = field(default_factory=lambda: [0] * (LAST_MINUTE + 1))
    reached_late: int = 0
    just_reached: int = 0

    @property
    def patients(self) -> int:
        """All patients."""
        return sum(self.counts)

    @property
    def most(self) -> int:
        """The highest bar."""
        return max(self.counts)

    @property
    def bars(self) -> list[tuple[int, int]]:
        """Minute and number of patients of each bar."""
        return list(enumerate(self.counts))

    def add(self, total: int, before: int) -> None:
        """Count a patient by seconds in the month, and seconds that were entered before its last two days."""
        self.counts[min(LAST_MINUTE, total // 60)] += 1
        reached = [minute * 60 for minute in CODE_THRESHOLDS if before < minute * 60 <= total]
        self.reached_late += bool(reached)
        self.just_reached += bool(reached) and total < reached[-1] + JUST_ABOVE


@dataclass(frozen=True, slots=True)
class MonthHistograms:
    """One histogram a person, by name, and one of the patients with time entered in the last two days or later."""

    by_staff: list[MinuteHistogram]
    last_days: MinuteHistogram


def minute_histograms(practice: Practice, month: Month) -> MonthHistograms:
    """The histograms of a month's billable time in RPM and RTM. One statement.

    A patient's month belongs to the person who worked last in it.
    """
    since = midnight(month.last_day - timedelta(days=LAST_DAYS - 1), practice.zone)
    by_person: dict[User, MinuteHistogram] = {}
    last_days = MinuteHistogram(None)
    for entries in _entries(practice, month).values():
        total = _total(entries, practice, month)
        if not total:
            continue
        before = _total((entry for entry in entries if entry.entered_at < since), practice, month)
        by_person.setdefault(entries[-1].staff, MinuteHistogram(entries[-1].staff)).add(total, before)
        if before < total:
            last_days.add(total, before)
    people = sorted(by_person, key=lambda person: (person.family_name, person.given_name, person.pk))
    return MonthHistograms([by_person[person] for person in people], last_days)


def _entries(practice: Practice, month: Month) -> dict[int, list[TimeEntry]]:
    """The stopped billable entries that touch the month by enrollment, in order."""
    rows = TimeEntry.objects.standing().filter(
        practice=practice,
        program__in=["RPM", "RTM"],
        stopped_at__gt=month.starts_at(practice.zone),
        started_at__lt=month.ends_at(practice.zone),
    )
    found: dict[int, list[TimeEntry]] = defaultdict(list)
    for row in rows.exclude(activity__in=NON_BILLABLE).select_related("staff").order_by("started_at", "pk"):
        found[row.enrollment_id].append(row)
    return found


def _total(entries: Iterable[TimeEntry], practice: Practice, month: Month) -> int:
    start, end = month.starts_at(practice.zone), month.ends_at(practice.zone)
    return sum(
        seconds(max(entry.started_at, start), min(entry.stopped_at, end)) for entry in entries if entry.stopped_at
    )
