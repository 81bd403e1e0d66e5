"""What a check paid for: claims of ours, other amounts in words, and what is owed to payers."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from billing.models import Answer, Level, PayerCheck, ProviderAdjustment
from rpm_portal.accounts.models import Practice


@dataclass(frozen=True, slots=True)
class OwedToPayer:
    """The balance that a payer will take from later checks, by the trace that it names."""

    reference: str
    amount: Decimal


def claims_of(check: PayerCheck) -> list[Answer]:
    """The answers to claims of ours in a check, in the order of the file. Two statements."""
    rows = Answer.objects.filter(transaction=check.transaction_id, level=Level.PAYMENT, is_line=False)
    rows = rows.select_related("version__claim__patient", "version__claim__payer").defer("version__content")
    return list(rows.order_by("pk"))


def adjustments_of(check: PayerCheck) -> list[ProviderAdjustment]:
    """The amounts of a check that belong to no claim."""
    return list(check.adjustments.select_related("version__claim__patient").defer("version__content"))


def owed_to_payers(practice: Practice) -> list[OwedToPayer]:
    """Balances forward (PLB FB) that are not taken back yet: carried as a negative amount, taken as a positive one."""
    rows = ProviderAdjustment.objects.filter(practice=practice, code="FB").values_list("reference")
    sums = rows.annotate(total=Sum("amount")).order_by("reference")
    return [OwedToPayer(reference, -total) for reference, total in sums if total]
