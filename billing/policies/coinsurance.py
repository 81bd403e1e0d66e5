"""The share of Medicare's payment that a patient is expected to pay, to be named before the consent."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from billing.policies.expected import expected_amounts
from billing.rules import load_codes
from enrollment.models import CareKind, CareStatus, Enrollment, Payer

# Part B coinsurance after the deductible (42 CFR 410.152(b), https://www.ecfr.gov/current/title-42/section-410.152).
SHARE = Decimal("0.20")
_MONTHLY_ROLES = ("supply_long", "base")


def coinsurance_words(enrollment: Enrollment, payer: Payer | None, *, on: date) -> str:
    """What to tell the patient about the cost of a usual month, in sentences. At most three statements.

    A usual month has a full device period and twenty minutes; the first also has set-up. Amounts are those of the rates
    on file; without them or outside of Medicare the sentence says where to look.
    """
    if payer is None:
        return "Add the coverage first: the payer decides what the patient pays."
    statuses = CareStatus.objects.filter(patient=enrollment.patient_id, kind=CareKind.QMB, voided_at__isnull=True)
    if statuses.filter(starts_on__lte=on).exclude(ends_on__lt=on).exists():
        return "Qualified Medicare Beneficiary: the patient owes nothing, and no share may be collected. Bill Medicaid."
    if not payer.is_medicare:
        return f"{payer} decides the patient's share. Look it up in the plan before the consent."
    monthly, setup = _codes(enrollment, on)
    rates = expected_amounts(enrollment.practice, [on.year]).by_code([*monthly, *setup], on=on, payer=payer.pk)
    if missing := [code for code in (*monthly, *setup) if code not in rates]:
        return f"20% after the deductible. No {on.year} rate is on file for {', '.join(missing)}; load the rates."
    each = _share(sum((rates[code] for code in monthly), Decimal()))
    once = f", and ${_share(rates[setup[0]])} once for {setup[0]}" if setup else ""
    usual = f"About ${each} in a month with {' and '.join(monthly)}{once}"
    return f"{usual} (20% after the deductible). A supplement may pay it."


def _codes(enrollment: Enrollment, on: date) -> tuple[list[str], list[str]]:
    """The codes of a usual month, and that of set-up."""
    rows = [code for code in load_codes().find(program=enrollment.program) if code.valid(on)]
    of_system = [code for code in rows if not code.system or code.system == enrollment.rtm_system]
    by_role = {code.role: code.code for code in reversed(of_system)}
    return [by_role[role] for role in _MONTHLY_ROLES if role in by_role], [
        by_role["setup"]
    ] if "setup" in by_role else []


def _share(amount: Decimal) -> Decimal:
    return (amount * SHARE).quantize(Decimal("0.01"), ROUND_HALF_UP)
