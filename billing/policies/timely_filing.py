"""The last day on which a payer takes a claim, by payer and date of service.

Medicare Part B: one calendar year after the date of service (42 CFR 424.44(a); Medicare Claims Processing Manual,
chapter 1, section 70); for 29 February it ends on 28 February. Other payers: the days of their profile. A claim that
was rejected on the way does not count as filed.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from billing.models import PayerProfile
from enrollment.models import Payer

PART_B = "MB"


def a_year_after(day: date) -> date:
    """The same day of the next year; 28 February for 29 February."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(day.year + 1, 2, 28) if is_leap_day else day.replace(year=day.year + 1)


class FilingLimits:
    """The filing limits of a practice's payers by date of service, read once. One statement."""

    def __init__(self, practice_id: int) -> None:
        self._days: dict[int, list[tuple[date, date | None, int]]] = defaultdict(list)
        rows = PayerProfile.objects.filter(practice=practice_id, filing_days__isnull=False)
        for payer, starts_on, ends_on, days in rows.values_list("payer", "starts_on", "ends_on", "filing_days"):
            self._days[payer].append((starts_on, ends_on, days or 0))

    def last_day(self, payer: Payer, dos: date) -> date | None:
        """The last day to file a line, the day of receipt included; None if no limit is on file."""
        for starts_on, ends_on, days in self._days[payer.pk]:
            if starts_on <= dos and (ends_on is None or dos <= ends_on):
                return dos + timedelta(days=days)
        return a_year_after(dos) if payer.filing == PART_B else None

    def earliest(self, payer: Payer | None, days: Iterable[date]) -> date | None:
        """The last day on which the payer takes all lines with these dates of service; None if no limit is on file."""
        last_days = [self.last_day(payer, day) for day in days] if payer is not None else []
        return min((day for day in last_days if day is not None), default=None)
