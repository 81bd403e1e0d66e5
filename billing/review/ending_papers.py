"""Prior authorizations and therapy plans that end soon or whose units are nearly used."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db.models import Sum

from billing.models import NOT_IN_FORCE_STATES, ClaimLine
from enrollment.documents_in_force import DocumentsInForce
from enrollment.models import PriorAuthorization
from rpm_portal.core.days import Month

# The product's own limits: a payer takes some weeks to answer, and a patient uses about three units a month.
NOTICE, FEW_UNITS = timedelta(days=30), 3


def ending_papers(documents: Iterable[DocumentsInForce], month: Month) -> Iterator[tuple[int, date, str]]:
    """(enrollment, last day, what to do) for each that ends in the month or 30 days after, or has few units left.

    One statement, if any authorization limits its units.
    """
    rows = list(documents)
    approved = [row for one in rows for row in one.recorded.authorizations if row.outcome == "approved"]
    used = _units_used({row.patient_id for row in approved if row.units is not None})
    for one in rows:
        for row in one.recorded.authorizations:
            if row.outcome == "approved" and (row.ends_on is None or row.ends_on >= month.first_day):
                yield from _of_authorization(one, row, month, used)
        ends = [plan.ends_on for plan in one.recorded.plans if plan.enrollment_id == one.enrollment.pk]
        if ends and month.first_day <= max(ends) <= month.last_day + NOTICE:
            yield one.enrollment.pk, max(ends), "The therapy plan of care ends. Recertify it, and record the new plan."


def _of_authorization(
    one: DocumentsInForce, row: PriorAuthorization, month: Month, used: dict[tuple[int, str], int]
) -> Iterator[tuple[int, date, str]]:
    others = [other for other in one.recorded.authorizations if other.outcome == "approved" and other is not row]
    followed = any(
        other.payer_id == row.payer_id and (other.ends_on or date.max) > (row.ends_on or date.max) for other in others
    )
    if row.ends_on is not None and row.ends_on <= month.last_day + NOTICE and not followed:
        yield one.enrollment.pk, row.ends_on, f"Prior authorization {row.number} ends. Ask the payer to extend it."
    left = None if row.units is None else row.units - used.get((row.patient_id, row.number), 0)
    if left is not None and left <= FEW_UNITS and not followed:
        words = (
            f"Prior authorization {row.number} has {max(left, 0)} of {row.units} units left. Ask the payer for more."
        )
        yield one.enrollment.pk, row.ends_on or month.last_day, words


def _units_used(patients: set[int]) -> dict[tuple[int, str], int]:
    """The units billed under each authorization, by patient and number."""
    if not patients:
        return {}
    lines = ClaimLine.objects.filter(patient__in=patients).exclude(authorization="").order_by()
    lines = lines.exclude(state__in=NOT_IN_FORCE_STATES)
    counted = lines.values_list("patient", "authorization").annotate(Sum("units"))
    return {(patient, number): units for patient, number, units in counted}
