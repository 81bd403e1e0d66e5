"""When automated messages may be sent: from 8:00 to 21:00 in the patient's zone, or a person's narrower hours.

The window is that of 47 CFR 64.1200(c)(1), which is for solicitations; it is kept for care messages too.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = 8, 21
_FRIDAY = 4


def next_allowed(
    now: datetime, zone: str, *, opens: int = OPENS, closes: int = CLOSES, weekends: bool = True
) -> datetime:
    """`now` if a message may be sent now, otherwise the next moment at which it may, in UTC.

    The hours are those on the patient's wall clock, so the window is right on the days on which clocks change.
    """
    place = ZoneInfo(zone)
    local = now.astimezone(place)
    is_day = weekends or local.weekday() <= _FRIDAY
    if is_day and opens <= local.hour < closes:
        return now
    day = local.date() if is_day and local.hour < opens else local.date() + timedelta(days=1)
    while not weekends and day.weekday() > _FRIDAY:
        day += timedelta(days=1)
    return datetime.combine(day, time(opens), place).astimezone(UTC)
