"""Lines of a month that two persons un-billed: neither computing again nor an adjustment brings them back."""

from datetime import date
from typing import NamedTuple

from billing.close.lines import LineToWrite
from billing.models import ClaimLine, MonthClose


class _Removed(NamedTuple):
    """What an un-billed line was."""

    enrollment: int
    component: str
    code: str
    is_base: bool
    period_start: date | None
    dos: date


class UnbilledLines:
    """The un-billed lines of a month, read once. One statement."""

    def __init__(self, close: MonthClose) -> None:
        rows = ClaimLine.objects.filter(close=close, unbill_requests__decision="approved")
        columns = ("enrollment_id", "component", "code", "is_base", "period_start", "dos")
        self._rows = [_Removed._make(row) for row in rows.values_list(*columns)]

    def exclude(self, line: LineToWrite | ClaimLine) -> bool:
        """Whether a line is shut out: its component for the period, or its own code if only an add-on was un-billed."""
        return any(_shuts_out(row, line) for row in self._rows)

    def __bool__(self) -> bool:
        """Whether any line of the month was un-billed."""
        return bool(self._rows)


def _shuts_out(row: _Removed, line: LineToWrite | ClaimLine) -> bool:
    if (row.enrollment, row.component) != (line.enrollment_id, line.component):
        return False
    if row.period_start is None or line.period_start is None:
        return row.code == line.code or row.is_base or row.component == "setup"
    return row.period_start <= line.dos and line.period_start <= row.dos
