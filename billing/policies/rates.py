"""Expected rates: loading from a CSV file with a source on every row (all rows or none), and look-up."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from billing.models import ClaimLine, Rate
from billing.policies.rules_in_force import rules_of
from billing.rules import CodeSet, load_codes
from rpm_portal.accounts.models import Practice
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import check_csv

COLUMNS = ["code", "year", "locality", "facility", "factor_class", "amount", "source"]


def read_rates(text: str, codes: CodeSet | None = None) -> list[dict[str, object]]:
    """The rows of a rate file; `codes` are those that it may name, by default the shipped ones. Raises Refused naming
    each wrong row.
    """
    check_csv(text)
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != COLUMNS:
        raise Refused(f"The first line must be: {','.join(COLUMNS)}")
    rows, errors = [], []
    for number, raw in enumerate(reader, start=2):
        try:
            rows.append(_clean_row(raw, codes or load_codes()))
        except ValueError as error:
            errors.append(f"line {number}: {error}")
    if errors:
        raise Refused("; ".join(errors[:20]))
    return rows


def _clean_row(raw: dict[str, Any], codes: CodeSet) -> dict[str, object]:
    if any(value is None for value in raw.values()) or None in raw:
        raise ValueError(f"expected {len(COLUMNS)} values")
    if raw["code"] not in codes.by_code:
        raise ValueError(f"{raw['code']!r} is not a code we know")
    if not (raw["year"].isascii() and raw["year"].isdecimal() and 2019 <= int(raw["year"]) <= 2100):
        raise ValueError(f"{raw['year']!r} is not a year")
    if raw["facility"] not in {"yes", "no"}:
        raise ValueError("facility must be yes or no")
    if raw["factor_class"] not in {"nonqualifying", "qualifying"}:
        raise ValueError("factor_class must be nonqualifying or qualifying")
    try:
        amount = Decimal(raw["amount"])
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.01")) or amount >= 10**7:
        raise ValueError(f"{raw['amount']!r} is not an amount in dollars and cents")
    if not raw["source"].strip():
        raise ValueError("a source is missing")
    locality = raw["locality"].strip()[:20] or "national"
    return {
        **raw,
        "year": int(raw["year"]),
        "facility": raw["facility"] == "yes",
        "amount": amount,
        "locality": locality,
    }


def _codes(practice: Practice) -> CodeSet:
    """The codes of the practice's newest rule year, and all before it."""
    return rules_of(practice.pk).codes_on(date.max)


@transaction.atomic
def load_rates(*, practice: Practice, text: str) -> int:
    """Load a rate file; an existing rate gets the new amount and source. Returns how many rows were loaded."""
    rows = [Rate(practice=practice, **row) for row in read_rates(text, _codes(practice))]
    Rate.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["practice", "code", "year", "locality", "facility", "factor_class"],
        update_fields=["amount", "source"],
    )
    return len(rows)


def rates_for(practice: Practice, codes: Iterable[str], *, year: int) -> dict[str, Decimal]:
    """National, non-facility amounts of codes in a year; codes without a rate are left out. One statement."""
    rows = Rate.objects.for_practice(practice).filter(year=year, code__in=set(codes))
    rows = rows.filter(locality="national", facility=False, factor_class="nonqualifying")
    return dict(rows.values_list("code", "amount"))


def worth_of(practice: Practice, lines: Iterable[ClaimLine]) -> dict[int, Decimal]:
    """The expected payment of lines at the rates of their months' years, by claim.

    A claim with a code without a rate is left out. The lines come with their closes. One statement a year.
    """
    lines_by_claim: dict[int, list[ClaimLine]] = defaultdict(list)
    codes_by_year: dict[int, set[str]] = defaultdict(set)
    for line in lines:
        lines_by_claim[line.claim_id].append(line)
        codes_by_year[line.close.month.year].add(line.code)
    rates = {year: rates_for(practice, codes, year=year) for year, codes in codes_by_year.items()}
    return {
        claim: sum((rates[line.close.month.year][line.code] * line.units for line in claim_lines), Decimal())
        for claim, claim_lines in lines_by_claim.items()
        if all(line.code in rates[line.close.month.year] for line in claim_lines)
    }
