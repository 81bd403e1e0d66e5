"""Reader of a panel file: checks encoding, header and cells, and reports problems by line, column and reason."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from enrollment.models.orders import icd10_shape
from rpm_portal.core.days import is_zone
from rpm_portal.core.identifiers import is_mbi, plain_serial
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import FORMULA, csv_text, open_csv

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_LINES = 20_000
COLUMNS = [
    "record_number",
    "family_name",
    "given_name",
    "born_on",
    "sex",
    "phone",
    "language",
    "zone",
    "last_visit",
    "visit_document",
    "payer",
    "plan",
    "member_id",
    "coverage_from",
    "coverage_to",
    "program",
    "rtm_system",
    "diagnosis",
    "diagnosis_kind",
    "condition",
    "billing_npi",
    "supervising_npi",
    "order_measures",
    "order_frequency",
    "order_device",
    "order_from",
    "order_to",
    "order_necessity",
    "order_goals",
    "device_model",
    "device_serial",
    "street",
    "city",
    "state",
    "postal_code",
    "clinic",
]
ADDED_COLUMNS = 1  # columns at the end that the first template did not have; its files are accepted too
REQUIRED_COLUMNS = [
    "record_number",
    "family_name",
    "given_name",
    "born_on",
    "sex",
    "payer",
    "member_id",
    "coverage_from",
    "program",
    "diagnosis",
    "billing_npi",
]
MAX_LENGTHS = {
    "record_number": 30,
    "family_name": 80,
    "given_name": 80,
    "phone": 20,
    "zone": 64,
    "visit_document": 120,
    "plan": 80,
    "member_id": 30,
    "diagnosis": 8,
    "condition": 80,
    "order_measures": 120,
    "order_frequency": 80,
    "order_device": 80,
    "order_necessity": 1000,
    "order_goals": 2000,
    "device_serial": 40,
    "device_model": 80,
    "payer": 120,
    "street": 55,
    "city": 30,
    "state": 2,
    "postal_code": 10,
    "clinic": 80,
}
CHOICES = {
    "sex": {"F", "M", "U"},
    "language": {"en", "es"},
    "program": {"RPM", "RTM", "CCM"},
    "rtm_system": {"", "respiratory", "musculoskeletal", "cognitive_behavioral"},
    "diagnosis_kind": {"", "chronic", "acute"},
}
DAYS = ["born_on", "last_visit", "coverage_from", "coverage_to", "order_from", "order_to"]
_PHONE = re.compile(r"^\+?[0-9 ().-]+\Z")


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A problem: line of the file, column and reason."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class PanelRow:
    """A line of the file: its cells as text, and its days as dates."""

    line: int
    cells: dict[str, str]
    days: dict[str, date | None]

    def __getitem__(self, name: str) -> str:
        return self.cells[name]

    @property
    def serial(self) -> str:
        """The device's number in the stored format."""
        return plain_serial(self.cells["device_serial"])

    def day(self, name: str) -> date:
        """A required day. Raises LookupError if it is missing."""
        value = self.days[name]
        if value is None:
            raise LookupError(f"line {self.line}: {name}")
        return value


def open_file(body: bytes) -> str:
    """The text of a panel file. Raises Refused if it is too large, not UTF-8, or has another header."""
    return open_csv(body, columns=COLUMNS, largest=MAX_FILE_BYTES, since=ADDED_COLUMNS)


def read_rows(text: str) -> tuple[list[PanelRow], list[FileProblem]]:
    """The valid rows and the problems, each line checked on its own. Raises Refused for too many lines."""
    rows, problems = [], []
    reader = csv.reader(io.StringIO(text))
    width = len(next(reader))
    try:
        for cells in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != width:
                problems.append(FileProblem(line, "", f"{len(cells)} cells, but {width} are needed"))
                continue
            cells += [""] * (len(COLUMNS) - width)
            row = PanelRow(line, {name: cell.strip() for name, cell in zip(COLUMNS, cells, strict=True)}, {})
            row_problems = list(_problems_of(row))
            problems += row_problems
            if not row_problems:
                rows.append(row)
            if len(rows) + len(problems) > MAX_LINES:
                raise Refused(f"This file has more than {MAX_LINES} lines. Split it.")
    except csv.Error as error:
        raise Refused(f"Line {reader.line_num} cannot be read as CSV ({error}).") from None
    return rows, problems


