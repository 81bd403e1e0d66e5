"""What a report shows: subject, columns, groups, months and filters, as an address names them. It names no patient."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict

from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.reports.catalog import SUBJECTS
from rpm_portal.pages.reports.subject import ReportColumn, ReportSubject

FILTERS = ("clinic", "region", "provider", "payer", "program", "code", "state")
MAX_MONTHS = 24
MAX_GROUPS = 4
_LONGEST = 120
PERIODS = {
    "last_month": "Last month",
    "this_month": "This month",
    "last_3": "Last 3 months",
    "last_12": "Last 12 months",
    "this_year": "This year to date",
    "months": "Months from and to",
}


@dataclass(frozen=True, slots=True)
class ReportDefinition:
    """A report's subject, columns and groups by name, its period, and the value of each filter that is set."""

    subject: ReportSubject
    columns: tuple[str, ...]
    groups: tuple[str, ...] = ()
    period: str = "last_month"
    first: str = ""
    last: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, asked: QueryDict) -> "ReportDefinition":
        """From an address or form. Unknown names are left out; without columns the subject's own are shown."""
        subject = SUBJECTS.get(asked.get("subject", ""), next(iter(SUBJECTS.values())))
        columns, groups = asked.getlist("column"), asked.getlist("group")
        filters = {name: _text(asked.get(name, "")) for name in FILTERS if name in subject.filters}
        period = asked.get("period", "")
        return cls(
            subject=subject,
            columns=tuple(one.name for one in subject.columns if one.name in columns) or subject.shown,
            groups=tuple(name for name in subject.groups if name in groups)[:MAX_GROUPS],
            period=period if period in PERIODS else "last_month",
            first=asked.get("first", "")[:7],
            last=asked.get("last", "")[:7],
            filters={name: value for name, value in filters.items() if value},
        )

    @classmethod
    def of_query(cls, query: str) -> "ReportDefinition":
        """From a stored address."""
        return cls.of(QueryDict(query))

    @property
    def query(self) -> str:
        """The address of the report."""
        pairs = [("subject", self.subject.name)]
        pairs += [("column", name) for name in self.columns] + [("group", name) for name in self.groups]
        pairs.append(("period", self.period))
        if self.period == "months":
            pairs += [("first", self.first), ("last", self.last)]
        return urlencode([*pairs, *self.filters.items()])

    def months(self, today: Month) -> tuple[Month, Month]:
        """The first and the last month. Raises Refused if they are not months, not in order, or too many."""
        if self.period != "months":
            return _periods(today)[self.period]
        try:
            first, last = Month.parse(self.first), Month.parse(self.last)
        except ValueError:
            raise Refused("Enter the first and the last month, like 2026-11.") from None
        count = len(first.to(last))
        if count < 1:
            raise Refused("The last month is before the first. Exchange them.")
        if count > MAX_MONTHS:
            raise Refused(f"These are {count} months. Choose at most {MAX_MONTHS}.")
        return first, last

    @property
    def header(self) -> list[ReportColumn]:
        """The columns of the table: those chosen, or the groups and the sums of the chosen columns."""
        if not self.groups:
            return [self.subject.column(name) for name in self.columns]
        return [self.subject.column(name) for name in self.groups] + self.sums

    @property
    def sums(self) -> list[ReportColumn]:
        """The chosen columns that are summed; if none is, all of the subject that are."""
        chosen = [self.subject.column(name) for name in self.columns]
        summed = [column for column in chosen if column.is_summed]
        return summed or [column for column in self.subject.columns if column.is_summed]

    @property
    def names_patients(self) -> bool:
        """Whether its rows identify patients."""
        return any(column.names_patient for column in self.header)


def _text(value: str) -> str:
    """A word of the address without NUL, which no column can store."""
    return value.replace("\x00", "").strip()[:_LONGEST]


def _periods(today: Month) -> dict[str, tuple[Month, Month]]:
    last = today.plus(-1)
    return {
        "last_month": (last, last),
        "this_month": (today, today),
        "last_3": (today.plus(-3), last),
        "last_12": (today.plus(-12), last),
        "this_year": (Month(today.year, 1), today),
    }
