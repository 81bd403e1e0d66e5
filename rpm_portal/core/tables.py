"""CSV and Excel files: uploads are checked for encoding and header, downloads contain no formulas."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from django.http import HttpResponse
from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]

from rpm_portal.core.plain_text import without_invisible
from rpm_portal.core.refusals import Refused

# Spreadsheets read full-width signs as the plain ones.

FORMULA = re.compile("^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def open_csv(body: bytes, *, columns: list[str], largest: int, since: int = 0) -> str:
    """The text of an uploaded file. Raises Refused if it has over `largest` bytes, a wrong header, or is not UTF-8.

    The last `since` columns were added later; files of an earlier template do not have them.
    """
    if len(body) > largest:
        raise Refused(f"This file is larger than {largest // (1024 * 1024)} MB. Split it.")
    if b"\x00" in body:
        raise Refused("This is no CSV file. Save the sheet as CSV UTF-8 and upload that.")
    try:
        text = without_invisible(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused("This file is not UTF-8. Save the sheet as CSV UTF-8 and upload that.") from None
    check_csv(text)
    header = [name.strip() for name in next(csv.reader(io.StringIO(text)), [])]
    if header not in [columns[: len(columns) - omitted] for omitted in range(since + 1)]:
        missing = [name for name in columns[: len(columns) - since] if name not in header]
        extra = [name for name in header if name not in columns]
        difference = "order"
        if missing:
            difference = f"missing: {', '.join(missing[:6])}"
        elif extra:
            difference = f"not known: {', '.join(extra[:3])}"
        raise Refused(f"The first line is not the template's ({difference}). Download the template and fill it in.")
    return text


def check_csv(text: str) -> None:
    """Raise Refused with the line if a text cannot be read as CSV, as with a cell over 128 kB or an open quote."""
    reader = csv.reader(io.StringIO(text))
    try:
        for _ in reader:
            pass
    except csv.Error:
        raise Refused(
            f"Line {reader.line_num} of this file cannot be read as CSV. A quote may be missing; save the sheet again."
        ) from None


def neutral(cell: object) -> str:
    """A cell that no spreadsheet executes: text that begins like a formula gets an apostrophe in front."""
    text = str(cell)
    return f"'{text}" if FORMULA.match(text) else text


def safe_cell(cell: object) -> object:
    """A cell of a file: numbers, days and empty cells as they are, every other text neutral."""
    return cell if cell is None or isinstance(cell, int | Decimal | date) else neutral(cell)


class _LineWriter:
    """A file-like object for csv.writer that returns each line."""

    def write(self, line: str) -> str:
        """The line itself."""
        return line


def csv_lines(header: list[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A table as lines of CSV; every text is made neutral, numbers and days stay what they are."""
    writer = csv.writer(_LineWriter())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])


def csv_text(header: list[str], rows: Iterable[Iterable[object]]) -> str:
    """A table as CSV text; every cell is made neutral."""
    return "".join(csv_lines(header, rows))


def attachment(body: bytes, name: str, content_type: str) -> HttpResponse:
    """A file that the browser downloads and never shows as a page."""
    response = HttpResponse(body, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def csv_file(text: str, name: str) -> HttpResponse:
    """A CSV download with a byte order mark, so that spreadsheets read it as UTF-8."""
    return attachment(text.encode("utf-8-sig"), name, "text/csv; charset=utf-8")


def xlsx_body(
    header: list[str],
    rows: Iterable[Iterable[object]],
    *,
    name: str = "lines",
    formats: list[str] | None = None,
    about: Iterable[tuple[str, str]] = (),
) -> bytes:
    """The bytes of an Excel file; every text is made neutral, numbers and days stay what they are.

    `formats` has the number format of each column, `about` the lines of a second sheet.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    sheet.append(header)
    for row in rows:
        cells = [safe_cell(cell) for cell in row]
        sheet.append(cells if formats is None else list(map(partial(_formatted, sheet), cells, formats)))
    lines = list(about)
    if lines:
        second = book.create_sheet("about")
        for line in lines:
            second.append([neutral(cell) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _formatted(sheet: object, cell: object, number_format: str) -> object:
    """A cell with its number format."""
    if not number_format or cell is None or isinstance(cell, str):
        return cell
    formatted = WriteOnlyCell(sheet, value=cell)
    formatted.number_format = number_format
    return formatted


def xlsx_file(header: list[str], rows: Iterable[Iterable[object]], name: str) -> HttpResponse:
    """An Excel download with one sheet; every text is made neutral, numbers and days stay what they are."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return attachment(xlsx_body(header, rows), name, kind)
