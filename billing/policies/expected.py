"""The amount that is expected to be allowed for a code: of the payer's contract, else of the fee schedule."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.models import ClaimLine, FeeBasis, Rate
from rpm_portal.accounts.models import Practice

NATIONAL = "national"


class _Amount(NamedTuple):
    starts_on: date
    is_local: bool
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ExpectedAmounts:
    """The amounts on file for a practice, by payer (None for the fee schedule) and code."""

    _amounts: Mapping[tuple[int | None, str], list[_Amount]]

    def amount(self, code: str, *, on: date, payer: int | None) -> Decimal | None:
        """Dollars for one unit on a date of service; None if none is on file.

        The contract of the payer has priority. Within it, and within the fee schedule, a row of the practice's locality
        has priority over a national one; of several, the one that began last.
        """
        for key in ((payer, code), (None, code)):
            rows = [row for row in self._amounts.get(key, ()) if row.starts_on <= on and row.starts_on.year == on.year]
            if rows:
                return max(rows, key=lambda row: (row.is_local, row.starts_on)).amount
        return None

    def by_code(self, codes: Iterable[str], *, on: date, payer: int | None) -> dict[str, Decimal]:
        """The amounts of codes on a day; codes without one are left out."""
        amounts = {code: self.amount(code, on=on, payer=payer) for code in codes}
        return {code: amount for code, amount in amounts.items() if amount is not None}


def fee_basis(practice: Practice) -> FeeBasis:
    """The practice's locality, setting and conversion factor; the national ones if none are on file. One statement."""
    row: FeeBasis | None = FeeBasis.objects.for_practice(practice).first()
    return row or FeeBasis(practice=practice)


def expected_amounts(practice: Practice, years: Collection[int]) -> ExpectedAmounts:
    """The amounts of some years that apply to the practice. Two statements.

    A contract's rows apply whatever their conversion factor: it has none.
    """
    basis = fee_basis(practice)
    rows = Rate.objects.for_practice(practice).filter(year__in=set(years), facility=basis.facility)
    rows = rows.filter(locality__in={basis.locality, NATIONAL})
    columns = ("payer", "code", "year", "starts_on", "locality", "factor_class", "amount")
    amounts: dict[tuple[int | None, str], list[_Amount]] = defaultdict(list)
    for payer, code, year, starts_on, locality, factor_class, amount in rows.values_list(*columns):
        if payer is None and factor_class != basis.factor_class:
            continue
        is_local = locality == basis.locality != NATIONAL
        amounts[payer, code].append(_Amount(starts_on or date(year, 1, 1), is_local, amount))
    return ExpectedAmounts(amounts)


def rates_for(practice: Practice, codes: Iterable[str], *, year: int) -> dict[str, Decimal]:
    """The fee schedule's amounts of codes on the last day of a year; codes without one are left out. Two statements."""
    return expected_amounts(practice, [year]).by_code(codes, on=date(year, 12, 31), payer=None)


def worth_of(practice: Practice, lines: Iterable[ClaimLine]) -> dict[int, Decimal]:
    """The expected payment of lines on their dates of service, by claim. The lines come with their claims.

    A claim with a code without an amount on file is left out. Two statements.
    """
    lines_by_claim: dict[int, list[ClaimLine]] = defaultdict(list)
    for line in lines:
        lines_by_claim[line.claim_id].append(line)
    years = {line.dos.year for claim_lines in lines_by_claim.values() for line in claim_lines}
    amounts = expected_amounts(practice, years)
    worth = {}
    for claim, claim_lines in lines_by_claim.items():
        priced = [
            (amounts.amount(line.code, on=line.dos, payer=line.claim.payer_id), line.units) for line in claim_lines
        ]
        if all(amount is not None for amount, _ in priced):
            worth[claim] = sum((amount * units for amount, units in priced if amount is not None), Decimal())
    return worth
