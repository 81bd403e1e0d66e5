"""The parts of a report's subject: columns, what they may be narrowed and grouped by, and who may read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat, Trim, Upper

from rpm_portal.accounts.models import Practice
from rpm_portal.core.access import HasRole, Permission, has_permission
from rpm_portal.core.days import Month

Rows = QuerySet[Any, Any]


class ColumnKind(StrEnum):
    """What the values of a column are, and how a file writes them."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    DAY = "day"
    MONTH = "month"
    SECONDS = "seconds"


_SUMMED = {ColumnKind.COUNT, ColumnKind.MONEY, ColumnKind.SECONDS}


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column: its name in addresses, its label, and the field or expression that it shows.

    `words` replaces stored values by words. `names_patient` marks what identifies a patient.
    """

    name: str
    label: str
    kind: ColumnKind
    source: str | Combinable
    words: Mapping[str, str] = field(default_factory=dict)
    names_patient: bool = False

    @property
    def is_summed(self) -> bool:
        """Whether groups show its sum."""
        return self.kind in _SUMMED

    @property
    def is_number(self) -> bool:
        """Whether its values are aligned as numbers."""
        return self.is_summed


@dataclass(frozen=True, slots=True)
class ReportSubject:
    """What a report is about.

    `rows` returns the querysets for a practice and a range of months; together they are the rows, each with every
    source of the columns. `filters` has the field of each filter, `states` the values of the filter by state.
    """

    name: str
    label: str
    about: str
    permissions: frozenset[Permission]
    columns: tuple[ReportColumn, ...]
    groups: tuple[str, ...]
    shown: tuple[str, ...]
    filters: Mapping[str, str]
    states: Mapping[str, str]
    rows: Callable[[Practice, Month, Month], list[Rows]]

    def column(self, name: str) -> ReportColumn:
        """A column by its name. Raises KeyError."""
        return {column.name: column for column in self.columns}[name]

    def is_open_to(self, membership: HasRole) -> bool:
        """Whether a member may read reports of this subject."""
        return all(has_permission(membership, permission) for permission in self.permissions)


def person(path: str) -> Combinable:
    """The name of a user, by the path to it."""
    return Trim(Concat(f"{path}__given_name", Value(" "), f"{path}__family_name"))


def patient(path: str) -> Combinable:
    """The name of a patient as pages show it, by the path to the patient."""
    return Concat(Upper(f"{path}__family_name"), Value(", "), f"{path}__given_name")


def patient_columns(path: str) -> tuple[ReportColumn, ReportColumn]:
    """Record number and name of a patient."""
    return (
        ReportColumn("record_number", "MRN", ColumnKind.TEXT, f"{path}__mrn", names_patient=True),
        ReportColumn("patient", "Patient", ColumnKind.TEXT, patient(path), names_patient=True),
    )


def place_columns(enrollment: str) -> tuple[ReportColumn, ReportColumn]:
    """Clinic and region by the path to the enrollment, which is empty for the enrollment itself."""
    clinic = f"{enrollment}__clinic" if enrollment else "clinic"
    return (
        ReportColumn("clinic", "Clinic", ColumnKind.TEXT, f"{clinic}__name"),
        ReportColumn("region", "Region", ColumnKind.TEXT, f"{clinic}__region"),
    )
