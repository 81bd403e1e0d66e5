"""What an address or a form names: a month, a day, a moment."""

from datetime import date, datetime

from django.http import Http404
from django.utils.dateparse import parse_date, parse_datetime

from rpm_portal.core.days import Month


def month_named(text: str) -> Month:
    """The month an address names. Raises Http404 where it names none."""
    try:
        return Month.parse(text)
    except ValueError:
        raise Http404 from None


def day_named(text: str) -> date | None:
    """A day as a form's date field sends it; None where it is none."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def moment_named(text: str) -> datetime:
    """The moment an address names, with its zone. Raises Http404 where it names none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Http404
    return found
