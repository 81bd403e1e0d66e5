"""Parser for CSV exports: those of a vendor with a `FILE_FORMAT`, or any table with a mapping.

The stored body is JSON: the text of the file as received, the device, the time zone of its clock, and the mapping of
columns. Times in such files are local times of the wearer without an offset.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitoring.ingest.file_headings import Columns, pressure_mapping, propose_mapping
from monitoring.ingest.file_mapping import Mapping, mapping_of
from monitoring.ingest.file_values import (
    COMMA,
    MOMENT_MESSAGE,
    NO_VALUE,
    POINT,
    Possible,
    possible_readings,
    read_moment,
    read_number,
    split_cell,
    to_utc,
)
from monitoring.ingest.registry import file_formats
from monitoring.ingest.strict import BadBody
from monitoring.ingest.units import UNITS, UnknownUnit, number
from monitoring.ingest.values import PART_NAMES, Entry, Measurement, RefusedEntry, checked, value_of
from monitoring.ingest.vendor import KeyPlace, Units, Vendor
from rpm_portal.core.days import is_zone

MAX_FILE_ROWS = 50_000
MIXED_DATES = (
    "The dates of this file contradict each other: in one row only the day can come first, in another only the month. "
    "Export it again with one form of dates."
)
_EXCEL_SEPARATOR = re.compile(r"sep=([,;|\t])\r?\n")
# Cells of a column of marks that mean "no".
_NOT_MARKED = {"", "-", "0", "no", "n", "none", "off", "false"}
UNIT_CHOICES = ["", "kg", "lb", "mg/dL", "mmol/L", "mmHg", "Cel", "[degF]", "%", "/min", "L/min"]


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
    dialect, text = _dialect_of(text.lstrip("\ufeff"))
    try:
        lines = list(csv.reader(io.StringIO(text), dialect))
    except csv.Error as error:
        raise BadBody(f"The file cannot be read as CSV: {error}.") from None
    candidates = [
        at for at, line in enumerate(lines[:20]) if _names_columns(line, lines[at + 1] if at + 1 < len(lines) else [])
    ]
    if not candidates:
        raise BadBody("No header was found: the first line must name the columns.")
    # Some exports have a line about the file above the header; prefer a header that is recognized.
    at = next((at for at in candidates if recognize([cell.strip() for cell in lines[at]])[1]), candidates[0])
    columns = _distinct([cell.strip() for cell in lines[at]])
    body = [row for row in lines[at + 1 :] if any(cell.strip() for cell in row)]
    if len(body) > MAX_FILE_ROWS:
        raise BadBody(f"A file has at most {MAX_FILE_ROWS} rows; bring it in in parts.")
    return Table(columns, [dict(zip(columns, (cell.strip() for cell in row), strict=False)) for row in body])


def _distinct(columns: list[str]) -> list[str]:
    """The headings; one that occurred before is numbered, so that no column hides another."""
    counts: Counter[str] = Counter()
    names = []
    for name in columns:
        counts[name] += 1
        names.append(f"{name} ({counts[name]})" if name and counts[name] > 1 else name)
    return names


def _dialect_of(text: str) -> tuple[Any, str]:
    """How the cells are separated, and the text without the line in which Excel names the separator."""
    if found := _EXCEL_SEPARATOR.match(text):
        text = text[found.end() :]
    try:
        return csv.Sniffer().sniff(text[:4096], delimiters=found[1] if found else ",;\t|"), text
    except csv.Error:
        return csv.excel, text


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


def proposed_mapping(table: Table) -> tuple[str, Mapping | None]:
    """The vendor of an export and its mapping, or no name and what is proposed from the headings and cells."""
    name, known = recognize(table.columns)
    return (name, known) if name else ("", propose_mapping(table.columns, table.rows) or known)


def parse(body: Any, units: Units) -> list[Entry]:
    """Each row of a file that is stored with its mapping, as a measurement or a refusal. Raises BadBody."""
    try:
        mapping = mapping_of(body["mapping"])
        serial, zone, text = body["device"], ZoneInfo(body["zone"]), body["text"]
        user = str(body.get("user", ""))
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError):
        raise BadBody("A stored file names its device, zone, mapping and text.") from None
    rows = entries(table_of(text), mapping, serial=serial, zone=zone)
    return [replace(row, user=user) if isinstance(row, Measurement) else row for row in rows]


def entries(table: Table, mapping: Mapping, *, serial: str, zone: ZoneInfo) -> Iterator[Entry]:
    """The readings of a table. A local time that never existed is refused; see `to_utc` for one that occurs twice.

    Raises BadBody if the columns are not chosen, or if the rows can be read in two ways and none is chosen.
    """
    missing = [name for name in (mapping.moment, mapping.first) if name not in table.columns]
    if missing or mapping.metric not in UNITS:
        raise BadBody("Choose the column of the moment, the column of the value, and what was measured.")
    rows = [(row, column) for row in table.rows if (column := _value_column(row, mapping))]
    mapping = _decided(table, mapping)
    zones = [_zone(row, mapping, zone) for row, _ in rows]
    locals_ = [read_moment(_written(row, mapping), mapping.date_order) for row, _ in rows]
    moments = to_utc(locals_, [found or zone for found in zones])
    for (row, column), own_zone, local, moment in zip(rows, zones, locals_, moments, strict=True):
        yield _entry(row, column, mapping, serial=serial, zone=own_zone, local=local, moment=moment)


def possible_ways(table: Table, mapping: Mapping) -> Possible:
    """How the dates and numbers of the table's readings can be read."""
    rows = [(row, column) for row in table.rows if (column := _value_column(row, mapping))]
    numbers = (row.get(name, "") for row, column in rows for name in (column, mapping.second) if name)
    return possible_readings((_written(row, mapping) for row, _ in rows), numbers)


