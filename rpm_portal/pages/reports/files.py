"""A report as a CSV or Excel file: amounts are numbers, days are dates, and no text is a formula."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from rpm_portal.core.tables import csv_text, xlsx_body
from rpm_portal.pages.reports.subject import ColumnKind, ReportColumn
from rpm_portal.pages.reports.table import Cell, ReportTable

SHAPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_FORMATS = {
    ColumnKind.MONEY: "#,##0.00",
    ColumnKind.SECONDS: "#,##0.00",
    ColumnKind.COUNT: "0",
    ColumnKind.DAY: "yyyy-mm-dd",
    ColumnKind.MONTH: "yyyy-mm",
}
_CENT = Decimal("0.01")


def file_of(table: ReportTable, shape: str, about: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of a file. `about` are the lines of the sheet that says what the report is; a CSV has none."""
    labels = [column.label for column in table.header]
    rows = _rows(table)
    if shape == "csv":
        return csv_text(labels, (_with_month_texts(table.header, row) for row in rows)).encode("utf-8-sig")
    formats = [_FORMATS.get(column.kind, "") for column in table.header]
    return xlsx_body(labels, rows, formats=formats, name="report", about=about)


def _rows(table: ReportTable) -> Iterator[list[Cell]]:
    """The rows of the table and their sums."""
    for row in table.rows():
        yield [_value(column, cell) for column, cell in zip(table.header, row, strict=True)]
    if table.definition.groups:
        total = [_value(column, cell) for column, cell in zip(table.header, table.totals(), strict=True)]
        yield ["Total", *total[1:]]


def _value(column: ReportColumn, cell: Cell) -> Cell:
    """A cell as a file holds it: seconds become minutes."""
    if column.kind == ColumnKind.SECONDS and isinstance(cell, int | Decimal):
        return (Decimal(cell) / 60).quantize(_CENT)
    return cell


def _with_month_texts(header: list[ReportColumn], row: list[Cell]) -> list[Cell]:
    return [
        f"{cell:%Y-%m}" if column.kind == ColumnKind.MONTH and cell and not isinstance(cell, str) else cell
        for column, cell in zip(header, row, strict=True)
    ]
