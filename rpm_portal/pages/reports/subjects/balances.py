"""Balances of claim lines: what was charged, paid, taken off, and what is open."""

from django.db.models import Case, F, When

from billing.models import ClaimState, LineBalance, LineState
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
from rpm_portal.pages.reports.subjects.expected_amount import MONEY, expected_amount

_ALLOWED = F("paid") + F("patient") + F("sequestration") + F("other_payer")
_RANKS = {"P": "primary", "S": "secondary", "T": "tertiary"}
# Only what the primary payer paid or processed is compared, as `billing.ledger.underpayments` does.
_COMPARED = {
    "payer_rank": "P",
    "outcome__in": (ClaimState.PAID, ClaimState.PROCESSED),
    "charge__gt": 0,
    "line__state": LineState.APPROVED,
}

BALANCE_COLUMNS = (
    ReportColumn("month", "Month", ColumnKind.MONTH, "claim__close__month"),
    *patient_columns("claim__patient"),
    *place_columns("line__enrollment"),
    ReportColumn("provider", "Billing provider", ColumnKind.TEXT, person("claim__billing_provider__user")),
    ReportColumn("payer", "Payer", ColumnKind.TEXT, "claim__payer__name"),
    ReportColumn("payer_rank", "Rank of payer", ColumnKind.TEXT, "payer_rank", words=_RANKS),
    ReportColumn("program", "Program", ColumnKind.TEXT, "line__enrollment__program"),
    ReportColumn("code", "Code", ColumnKind.TEXT, "line__code"),
    ReportColumn("date_of_service", "Date of service", ColumnKind.DAY, "line__dos"),
    ReportColumn("state", "Outcome", ColumnKind.TEXT, "outcome", words=dict(ClaimState.choices)),
    ReportColumn("charge", "Charge", ColumnKind.MONEY, "charge"),
    ReportColumn("paid", "Paid", ColumnKind.MONEY, "paid"),
    ReportColumn("contractual", "Contractual", ColumnKind.MONEY, "contractual"),
    ReportColumn("sequestration", "Sequestration", ColumnKind.MONEY, "sequestration"),
    ReportColumn("patient_share", "Patient share", ColumnKind.MONEY, "patient"),
    ReportColumn("other_payer", "Other payer", ColumnKind.MONEY, "other_payer"),
    ReportColumn("refused", "Refused", ColumnKind.MONEY, "refused"),
    ReportColumn("written_off", "Written off", ColumnKind.MONEY, "written_off"),
    ReportColumn("open", "Open", ColumnKind.MONEY, "open"),
    ReportColumn("allowed", "Allowed", ColumnKind.MONEY, "allowed_amount"),
    ReportColumn("expected", "Expected amount", ColumnKind.MONEY, "expected_amount"),
    ReportColumn("difference", "Expected less allowed", ColumnKind.MONEY, "difference_amount"),
)


def _rows(practice: Practice, first: Month, last: Month) -> list[Rows]:
    rows = LineBalance.objects.for_practice(practice)
    rows = rows.filter(claim__close__month__range=(first.first_day, last.first_day))
    rows = rows.annotate(
        allowed_amount=Case(When(**_COMPARED, then=_ALLOWED), output_field=MONEY),
        expected_amount=Case(When(**_COMPARED, then=expected_amount(practice, line="line__")), output_field=MONEY),
    )
    rows = rows.annotate(difference_amount=F("expected_amount") - F("allowed_amount"))
    return [rows.order_by("claim__close__month", "claim__patient__family_name", "line__dos", "line__code", "pk")]


BALANCES = ReportSubject(
    name="balances",
    label="Balances of claims",
    about="Charges, payments and open amounts of each delivered line. Allowed is paid, patient share, sequestration "
    "and other payers together, of lines that the primary payer paid or processed.",
    permissions=frozenset({Permission.SEE_MONTHS}),
    columns=BALANCE_COLUMNS,
    groups=("month", "clinic", "region", "provider", "payer", "payer_rank", "program", "code", "state"),
    shown=("month", "clinic", "payer", "code", "state", "charge", "paid", "contractual", "patient_share", "open"),
    filters={
        "clinic": "line__enrollment__clinic__name",
        "region": "line__enrollment__clinic__region",
        "provider": "claim__billing_provider__public_id",
        "payer": "claim__payer__name",
        "program": "line__enrollment__program",
        "code": "line__code",
        "state": "outcome",
    },
    states=dict(ClaimState.choices),
    rows=_rows,
)
