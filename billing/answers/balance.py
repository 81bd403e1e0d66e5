"""The sums of an 835: line, claim and payment, to the cent and with their signs. Pure.

X12 TR3 005010X221A1, section 1.10.2.1 (balancing). Negative totals are moved out by PLB FB (X12 RFI 2660).
"""

from collections.abc import Iterable
from decimal import Decimal

from billing.answers.remittance_reader import Adjusted, PaidClaim, Payment


def total(adjusted: Iterable[Adjusted]) -> Decimal:
    """The sum of adjustments."""
    return sum((one.amount for one in adjusted), Decimal())


def claim_errors(claim: PaidClaim) -> list[str]:
    """A sentence for each sum of a claim that fails."""
    name, errors = f"Claim {claim.control}", []
    for number, line in enumerate(claim.lines, start=1):
        taken = total(line.adjusted)
        if line.charge - taken != line.paid:
            errors.append(f"{name}, line {number} ({line.code}): {line.charge} - {taken} is not {line.paid}.")
    taken = total(claim.adjusted) + sum((total(line.adjusted) for line in claim.lines), Decimal())
    if claim.charge - taken != claim.paid:
        errors.append(f"{name}: {claim.charge} - {taken} is not {claim.paid}.")
    charged = sum((line.charge for line in claim.lines), Decimal())
    if claim.lines and charged != claim.charge:
        errors.append(f"{name}: its lines add up to {charged}, not to {claim.charge}.")
    return errors


def difference(payment: Payment) -> Decimal:
    """What the stated payment is more than the sum of claims less provider adjustments."""
    paid = sum((claim.paid for claim in payment.claims), Decimal())
    return payment.paid - (paid - sum((one.amount for one in payment.off_claims), Decimal()))


def payment_errors(payment: Payment) -> list[str]:
    """A sentence if the payment's sum fails, or its total is negative."""
    errors = []
    if payment.paid < 0:
        errors.append(f"Payment {payment.trace}: its total is negative ({payment.paid}).")
    if off := difference(payment):
        paid = sum((claim.paid for claim in payment.claims), Decimal())
        adjusted = sum((one.amount for one in payment.off_claims), Decimal("0.00"))
        errors.append(f"Payment {payment.trace}: {paid} - {adjusted} is not {payment.paid} ({abs(off)} apart).")
    return errors
