"""The reminder that the rules of the next year are not loaded, and the day from which lines will wait."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min

from billing.models import DeviceAnchor, RuleYearFile, YearState
from billing.policies.rules_in_force import rules_of
from billing.rules.periods import LENGTH
from billing.rules.rule_set import MEDICARE
from monitoring.models import ReadingDay
from rpm_portal.accounts.models import Practice

REMIND_FROM_MONTH = 10


@dataclass(frozen=True, slots=True)
class YearDue:
    """A year whose rules are not loaded. `first_day` is the first date of service that waits; `state` of its file."""

    year: int
    first_day: date
    state: str


def year_due(practice: Practice, *, today: date) -> YearDue | None:
    """The reminder from October on, or while a year without rules runs; None if its rules are in force.

    One statement if they are, four if not.
    """
    year = today.year + 1 if today.month >= REMIND_FROM_MONTH else today.year
    rules = rules_of(practice.pk)
    missing = [day.year for day in (today, date(year, 1, 1)) if not rules.preset(MEDICARE).view(day).loaded]
    if not missing:
        return None
    new_year = date(missing[0], 1, 1)
    file = RuleYearFile.objects.for_practice(practice).filter(year=missing[0]).first()
    is_open = file is not None and file.state in {YearState.DRAFT, YearState.SUBMITTED}
    state = YearState(file.state).label if file is not None and is_open else ""
    return YearDue(missing[0], _first_waiting_day(practice, new_year), state)


def _first_waiting_day(practice: Practice, new_year: date) -> date:
    """The first day of the year on which a device period of an open enrollment ends, at the latest January 31.

    Treatment management of January is dated on its last day.
    """
    last = new_year.replace(day=31)
    fixed = DeviceAnchor.objects.filter(practice=practice.pk, enrollment__discharged_on__isnull=True)
    anchors = dict(fixed.values_list("enrollment", "starts_on"))
    # An enrollment whose periods are not fixed yet begins with its first reading; it has few days of readings.
    days = ReadingDay.objects.filter(practice=practice.pk, enrollment__discharged_on__isnull=True)
    first_days = days.exclude(enrollment__in=anchors).values("enrollment").annotate(first_day=Min("local_day"))
    starts = [*anchors.values(), *first_days.values_list("first_day", flat=True)]
    return min([last, *(_end_from(first_day, new_year) for first_day in starts)])


def _end_from(first_day: date, new_year: date) -> date:
    """The end of the first 30-day period that ends on or after a day."""
    periods = max(0, (new_year - first_day).days // LENGTH)
    return first_day + timedelta(days=LENGTH * (periods + 1) - 1)
