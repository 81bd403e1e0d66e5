"""Claim lines: what was proposed, approved or held, with the expected amounts."""

from billing.models import ClaimLine, LineState
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
from rpm_portal.pages.reports.subjects.expected_amount import expected_amount

CLAIM_LINE_COLUMNS = (
    ReportColumn("month", "Month", ColumnKind.MONTH, "close__month"),
    *patient_columns("patient"),
    *place_columns("enrollment"),
    ReportColumn("provider", "Billing provider", ColumnKind.TEXT, person("claim__billing_provider__user")),
    ReportColumn("payer", "Payer", ColumnKind.TEXT, "claim__payer__name"),
    ReportColumn("program", "Program", ColumnKind.TEXT, "enrollment__program"),
    ReportColumn("code", "Code", ColumnKind.TEXT, "code"),
    ReportColumn("modifiers", "Modifiers", ColumnKind.TEXT, "modifiers"),
    ReportColumn("date_of_service", "Date of service", ColumnKind.DAY, "dos"),
    ReportColumn("period_start", "Period from", ColumnKind.DAY, "period_start"),
    ReportColumn("state", "State", ColumnKind.TEXT, "state", words=dict(LineState.choices)),
    ReportColumn("units", "Units", ColumnKind.COUNT, "units"),
    ReportColumn("expected", "Expected amount", ColumnKind.MONEY, "expected_amount"),
)


def _rows(practice: Practice, first: Month, last: Month) -> list[Rows]:
    rows = ClaimLine.objects.for_practice(practice).filter(close__month__range=(first.first_day, last.first_day))
    rows = rows.annotate(expected_amount=expected_amount(practice))
    return [rows.order_by("close__month", "patient__family_name", "patient__given_name", "dos", "code", "pk")]


CLAIM_LINES = ReportSubject(
    name="lines",
    label="Claim lines",
    about="Each line of the months that were computed, with the amount expected by contract or fee schedule.",
    permissions=frozenset({Permission.SEE_MONTHS}),
    columns=CLAIM_LINE_COLUMNS,
    groups=("month", "clinic", "region", "provider", "payer", "program", "code", "state"),
    shown=("month", "clinic", "provider", "payer", "code", "date_of_service", "state", "units", "expected"),
    filters={
        "clinic": "enrollment__clinic__name",
        "region": "enrollment__clinic__region",
        "provider": "claim__billing_provider__public_id",
        "payer": "claim__payer__name",
        "program": "enrollment__program",
        "code": "code",
        "state": "state",
    },
    states=dict(LineState.choices),
    rows=_rows,
)
