"""Tables that come in and go out as CSV: the right encoding and header in, no formula out."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook  # type: ignore[import-untyped]

from rpm_portal.core.refusals import Refused

FORMULA = re.compile(r"^[=+\-@\t\r]")


def open_csv(body: bytes, *, columns: list[str], largest: int, since: int = 0) -> str:
    """The text of a file. Raises Refused for one too large, in another encoding, or without the header.

    The last `since` columns came later: a file of an earlier template lacks them.
    """
    if len(body) > largest:
        raise Refused(f"This file is larger than {largest // (1024 * 1024)} MB. Split it.")
    if b"\x00" in body:
        raise Refused("This is no CSV file. Save the sheet as CSV UTF-8 and upload that.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("This file is not UTF-8. Save the sheet as CSV UTF-8 and upload that.") from None
    header = [name.strip() for name in next(csv.reader(io.StringIO(text)), [])]
    if header not in [columns[: len(columns) - lacking] for lacking in range(since + 1)]:
        missing = [name for name in columns[: len(columns) - since] if name not in header]
        extra = [name for name in header if name not in columns]
        said = "order"
        if missing:
            said = f"missing: {', '.join(missing[:6])}"
        elif extra:
            said = f"not known: {', '.join(extra[:3])}"
        raise Refused(f"The first line is not the template's ({said}). Download the template and fill it in.")
    return text


def neutral(cell: Any) -> str:
    """A cell no spreadsheet runs: what begins like a formula is led by an apostrophe."""
    text = str(cell)
    return f"'{text}" if FORMULA.match(text) else text


class _Echo:
    """What csv writes into: it hands each line on."""

    def write(self, line: str) -> str:
        """The line itself."""
        return line


def csv_lines(header: list[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A table as CSV, line by line, every cell neutral."""
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([neutral(cell) for cell in row])


def csv_text(header: list[str], rows: Iterable[Iterable[Any]]) -> str:
    """The same in one piece."""
    return "".join(csv_lines(header, rows))


def attachment(body: bytes, name: str, content_type: str) -> HttpResponse:
    """A file the browser keeps and never shows as a page of ours."""
    answer = HttpResponse(body, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def csv_file(text: str, name: str) -> HttpResponse:
    """CSV that a spreadsheet opens with the right letters."""
    return attachment(text.encode("utf-8-sig"), name, "text/csv; charset=utf-8")


def xlsx_file(header: list[str], rows: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    """A workbook of one sheet, every text neutral; numbers stay numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("lines")
    sheet.append(header)
    for row in rows:
        sheet.append([cell if isinstance(cell, int) else neutral(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return attachment(out.getvalue(), name, kind)
