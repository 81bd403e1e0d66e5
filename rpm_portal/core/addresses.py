"""Parsers of months, days and times in URLs and forms."""

from datetime import date, datetime

from django.http import Http404
from django.utils.dateparse import parse_date, parse_datetime

from rpm_portal.core.days import Month


def parse_month(text: str) -> Month:
    """The month in a URL. Raises Http404 if it is not one."""
    try:
        return Month.parse(text)
    except ValueError:
        raise Http404 from None


def parse_day(text: str) -> date | None:
    """The day in a form's date field; None if it is not one."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def parse_moment(text: str) -> datetime:
    """The time in a URL, with its zone. Raises Http404 if it is not one."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Http404
    return moment
