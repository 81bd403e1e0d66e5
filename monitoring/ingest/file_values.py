"""How the moments and numbers of a file are written, decided from all of its rows. No clock and no database.

A single row often has two meanings: 03/06/2026 is a day in March or in June, and 6,200 is six or six thousand. The
other rows usually decide: 25/06/2026 can only be a day in June. If they do not, a person is asked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

MONTH_FIRST, DAY_FIRST = "mdy", "dmy"
POINT, COMMA = ".", ","
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_CLOCK = (
    r"[ T,]+(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})" + _CLOCK)
_NUMBERS = re.compile(r"(?P<a>[0-9]{1,2})(?P<mark>[-/.])(?P<b>[0-9]{1,2})[-/.](?P<year>[0-9]{4})" + _CLOCK)
_MONTH_NAME = re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>[0-9]{1,2}),? (?P<year>[0-9]{4})" + _CLOCK)
_DAY_AND_NAME = re.compile(r"(?P<day>[0-9]{1,2})[ -](?P<name>[A-Za-z]{3,9})\.?,?[ -](?P<year>[0-9]{4})" + _CLOCK)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? ", re.IGNORECASE)
_OFFSET = re.compile(r" (UTC|GMT|[+-][0-9]{2}:?[0-9]{2})$")
MAX_MOMENT_LENGTH = 80
# A number with an optional unit after it.
_CELL = re.compile(r"(?P<number>[+-]?[0-9][0-9.,]*)\s*(?P<unit>[A-Za-z%°/\[\]{}]+)?")
_SIGNS = {
    POINT: re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?"),
    COMMA: re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]+)?"),
}
# Cells that mean "no value".
NO_VALUE = {"", "-", "--", "---", "na", "n/a", "none", "null"}
MOMENT_MESSAGE = (
    "The moment is not understood. Write it like 2026-06-19 08:00, 2026-06-19T08:00:00-05:00, 06/19/2026 8:00 AM, "
    "19.06.2026 08:00, or Jun 19, 2026 08:00."
)


@dataclass(frozen=True, slots=True)
class Possible:
    """The ways in which a file can be read; a person is asked if there is more than one way."""

    date_orders: tuple[str, ...] = ()
    decimal_signs: tuple[str, ...] = ()
    # What the rows suggest without proving it: with a 12-hour clock the month comes first, as in the United States.
    likely_order: str = ""
    # A row that shows the difference, for the question.
    date_example: str = ""
    number_example: str = ""


def plain(text: str) -> str:
    """A cell without the narrow and protected spaces that phones write, and with single spaces."""
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").replace(" - ", " ").split())


def _plain_moment(text: str) -> str:
    """A moment as `plain`, without a weekday and the word "at", and with its offset directly after the time."""
    moment = _WEEKDAY.sub("", plain(text[:MAX_MOMENT_LENGTH])).replace(" at ", " ")
    return _OFFSET.sub(lambda found: "Z" if found[1] in ("UTC", "GMT") else found[1], moment)


def read_moment(written: str, order: str = "") -> datetime | None:
    """The moment in a cell: aware if it has an offset, else local; None if it is not understood.

    `order` says whether the month or the day comes first in 03/06/2026. A point between the numbers means day first.
    """
    text = _plain_moment(written)
    if match := _YEAR_FIRST.fullmatch(text):
        return _moment(match, int(match["month"]), int(match["day"]))
    if match := _NUMBERS.fullmatch(text):
        a, b = int(match["a"]), int(match["b"])
        day_first = match["mark"] == POINT or order == DAY_FIRST
        return _moment(match, b, a) if day_first else _moment(match, a, b)
    for pattern in (_MONTH_NAME, _DAY_AND_NAME):
        if match := pattern.fullmatch(text):
            month = _month(match["name"])
            return _moment(match, month, int(match["day"])) if month else None
    return _iso(text)


def _month(name: str) -> int:
    low = name.lower()
    if low == "sept":
        return 9
    names = _MONTHS if len(low) == 3 else _FULL_MONTHS
    return names.index(low) + 1 if low in names else 0


def _moment(match: re.Match[str], month: int, day: int) -> datetime | None:
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
    try:
        return datetime(int(match["year"]), month, day, hour, int(match["minute"]), int(match["second"] or 0))  # noqa: DTZ001
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    """An ISO moment with an offset."""
    if not text.isascii() or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def split_cell(cell: str) -> tuple[str, str]:
    """The number of a cell and its unit; the cell itself and no unit if it is not a number (HI, >600)."""
    match = _CELL.fullmatch(plain(cell))
    return (match["number"], match["unit"] or "") if match else (plain(cell), "")


def read_number(text: str, sign: str) -> str:
    """A number with a point as its decimal sign, if it is written with `sign`; else the text as it is."""
    if not _SIGNS[sign].fullmatch(text):
        return text
    return text.replace(",", "") if sign == POINT else text.replace(".", "").replace(",", ".")


def possible_readings(moments: Iterable[str], numbers: Iterable[str]) -> Possible:
    """The date orders and decimal signs in which all rows can be read.

    Empty if no row depends on it: then there is only one way. Both if every row can be read in both ways and they
    differ. "mixed" if the rows contradict each other.
    """
    orders, likely, example = _date_orders(moments)
    signs, number_example = _decimal_signs(numbers)
    return Possible(orders, signs, likely, example, number_example)


def _date_orders(moments: Iterable[str]) -> tuple[tuple[str, ...], str, str]:
    possible, example = [MONTH_FIRST, DAY_FIRST], ""
    half_days = True
    for written in moments:
        match = _NUMBERS.fullmatch(_plain_moment(written))
        if match is None or match["mark"] == "." or match["a"] == match["b"]:
            continue
        half_days = half_days and match["half"] is not None
        a, b = int(match["a"]), int(match["b"])
        example = example or f"{match['a']}{match['mark']}{match['b']}{match['mark']}{match['year']}"
        possible = [order for order in possible if (a if order == MONTH_FIRST else b) <= 12]
    if not example:
        return (), "", ""
    return tuple(possible) or ("mixed",), MONTH_FIRST if half_days else "", example


def _decimal_signs(numbers: Iterable[str]) -> tuple[tuple[str, ...], str]:
    possible, example = [POINT, COMMA], ""
    for cell in numbers:
        number, _ = split_cell(cell)
        if not any(sign in number for sign in ".,"):
            continue
        fitting = [sign for sign in (POINT, COMMA) if _SIGNS[sign].fullmatch(number)]
        if not fitting:
            continue
        if len(fitting) == 2:
            example = example or number
        possible = [sign for sign in possible if sign in fitting] or ["mixed"]
    if len(possible) == 2 and not example:
        return (), ""
    return tuple(possible), example if len(possible) == 2 else ""


def units_in_heading(heading: str, choices: Iterable[str]) -> str:
    """The unit that a heading names, like lb in "Weight (lb)"; empty if there is none."""
    words = set(re.findall(r"[A-Za-z%°/]+", heading.lower()))
    alias = {"lbs": "lb", "pounds": "lb", "kilograms": "kg", "°c": "Cel", "°f": "[degF]", "bpm": "/min"}
    found = [unit for unit in choices if unit and unit.lower() in words]
    found += [unit for word, unit in alias.items() if word in words]
    return found[0] if found else ""


def unit_of_values(metric: str, values: Iterable[float]) -> str:
    """The unit that all values of a file can only have; empty if two are possible, so that a person is asked.

    Glucose: nobody has only values below 30 mg/dL, or any above 33 mmol/L. Temperature: Celsius and Fahrenheit do not
    overlap in people. Weights in kilograms and pounds overlap.
    """
    rows = list(values)
    if not rows:
        return ""
    low, high = min(rows), max(rows)
    if metric == "glucose":
        return "mmol/L" if high < 30 else "mg/dL" if low > 33 else ""
    if metric == "temperature":
        return "Cel" if high <= 45 else "[degF]" if low >= 77 else ""
    return ""


def to_utc(locals_: Sequence[datetime | None], zones: Sequence[ZoneInfo]) -> list[datetime | None]:
    """The UTC moments of a file's rows in their order; None for a local time that never existed, or no moment.

    An hour that occurs twice (clocks go back): where the rows in order of time step back inside it, the second one
    begins; without such a step it is the first. A file may have its newest row first.
    """
    known = [at for at, moment in enumerate(locals_) if moment is not None and moment.tzinfo is None]
    if known and locals_[known[0]] > locals_[known[-1]]:  # type: ignore[operator]
        known.reverse()
    result: list[datetime | None] = [m.astimezone(UTC) if m is not None and m.tzinfo else None for m in locals_]
    previous, fold = None, 0
    for at in known:
        local = locals_[at]
        if local is None:
            continue
        zone = zones[at]
        early, late = (local.replace(tzinfo=zone, fold=n).astimezone(UTC) for n in (0, 1))
        repeated = early < late
        if not repeated:
            fold = 0
        elif previous is not None and local < previous:
            fold = 1
        previous = local if repeated else None
        moment = late if repeated and fold else early
        exists = moment.astimezone(zone).replace(tzinfo=None, fold=0) == local
        result[at] = moment if exists else None
    return result