def values_of(table: Table, mapping: Mapping) -> Iterator[float]:
    """The numbers of the first value, for the question of their unit."""
    for row in table.rows:
        if column := _value_column(row, mapping):
            number_text, unit = split_cell(row[column])
            sign = mapping.decimal_sign or (COMMA if "," in number_text and POINT not in number_text else POINT)
            try:
                yield float(read_number(number_text, sign)) if not unit else float("nan")
            except ValueError:
                continue


def _decided(table: Table, mapping: Mapping) -> Mapping:
    """The mapping with date order and decimal sign: chosen, or the only possible. Raises BadBody."""
    ways = possible_ways(table, mapping)
    if ways.date_orders == ("mixed",):
        raise BadBody(MIXED_DATES)
    chosen = mapping.date_order or ways.likely_order
    if len(ways.date_orders) > 1 and not chosen:
        raise BadBody(f"Choose whether the month or the day comes first in {ways.date_example}.")
    if len(ways.decimal_signs) > 1 and not mapping.decimal_sign:
        raise BadBody(f"Choose the decimal sign: {ways.number_example} can be read in two ways.")
    order = ways.date_orders[0] if len(ways.date_orders) == 1 else chosen
    signs = [sign for sign in ways.decimal_signs if sign != "mixed"]
    sign = signs[0] if len(signs) == 1 else mapping.decimal_sign or POINT
    return replace(mapping, date_order=order, decimal_sign=sign)


def _written(row: dict[str, str], mapping: Mapping) -> str:
    return f"{row.get(mapping.moment, '')} {row.get(mapping.time, '') if mapping.time else ''}".strip()


def _zone(row: dict[str, str], mapping: Mapping, zone: ZoneInfo) -> ZoneInfo | None:
    """The zone of a row: of its own column, or else of the file; None if the column has no zone that is known."""
    named = row.get(mapping.zone, "") if mapping.zone else ""
    return _named_zone(named) if named else zone


@lru_cache(maxsize=64)
def _named_zone(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if is_zone(name) else None


def left_out(table: Table, mapping: Mapping) -> int:
    """How many rows contain no reading: notes, meals, insulin, and rows without a value."""
    return sum(not _value_column(row, mapping) for row in table.rows)


def _value_column(row: dict[str, str], mapping: Mapping) -> str:
    """The column that contains the row's value; empty if the row is not a reading."""
    if mapping.only_column and row.get(mapping.only_column, "") not in mapping.only_values:
        return ""
    columns = (mapping.first, *mapping.more)
    return next((column for column in columns if row.get(column, "").lower() not in NO_VALUE), "")


def _entry(
    row: dict[str, str],
    column: str,
    mapping: Mapping,
    *,
    serial: str,
    zone: ZoneInfo | None,
    local: datetime | None,
    moment: datetime | None,
) -> Entry:
    payload = {"moment": _written(row, mapping), "value": (raw := row[column]), "second": row.get(mapping.second, "")}
    if zone is None:
        message = f"{row.get(mapping.zone, '')[:40]!r} is not a known time zone."
        return RefusedEntry(payload, "unreadable", message, serial)
    if local is None:
        return RefusedEntry(payload, "unreadable", MOMENT_MESSAGE, serial)
    if moment is None:
        message = f"This local time never existed in {zone.key}: clocks went forward."
        return RefusedEntry(payload, "unreadable", message, serial)
    unit = mapping.unit or UNITS[mapping.metric]
    try:
        meter = None if column in mapping.strips else mapping.meter
        pairs = [_value(mapping, mapping.metric, raw, unit, meter)]
        if len(PART_NAMES[mapping.metric]) > 1:
            second = row.get(mapping.second, "")
            has_second = second.lower() not in NO_VALUE
            pairs.append(_value(mapping, mapping.metric, second, unit) if has_second else (number(0), ""))
        if mapping.metric == "blood_pressure":
            pulse = row.get(mapping.pulse, "")
            has_pulse = pulse.lower() not in NO_VALUE
            pairs.append(_value(mapping, "heart_rate", pulse, "") if has_pulse else (number(0), ""))
    except UnknownUnit as error:
        return RefusedEntry(payload, "unknown_unit", str(error), serial)
    except ValueError:
        return RefusedEntry(payload, "unreadable", "The value is no number.", serial)
    values, bounds = zip(*pairs, strict=True)
    source = "device" if local.tzinfo is not None else "wall"
    irregular = bool(mapping.irregular) and row.get(mapping.irregular, "").lower() not in _NOT_MARKED
    measured = Measurement(
        serial, mapping.metric, moment, values, "file", time_source=source, bounds=bounds, irregular=irregular
    )
    return checked(measured, payload)


def _value(
    mapping: Mapping, metric: str, raw: str, unit: str, meter: tuple[str, ...] | None = None
) -> tuple[Decimal, str]:
    figure, own_unit = split_cell(raw)
    text = read_number(figure, mapping.decimal_sign or POINT)
    return value_of(metric, text, own_unit or unit, meter=(meter[0], meter[1]) if meter else None)


def _numeric(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


VENDOR = Vendor(shape="file", label="an imported file", parse=parse, key_place=KeyPlace.NONE)
