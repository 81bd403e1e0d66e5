"""The rows and sums of a report. Groups are added up by the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Sum
from django.db.models.expressions import Combinable

from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month
from rpm_portal.pages.reports.definition import ReportDefinition
from rpm_portal.pages.reports.subject import ColumnKind, ReportColumn, Rows

Cell = str | int | Decimal | date | None
Number = int | Decimal
Row = tuple[Cell, ...]
NONE = "none"  # what a group without a value is called


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A report of a practice for a range of months."""

    practice: Practice
    definition: ReportDefinition
    first: Month
    last: Month

    @property
    def header(self) -> list[ReportColumn]:
        """The columns; groups have the number of rows after them."""
        header, groups = self.definition.header, len(self.definition.groups)
        return [*header[:groups], ROWS, *header[groups:]] if groups else header

    def count(self) -> int:
        """How many rows the filters match. One statement, of some subjects one for each month."""
        return sum(rows.count() for rows in self._querysets())

    def rows(self) -> Iterator[Row]:
        """The rows of the table, one for each row or for each group."""
        yield from self._grouped() if self.definition.groups else self._listed()

    def totals(self) -> list[Cell]:
        """The last row of the table: the sums of its columns, empty below the others. As many statements as `count`."""
        sums = self.definition.sums
        found = self._sums(()).get((), [0, *(Decimal() for _ in sums)])
        by_name = {ROWS.name: found[0]} | {one.name: total for one, total in zip(sums, found[1:], strict=True)}
        return [by_name.get(column.name) for column in self.header]

    def _querysets(self) -> list[Rows]:
        subject, filters = self.definition.subject, self.definition.filters
        narrowing = {subject.filters[name]: value for name, value in filters.items()}
        return [rows.filter(**narrowing) for rows in subject.rows(self.practice, self.first, self.last)]

    def _listed(self) -> Iterator[Row]:
        header = self.definition.header
        for rows in self._querysets():
            named = rows.annotate(**_sources(header)).values_list(*map(_alias, header))
            for row in named.iterator(chunk_size=2000):
                yield tuple(_cell(column, value) for column, value in zip(header, row, strict=True))

    def _grouped(self) -> Iterator[Row]:
        columns = self.definition.header[: len(self.definition.groups)]
        groups = self._sums(tuple(columns))
        for key in sorted(groups, key=lambda key: tuple((value is None, value or "") for value in key)):
            names = (_cell(column, value, empty=NONE) for column, value in zip(columns, key, strict=True))
            yield (*names, *groups[key])

    def _sums(self, columns: tuple[ReportColumn, ...]) -> dict[Row, list[Number]]:
        """The number of rows and the sums by the values of some columns."""
        sums = self.definition.sums
        names = [_alias(column) for column in columns]
        totals = {f"sum_{one.name}": Sum(_alias(one), default=0) for one in sums}
        groups: dict[Row, list[Number]] = {}
        for rows in self._querysets():
            named = rows.order_by().annotate(**_sources([*columns, *sums]))
            for key, values in _grouped_rows(named, names, totals):
                before = groups.get(key, [0] * len(values))
                groups[key] = [one + other for one, other in zip(before, values, strict=True)]
        return groups


ROWS = ReportColumn("rows", "Rows", ColumnKind.COUNT, "pk")


def _alias(column: ReportColumn) -> str:
    return f"column_{column.name}"


def _sources(columns: list[ReportColumn]) -> dict[str, Combinable]:
    return {_alias(one): F(one.source) if isinstance(one.source, str) else one.source for one in columns}


def _grouped_rows(rows: Rows, names: list[str], totals: dict[str, Sum]) -> list[tuple[Row, list[Number]]]:
    numbers = {"row_count": Count("pk"), **totals}
    if not names:
        return [((), [*rows.aggregate(**numbers).values()])]
    found = rows.values_list(*names).annotate(**numbers)
    return [(row[: len(names)], [*row[len(names) :]]) for row in found]


def _cell(column: ReportColumn, value: Cell | list[str], *, empty: str = "") -> Cell:
    if isinstance(value, list):
        return " ".join(value)
    if value is None or value == "":
        return None if column.kind != ColumnKind.TEXT else empty
    return column.words.get(str(value), value) if column.words else value