def _problems_of(row: PanelRow) -> Iterator[FileProblem]:
    """The problems of a line on its own; normalizes its cells."""
    row.cells["language"] = row["language"] or "en"
    for name in COLUMNS:
        value = row[name]
        if name in REQUIRED_COLUMNS and not value:
            yield FileProblem(row.line, name, "this is needed")
        elif name in MAX_LENGTHS and len(value) > MAX_LENGTHS[name]:
            yield FileProblem(row.line, name, f"longer than {MAX_LENGTHS[name]} characters")
        elif name == "phone" and value and not _PHONE.match(value):
            yield FileProblem(row.line, name, "not a phone number")
        elif name != "phone" and FORMULA.match(value):
            yield FileProblem(row.line, name, f"begins with {value[0]!r}, which a spreadsheet runs as a formula")
        elif name in CHOICES and value not in CHOICES[name]:
            yield FileProblem(row.line, name, f"one of {', '.join(sorted(c for c in CHOICES[name] if c))}")
    yield from _parse_days(row)
    row.cells["diagnosis"] = row["diagnosis"].upper()
    if row["diagnosis"] and not icd10_shape.regex.match(row["diagnosis"]):  # type: ignore[union-attr]
        yield FileProblem(row.line, "diagnosis", "not an ICD-10-CM code like I10 or E11.65")
    row.cells["state"] = row["state"].upper()
    if row["state"] and not re.fullmatch(r"[A-Z]{2}", row["state"]):
        yield FileProblem(row.line, "state", "two letters like IL")
    if row["postal_code"] and not re.fullmatch(r"\d{5}(-?\d{4})?", row["postal_code"]):
        yield FileProblem(row.line, "postal_code", "a ZIP is 60601 or 60601-1234")
    if row["zone"] and not is_zone(row["zone"]):
        yield FileProblem(row.line, "zone", "not a zone like America/Chicago")
    if row["program"] == "RTM" and not row["rtm_system"]:
        yield FileProblem(row.line, "rtm_system", "RTM names the body system")
    if bool(row["order_measures"]) != bool(row["order_frequency"]):
        yield FileProblem(row.line, "order_frequency", "an order names what is measured and how often")
    if bool(row["device_serial"]) != bool(row["device_model"]):
        yield FileProblem(row.line, "device_model", "a device names its model and its number")
    row.cells["member_id"] = re.sub(r"[\s-]", "", row["member_id"]).upper()


def _parse_days(row: PanelRow) -> Iterator[FileProblem]:
    for name in DAYS:
        try:
            row.days[name] = date.fromisoformat(row[name]) if row[name] else None
        except ValueError:
            yield FileProblem(row.line, name, "a day is written 1950-03-02")
            row.days[name] = None
    for first, last in (("coverage_from", "coverage_to"), ("order_from", "order_to")):
        starts_on, ends_on = row.days[first], row.days[last]
        if starts_on is not None and ends_on is not None and ends_on < starts_on:
            yield FileProblem(row.line, last, "ends before it begins")


def medicare_id(row: PanelRow) -> FileProblem | None:
    """The problem of a member id that is not a Medicare id, or None."""
    if is_mbi(row["member_id"]):
        return None
    return FileProblem(row.line, "member_id", "not a Medicare id of 11 characters; check the card")


def rejected_csv(text: str, problems: list[list[Any]]) -> str:
    """The refused lines as CSV: line number, problems, then the original cells."""
    by_line: dict[int, list[str]] = {}
    for line, column, reason in problems:
        by_line.setdefault(line, []).append(f"{column}: {reason}" if column else reason)
    reader = csv.reader(io.StringIO(text))
    next(reader, None)
    rows = [
        [reader.line_num, "; ".join(by_line[reader.line_num]), *cells] for cells in reader if reader.line_num in by_line
    ]
    return csv_text(["line", "what_is_wrong", *COLUMNS], rows)
