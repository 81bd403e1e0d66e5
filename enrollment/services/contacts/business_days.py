"""Business days and federal holidays, for the last day to honor a request to stop."""

from datetime import date, timedelta

HONOR_WITHIN = 10  # business days after receipt: 47 CFR 64.1200(a)(10)
_MONDAY, _THURSDAY, _SATURDAY = 0, 3, 5


def federal_holidays(year: int) -> set[date]:
    """The federal holidays of a year on the days on which they are observed (5 U.S.C. 6103(a) and (b)).

    A holiday on a Saturday is observed on Friday, one on a Sunday on Monday; New Year's Day of the next year may so be
    observed in this one.
    """
    fixed = [date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    movable = [
        _nth(year, 1, _MONDAY, 3),
        _nth(year, 2, _MONDAY, 3),
        _nth(year, 6, _MONDAY, 1) - timedelta(days=7),
        _nth(year, 9, _MONDAY, 1),
        _nth(year, 10, _MONDAY, 2),
        _nth(year, 11, _THURSDAY, 4),
    ]
    observed = {_observed(day) for day in (*fixed, date(year + 1, 1, 1))}
    return {day for day in observed if day.year == year} | set(movable)


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    """The nth weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def add_business_days(day: date, count: int) -> date:
    """The business day that is `count` business days after `day`."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY and day not in federal_holidays(day.year)
    return day


def honor_by(received_on: date) -> date:
    """The last day to honor a request to stop that was received on this day."""
    return add_business_days(received_on, HONOR_WITHIN)
