"""Search parameters: their values as conditions of a query. No database access.

Source: FHIR R4 search, https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from rpm_portal.core.days import midnight
from rpm_portal.fhir.outcomes import not_supported

# Whose parameter it is: the practice's time zone decides which moments a day has.
Zone = str
_PREFIX = re.compile(r"(eq|ne|ge|gt|le|lt|sa|eb|ap)?(.+)", re.DOTALL)
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?P<seconds>:\d\d)?(?P<fraction>\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_DATE_FORM = "Write a date like ge2026-05-01, or with a time and an offset like 2026-05-01T07:00:00-05:00."
# Comparisons of a value with the first and last moment, or day, of what was asked.
_COMPARED: dict[str, Callable[[str, object, object], Q]] = {
    "eq": lambda field, low, high: Q(**{f"{field}__gte": low, f"{field}__lte": high}),
    "ge": lambda field, low, high: Q(**{f"{field}__gte": low}),
    "gt": lambda field, low, high: Q(**{f"{field}__gt": high}),
    "le": lambda field, low, high: Q(**{f"{field}__lte": high}),
    "lt": lambda field, low, high: Q(**{f"{field}__lt": low}),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter of a resource: its type for the CapabilityStatement, and the condition of one value."""

    name: str
    kind: str
    condition: Callable[[str, Zone], Q]

    def filter(self, text: str, zone: Zone) -> Q:
        """The condition of a comma list: one of its values. Raises FhirError."""
        condition = Q()
        for value in split_values(text):
            if not value or "\x00" in value:
                raise not_supported(f"The parameter {self.name} has an empty value.")
            condition |= self.condition(value, zone)
        return condition


def split_values(text: str) -> list[str]:
    r"""The values of a comma list; `\,` is a comma inside a value."""
    return [part.replace("\\,", ",").replace("\\$", "$") for part in re.split(r"(?<!\\),", text)]


def split_token(value: str) -> tuple[str | None, str]:
    """System and code of a token: None without a bar, empty for no system."""
    system, bar, code = value.partition("|")
    return (system, code) if bar else (None, system)


def reference_id(value: str, kind: str) -> str:
    """The id in a reference: `id`, `Patient/id`, or an address that ends so. Raises FhirError for another type."""
    *before, own = value.split("/")
    if before and before[-1] != kind:
        raise not_supported(f"{value[:60]!r} is not a reference to a {kind}.")
    return own


def token_in(field: str, *, system: str = "") -> Callable[[str, Zone], Q]:
    """A token whose code is in a column, with one fixed system."""

    def condition(value: str, zone: Zone) -> Q:
        """The condition of one value."""
        named, code = split_token(value)
        if not code or (named is not None and named != system):
            return Q(pk__in=[])
        return Q(**{field: code})

    return condition


def choice(codes: dict[str, Q]) -> Callable[[str, Zone], Q]:
    """A code of ours that several columns decide. Another code finds nothing."""

    def condition(value: str, zone: Zone) -> Q:
        """The condition of one value."""
        return codes.get(split_token(value)[1], Q(pk__in=[]))

    return condition


def text_in(*fields: str) -> Callable[[str, Zone], Q]:
    """A text with which one of the columns begins, without case (R4 string search)."""

    def condition(value: str, zone: Zone) -> Q:
        """The condition of one value."""
        either = Q()
        for field in fields:
            either |= Q(**{f"{field}__istartswith": value})
        return either

    return condition


def reference_in(field: str, kind: str) -> Callable[[str, Zone], Q]:
    """A reference whose id is in a column."""
    return lambda value, zone: Q(**{field: reference_id(value, kind)})


def moment_in(field: str, *, day_field: str = "") -> Callable[[str, Zone], Q]:
    """A date of a column of moments. A day without a time is of the column of local days, or in the practice's zone."""

    def condition(value: str, zone: Zone) -> Q:
        """The condition of one value."""
        prefix, low, high = parse_date(value)
        if not isinstance(low, datetime):
            if day_field:
                return _COMPARED[prefix](day_field, low, high)
            low, high = midnight(low, zone), midnight(high + timedelta(days=1), zone) - timedelta(microseconds=1)
        return _COMPARED[prefix](field, low, high)

    return condition


def day_in(field: str) -> Callable[[str, Zone], Q]:
    """A date of a column of days. A time is not read."""

    def condition(value: str, zone: Zone) -> Q:
        """The condition of one value."""
        prefix, low, high = parse_date(value)
        if isinstance(low, datetime):
            raise not_supported("This date has no time of day. Write a day, a month or a year.")
        return _COMPARED[prefix](field, low, high)

    return condition


def parse_date(value: str) -> tuple[str, date, date]:
    """Prefix, first and last day of a day, month or year; or first and last moment of a second or minute.

    Raises FhirError.
    """
    match = _PREFIX.fullmatch(value)
    prefix, text = (match[1] or "eq", match[2]) if match else ("eq", value)
    if prefix not in _COMPARED:
        raise not_supported(f"The prefix {prefix} is not supported. Use eq, ge, gt, le or lt.")
    moment = _MOMENT.fullmatch(text.replace(" ", "+"))
    try:
        if moment is not None:
            return prefix, *_moments(moment)
        return prefix, *_days(text)
    except ValueError:
        raise not_supported(f"{value[:40]!r} is not a date. {_DATE_FORM}") from None


def _moments(match: re.Match[str]) -> tuple[datetime, datetime]:
    """The first and last moment that a time names, by its precision."""
    low = datetime.fromisoformat(match[0]).astimezone(UTC)
    if match["fraction"]:
        return low, low
    length = timedelta(seconds=1) if match["seconds"] else timedelta(minutes=1)
    return low, low + length - timedelta(microseconds=1)


def _days(text: str) -> tuple[date, date]:
    """The first and last day of a day, month or year. Raises ValueError."""
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    first = date(year, month, day)
    if match[3]:
        return first, first
    if match[2]:
        return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first, date(year, 12, 31)
