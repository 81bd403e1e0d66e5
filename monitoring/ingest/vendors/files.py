"""Parser for CSV exports: those of a vendor with a `FILE_FORMAT`, or any table with a mapping.

The stored body is JSON: the text of the file as received, the device, the time zone of its clock, and the mapping of
columns. Times in such files are local times of the wearer without an offset.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitoring.ingest.registry import file_formats
from monitoring.ingest.strict import BadBody
from monitoring.ingest.units import UNITS, UnknownUnit, number
from monitoring.ingest.values import PART_NAMES, Entry, Measurement, RefusedEntry, checked, value_of
from monitoring.ingest.vendor import KeyPlace, Units, Vendor
from rpm_portal.core.days import is_zone

MAX_FILE_ROWS = 50_000
FORMATS = (
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%m-%d-%Y %I:%M %p",
    "%m-%d-%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%b %d %Y %I:%M %p",
    "%b %d %Y %H:%M",
    "%d %b %Y %H:%M",
    "%b %d, %Y %I:%M %p",
    "%Y/%m/%d %H:%M",
)
# Cells of a column of marks that mean "no".
_NOT_MARKED = {"", "-", "0", "no", "n", "none", "off", "false"}
UNIT_CHOICES = ["", "kg", "lb", "mg/dL", "mmol/L", "mmHg", "Cel", "[degF]", "%", "/min", "L/min"]


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of a file by their meaning. `time` may be empty if `moment` contains date and time."""

    metric: str
    moment: str
    first: str
    time: str = ""
    second: str = ""
    pulse: str = ""
    unit: str = ""
    # Only rows with one of these values in this column are readings: an export mixes them with notes and meals.
    only_column: str = ""
    only_values: tuple[str, ...] = ()
    # Further columns for the value: a row has its value in `first` or in one of these.
    more: tuple[str, ...] = ()
    # The range of the sensor whose values are in `first` and `more`, for the words HI and LO.
    meter: tuple[str, ...] = ()
    # Columns of `more` with values measured by a test strip, in the strip's own range.
    strips: tuple[str, ...] = ()
    # The column with the time zone of the row's local time, and the column that marks an irregular heartbeat.
    zone: str = ""
    irregular: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The mapping as it is stored with the file."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a file's columns, searched without regard to case; an empty text if there is none."""

    names: list[str]

    def find(self, *parts: str) -> str:
        """The first name that contains all the parts."""
        return next((name for name in self.names if all(part in name.lower() for part in parts)), "")

    def start(self, text: str) -> str:
        """The first name that starts with the text."""
        return next((name for name in self.names if name.lower().startswith(text)), "")

    def exact(self, text: str) -> str:
        """The name that is the text."""
        return next((name for name in self.names if name.lower() == text), "")


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A vendor's export: its name on the screen, and the function that finds its columns (None if it is another's)."""

    label: str
    mapping_of: Callable[[Columns], Mapping | None]


@dataclass(frozen=True, slots=True)
class Table:
    """The header and the rows below it; lines above the header are left out."""

    columns: list[str]
    rows: list[dict[str, str]]


def table_of(text: str) -> Table:
    """Read a CSV. The header is the first line with at least two filled cells of which none is a number.

    Raises BadBody if there is none, or if the file has more than `MAX_FILE_ROWS` rows.
    """
    sample = text[:4096]
    try:
        dialect: Any = csv.Sniffer().sniff(sample, delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), dialect))
    except csv.Error:
        raise BadBody("This file cannot be read as CSV: a quote may be missing. Save the sheet again.") from None
    candidates = [
        at for at, line in enumerate(lines[:20]) if _names_columns(line, lines[at + 1] if at + 1 < len(lines) else [])
    ]
    if not candidates:
        raise BadBody("No header was found: the first line must name the columns.")
    # Some exports have a line about the file above the header; prefer a header that is recognized.
    at = next((at for at in candidates if recognize([cell.strip() for cell in lines[at]])[1]), candidates[0])
    columns = [cell.strip() for cell in lines[at]]
    body = [row for row in lines[at + 1 :] if any(cell.strip() for cell in row)]
    if len(body) > MAX_FILE_ROWS:
        raise BadBody(f"A file has at most {MAX_FILE_ROWS} rows; bring it in in parts.")
    return Table(columns, [dict(zip(columns, (cell.strip() for cell in row), strict=False)) for row in body])


def _names_columns(line: list[str], below: list[str]) -> bool:
    filled = [cell.strip() for cell in line if cell.strip()]
    return len(filled) >= 2 and not any(_numeric(cell) for cell in filled) and len(below) >= len(line) - 1


def recognize(columns: list[str]) -> tuple[str, Mapping | None]:
    """The vendor of an export and its mapping; the name is empty for a table of blood pressures of no known vendor."""
    found = Columns(columns)
    for file_format in file_formats():
        mapping = file_format.mapping_of(found)
        if mapping is not None:
            return file_format.label, mapping
    return "", pressure_mapping(found)


def pressure_mapping(columns: Columns) -> Mapping | None:
    """The mapping of any table with a systolic and a diastolic column and a date; None for another table."""
    systolic, diastolic = (
        columns.find("systolic") or columns.start("sys"),
        columns.find("diastolic") or columns.start("dia"),
    )
    if not (systolic and diastolic and columns.find("date")):
        return None
    both = columns.find("date", "time")
    time = "" if both else columns.exact("time") or columns.start("time (")
    pulse = columns.find("pulse") or columns.find("heart rate")
    unit = "kPa" if "kpa" in systolic.lower() else "mmHg"
    return Mapping(
        "blood_pressure",
        both or columns.find("date"),
        systolic,
        time,
        diastolic,
        pulse,
        unit,
        zone=columns.exact("time zone"),
        irregular=columns.find("irregular heartbeat"),
    )


def mapping_of(stored: dict[str, Any]) -> Mapping:
    """The mapping as it is stored with a file. Raises TypeError if it is not one."""
    lists = {key: tuple(stored.get(key, ())) for key in ("only_values", "more", "meter", "strips")}
    return Mapping(**{**stored, **lists})


def parse(body: Any, units: Units) -> list[Entry]:
    """Each row of a file that is stored with its mapping, as a measurement or a refusal. Raises BadBody."""
    try:
        mapping = mapping_of(body["mapping"])
        serial, zone, text = body["device"], ZoneInfo(body["zone"]), body["text"]
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError):
        raise BadBody("A stored file names its device, zone, mapping and text.") from None
    return list(entries(table_of(text), mapping, serial=serial, zone=zone))


def entries(table: Table, mapping: Mapping, *, serial: str, zone: ZoneInfo) -> Iterator[Entry]:
    """The readings of a table. An ambiguous local time is the first of the two; one that never existed is refused."""
    missing = [name for name in (mapping.moment, mapping.first) if name not in table.columns]
    if missing or mapping.metric not in UNITS:
        raise BadBody("Choose the column of the moment, the column of the value, and what was measured.")
    for row in table.rows:
        column = _value_column(row, mapping)
        if column:
            yield _entry(row, column, mapping, serial, zone)


def left_out(table: Table, mapping: Mapping) -> int:
    """How many rows contain no reading: notes, meals, insulin, and rows without a value."""
    return sum(not _value_column(row, mapping) for row in table.rows)


def _value_column(row: dict[str, str], mapping: Mapping) -> str:
    """The column that contains the row's value; empty if the row is not a reading."""
    if mapping.only_column and row.get(mapping.only_column, "") not in mapping.only_values:
        return ""
    return next((column for column in (mapping.first, *mapping.more) if row.get(column)), "")


