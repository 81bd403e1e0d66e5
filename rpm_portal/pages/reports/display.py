"""The cells of a report as the page shows them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from rpm_portal.core.days import clock, day_words
from rpm_portal.pages.reports.subject import ColumnKind, ReportColumn
from rpm_portal.pages.reports.table import Cell


class ShownCell(NamedTuple):
    """A cell's text, and whether it is aligned as a number."""

    text: str
    is_number: bool


def shown_row(header: Iterable[ReportColumn], row: Iterable[Cell]) -> list[ShownCell]:
    """The cells of one row."""
    return [
        ShownCell("" if cell is None else _text(column.kind, cell), column.is_number)
        for column, cell in zip(header, row, strict=True)
    ]


def _text(kind: ColumnKind, cell: Cell) -> str:
    if kind == ColumnKind.MONEY and isinstance(cell, int | Decimal):
        return f"{'-' if cell < 0 else ''}${abs(cell):,.2f}"
    if kind == ColumnKind.SECONDS and isinstance(cell, int | Decimal):
        return clock(int(cell))
    if kind == ColumnKind.COUNT and isinstance(cell, int | Decimal):
        return f"{cell:,}"
    if isinstance(cell, date):
        return f"{cell:%B %Y}" if kind == ColumnKind.MONTH else day_words(cell)
    return str(cell)
