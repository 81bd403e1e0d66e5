"""Adherence: on how many days of a month each patient in RPM or RTM sent readings."""

from django.db.models import Case, Count, DateField, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from enrollment.models import Enrollment, EnrollmentState, Program
from monitoring.models import ReadingDay
from rpm_portal.accounts.models import Practice
from rpm_portal.core.access import Permission
from rpm_portal.core.days import Month
from rpm_portal.pages.reports.subject import (
    ColumnKind,
    ReportColumn,
    ReportSubject,
    Rows,
    patient_columns,
    person,
    place_columns,
)

# The days that the longer supply code asks for; the shorter one begins at two (docs/rules.md).
MANY_DAYS, FEW_DAYS = 16, 2

ADHERENCE_COLUMNS = (
    ReportColumn("month", "Month", ColumnKind.MONTH, "entry_month"),
    *patient_columns("patient"),
    *place_columns(""),
    ReportColumn("provider", "Billing provider", ColumnKind.TEXT, person("billing_provider__user")),
    ReportColumn("program", "Program", ColumnKind.TEXT, "program"),
    ReportColumn("state", "Enrollment", ColumnKind.TEXT, "state", words=dict(EnrollmentState.choices)),
    ReportColumn("days", "Days with readings", ColumnKind.COUNT, "days_with_readings"),
    ReportColumn("device_days", "Days with device readings", ColumnKind.COUNT, "days_with_device"),
    ReportColumn("many", "16 days or more", ColumnKind.COUNT, "has_many"),
    ReportColumn("few", "2 to 15 days", ColumnKind.COUNT, "has_few"),
    ReportColumn("none", "No readings", ColumnKind.COUNT, "has_none"),
)


def _days(month: Month, kinds: Q) -> Combinable:
    rows = ReadingDay.objects.filter(kinds, enrollment=OuterRef("pk"))
    rows = rows.filter(local_day__range=(month.first_day, month.last_day))
    by_enrollment = rows.order_by().values("enrollment")
    return Coalesce(Subquery(by_enrollment.annotate(n=Count("local_day", distinct=True)).values("n")), 0)


def _one_if(condition: Q) -> Combinable:
    return Case(When(condition, then=Value(1)), default=Value(0))


def _of_month(practice: Practice, month: Month) -> Rows:
    rows = Enrollment.objects.for_practice(practice).filter(
        program__in=(Program.RPM, Program.RTM), started_on__lte=month.last_day
    )
    rows = rows.exclude(discharged_on__lt=month.first_day).annotate(
        entry_month=Value(month.first_day, output_field=DateField()),
        days_with_readings=_days(month, Q(automatic__gt=0) | Q(reported__gt=0)),
        days_with_device=_days(month, Q(automatic__gt=0)),
    )
    return rows.annotate(
        has_many=_one_if(Q(days_with_device__gte=MANY_DAYS)),
        has_few=_one_if(Q(days_with_device__gte=FEW_DAYS, days_with_device__lt=MANY_DAYS)),
        has_none=_one_if(Q(days_with_readings=0)),
    ).order_by("patient__family_name", "patient__given_name", "program", "pk")


def _rows(practice: Practice, first: Month, last: Month) -> list[Rows]:
    return [_of_month(practice, month) for month in first.to(last)]


ADHERENCE = ReportSubject(
    name="adherence",
    label="Adherence",
    about="Patients in RPM or RTM on a day of the month, with the days of the calendar month on which readings were "
    "measured. Device periods of 30 days are on the month's page.",
    permissions=frozenset({Permission.SEE_MONTHS, Permission.SEE_PATIENTS, Permission.READ_TEXT}),
    columns=ADHERENCE_COLUMNS,
    groups=("month", "clinic", "region", "provider", "program", "state"),
    shown=("month", "clinic", "provider", "program", "days", "device_days", "many", "few", "none"),
    filters={
        "clinic": "clinic__name",
        "region": "clinic__region",
        "provider": "billing_provider__public_id",
        "program": "program",
        "state": "state",
    },
    states=dict(EnrollmentState.choices),
    rows=_rows,
)
