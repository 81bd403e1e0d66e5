"""Time by staff: each time entry, with the seconds that fall into the month."""

from django.db.models import Case, DateField, F, Value, When

from rpm_portal.accounts.models import Practice
from rpm_portal.core.access import Permission, Role
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
from timetracking.models import NON_BILLABLE, Activity, Proof, TimeEntry
from timetracking.staff_days.productivity import clipped_seconds

_LATE = (Proof.LATE, Proof.ON_BEHALF)

TIME_COLUMNS = (
    ReportColumn("month", "Month", ColumnKind.MONTH, "entry_month"),
    ReportColumn("staff", "Staff member", ColumnKind.TEXT, person("staff")),
    ReportColumn("role", "Role", ColumnKind.TEXT, "role", words=dict(Role.choices)),
    *patient_columns("enrollment__patient"),
    *place_columns("enrollment"),
    ReportColumn("provider", "Billing provider", ColumnKind.TEXT, person("enrollment__billing_provider__user")),
    ReportColumn("program", "Program", ColumnKind.TEXT, "program"),
    ReportColumn("activity", "Activity", ColumnKind.TEXT, "activity", words=dict(Activity.choices)),
    ReportColumn("state", "Recorded by", ColumnKind.TEXT, "proof", words=dict(Proof.choices)),
    ReportColumn("seconds", "Minutes", ColumnKind.SECONDS, "entry_seconds"),
    ReportColumn("billable", "Billable minutes", ColumnKind.SECONDS, "billable_seconds"),
    ReportColumn("late", "Late or on-behalf minutes", ColumnKind.SECONDS, "late_seconds"),
)


def _of_month(practice: Practice, month: Month) -> Rows:
    start, end = month.starts_at(practice.zone), month.ends_at(practice.zone)
    rows = TimeEntry.objects.for_practice(practice).filter(voided_at__isnull=True)
    rows = rows.filter(stopped_at__gt=start, started_at__lt=end)
    rows = rows.annotate(
        entry_month=Value(month.first_day, output_field=DateField()), entry_seconds=clipped_seconds(start, end)
    )
    none, whole = Value(0), F("entry_seconds")
    return rows.annotate(
        billable_seconds=Case(When(activity__in=NON_BILLABLE, then=none), default=whole),
        late_seconds=Case(When(proof__in=_LATE, then=whole), default=none),
    ).order_by("staff__family_name", "staff__given_name", "started_at", "pk")


def _rows(practice: Practice, first: Month, last: Month) -> list[Rows]:
    return [_of_month(practice, month) for month in first.to(last)]


STAFF_TIME = ReportSubject(
    name="time",
    label="Time by staff",
    about="Time entries that are not voided. An entry across the end of a month is counted in both months, each with "
    "its part.",
    # Everybody's days are for the manager and the auditor, as on the page of staff time.
    permissions=frozenset({Permission.SEE_MONTHS, Permission.READ_TEXT, Permission.SEE_AUDIT}),
    columns=TIME_COLUMNS,
    groups=("month", "staff", "role", "clinic", "region", "provider", "program", "activity", "state"),
    shown=("month", "staff", "role", "clinic", "program", "activity", "state", "seconds", "billable"),
    filters={
        "clinic": "enrollment__clinic__name",
        "region": "enrollment__clinic__region",
        "provider": "enrollment__billing_provider__public_id",
        "program": "program",
        "state": "proof",
    },
    states=dict(Proof.choices),
    rows=_rows,
)