def _entry(row: dict[str, str], column: str, mapping: Mapping, serial: str, zone: ZoneInfo) -> Entry:
    raw = row[column]
    written = f"{row.get(mapping.moment, '')} {row.get(mapping.time, '') if mapping.time else ''}".strip()
    payload = {"moment": written, "value": raw, "second": row.get(mapping.second, "") if mapping.second else ""}
    local = _moment(written)
    if local is None:
        return RefusedEntry(payload, "unreadable", "The moment is not understood.", serial)
    if mapping.zone and (named := row.get(mapping.zone, "")):
        payload["zone"] = named
        if not is_zone(named):
            return RefusedEntry(payload, "unreadable", f"{named[:40]!r} is no time zone that is known.", serial)
        zone = ZoneInfo(named)
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        return RefusedEntry(
            payload, "unreadable", f"This local time never was in {zone.key}: clocks went forward.", serial
        )
    unit = mapping.unit or UNITS[mapping.metric]
    try:
        meter = None if column in mapping.strips else mapping.meter
        pairs = [_value(mapping.metric, raw, unit, meter)]
        if len(PART_NAMES[mapping.metric]) > 1:
            second = row.get(mapping.second, "") if mapping.second else ""
            pairs.append(_value(mapping.metric, second, unit) if second else (number(0), ""))
        if mapping.metric == "blood_pressure":
            pulse = row.get(mapping.pulse, "") if mapping.pulse else ""
            pairs.append(value_of("heart_rate", pulse or 0, ""))
    except UnknownUnit as error:
        return RefusedEntry(payload, "unknown_unit", str(error), serial)
    except ValueError:
        return RefusedEntry(payload, "unreadable", "The value is no number.", serial)
    values, bounds = zip(*pairs, strict=True)
    irregular = bool(mapping.irregular) and row.get(mapping.irregular, "").lower() not in _NOT_MARKED
    measured = Measurement(
        serial, mapping.metric, moment, values, "file", time_source="wall", bounds=bounds, irregular=irregular
    )
    return checked(measured, payload)


def _value(metric: str, raw: str, unit: str, meter: tuple[str, ...] | None = None) -> tuple[Decimal, str]:
    plain = raw.replace(",", ".") if raw.count(",") == 1 and "." not in raw else raw
    return value_of(metric, plain, unit, meter=(meter[0], meter[1]) if meter else None)


def _moment(written: str) -> datetime | None:
    # strptime also takes digits of other scripts.
    if any(sign.isdigit() and not sign.isascii() for sign in written):
        return None
    for form in FORMATS:
        try:
            return datetime.strptime(written, form)  # noqa: DTZ007 - local by nature; the zone is the patient's
        except ValueError:
            continue
    return None


def _numeric(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


VENDOR = Vendor(shape="file", label="a file brought in", parse=parse, key_place=KeyPlace.NONE)
