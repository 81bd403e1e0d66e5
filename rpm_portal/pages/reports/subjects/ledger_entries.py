"""Ledger entries: each payment, adjustment and write-off by the day on which it took effect."""

from django.db.models.functions import TruncMonth

from billing.models import EntryKind, LedgerEntry
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

LEDGER_COLUMNS = (
    ReportColumn("month", "Month", ColumnKind.MONTH, "entry_month"),
    ReportColumn("day", "Day", ColumnKind.DAY, "on"),
    ReportColumn("service_month", "Month of service", ColumnKind.MONTH, "claim__close__month"),
    *patient_columns("claim__patient"),
    *place_columns("line__enrollment"),
    ReportColumn("provider", "Billing provider", ColumnKind.TEXT, person("claim__billing_provider__user")),
    ReportColumn("payer", "Payer", ColumnKind.TEXT, "claim__payer__name"),
    ReportColumn("program", "Program", ColumnKind.TEXT, "line__enrollment__program"),
    ReportColumn("code", "Code", ColumnKind.TEXT, "line__code"),
    ReportColumn("claim_number", "Claim number", ColumnKind.TEXT, "version__control"),
    ReportColumn("check", "Check or EFT", ColumnKind.TEXT, "answer__transaction__trace"),
    ReportColumn("state", "Entry", ColumnKind.TEXT, "kind", words=dict(EntryKind.choices)),
    ReportColumn("group", "Group", ColumnKind.TEXT, "group"),
    ReportColumn("reason", "Reason", ColumnKind.TEXT, "reason"),
    ReportColumn("amount", "Amount", ColumnKind.MONEY, "amount"),
)


def _rows(practice: Practice, first: Month, last: Month) -> list[Rows]:
    rows = LedgerEntry.objects.for_practice(practice).filter(on__range=(first.first_day, last.last_day))
    return [rows.annotate(entry_month=TruncMonth("on")).order_by("on", "pk")]


LEDGER_ENTRIES = ReportSubject(
    name="ledger",
    label="Payments and ledger",
    about="Each entry of the ledger by the payer's own date: charges, payments, reductions, refunds and write-offs. "
    "The sum of entries of different kinds has no meaning; group by entry.",
    permissions=frozenset({Permission.SEE_MONTHS}),
    columns=LEDGER_COLUMNS,
    groups=("month", "service_month", "clinic", "region", "provider", "payer", "program", "code", "state", "reason"),
    shown=("day", "payer", "claim_number", "code", "state", "group", "reason", "amount"),
    filters={
        "clinic": "line__enrollment__clinic__name",
        "region": "line__enrollment__clinic__region",
        "provider": "claim__billing_provider__public_id",
        "payer": "claim__payer__name",
        "program": "line__enrollment__program",
        "code": "line__code",
        "state": "kind",
    },
    states=dict(EntryKind.choices),
    rows=_rows,
)
