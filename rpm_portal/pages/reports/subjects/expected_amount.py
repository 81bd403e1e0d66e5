"""The expected amount of a claim line as an expression of the database, by the rule of `billing.policies.expected`."""

from django.db.models import Case, DecimalField, F, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import ExtractYear

from billing.models import Rate
from billing.policies.expected import NATIONAL, fee_basis
from rpm_portal.accounts.models import Practice

MONEY = DecimalField(max_digits=16, decimal_places=2)


def expected_amount(practice: Practice, *, line: str = "") -> Combinable:
    """The amount for all units of a line, by the path to the line; null if no amount is on file. One statement.

    The payer's contract has priority, then the practice's locality, then the row that began last.
    """
    basis = fee_basis(practice)
    of_payer = Q(payer=OuterRef(f"{line}claim__payer")) | Q(payer__isnull=True, factor_class=basis.factor_class)
    begun = Q(starts_on__isnull=True) | Q(starts_on__lte=OuterRef(f"{line}dos"))
    rows = Rate.objects.for_practice(practice).filter(
        of_payer,
        begun,
        code=OuterRef(f"{line}code"),
        year=ExtractYear(OuterRef(f"{line}dos")),
        facility=basis.facility,
        locality__in={basis.locality, NATIONAL},
    )
    is_local = Case(When(locality=basis.locality, then=Value(0)), default=Value(1), output_field=IntegerField())
    order = (F("payer").asc(nulls_last=True), is_local, F("starts_on").desc(nulls_last=True))
    return Subquery(rows.order_by(*order).values("amount")[:1], output_field=MONEY) * F(f"{line}units")
