"""Rates of a rule year, each with its source and the correction that changed it."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from billing.rules.citations import Citation, CitationError, Table, read_citation
from billing.rules.policy import PolicyError

_KEYS = {"code", "amount", "locality", "facility", "factor_class", "corrected_by", "sources", "unverified", "note"}
_CLASSES = ("nonqualifying", "qualifying")
_MOST = Decimal(10**7)


class YearRate(NamedTuple):
    """The amount of a code in dollars, and what it rests on. `corrected_by` names the correction notice, if any."""

    code: str
    amount: Decimal
    locality: str
    facility: bool
    factor_class: str
    corrected_by: str
    citation: Citation

    @property
    def source(self) -> str:
        """The titles of its sources, and the correction, at most 200 characters."""
        titles = "; ".join(source.title for source in self.citation.sources) or self.citation.note or "not verified"
        corrected = f", as corrected by {self.corrected_by}" if self.corrected_by else ""
        return f"{titles[: 200 - len(corrected)]}{corrected}"


def read_rates(rows: object, inherited: Citation) -> tuple[YearRate, ...]:
    """The rates of a file's list. Raises PolicyError naming the row, the key and the reason."""
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise PolicyError("rates is a list of tables")
    rates = [_rate(f"rates, row {number}", row, inherited) for number, row in enumerate(rows, start=1)]
    keys = [(rate.code, rate.locality, rate.facility, rate.factor_class) for rate in rates]
    for number, key in enumerate(keys, start=1):
        if key in keys[: number - 1]:
            raise PolicyError(f"rates, row {number}: {key[0]} is written twice for {key[1]}")
    return tuple(rates)


def _rate(where: str, row: Table, inherited: Citation) -> YearRate:
    if unknown := set(row) - _KEYS:
        raise PolicyError(f"{where}: {min(unknown)!r} is not known; write {', '.join(sorted(_KEYS))}")
    code, corrected_by = row.get("code"), row.get("corrected_by", "")
    if not isinstance(code, str) or len(code) != 5:
        raise PolicyError(f"{where}: code is a text like 99457")
    if not isinstance(corrected_by, str) or len(corrected_by) > 80:
        raise PolicyError(f"{where}: corrected_by is a text of at most 80 characters")
    locality, facility = row.get("locality", "national"), row.get("facility", False)
    factor_class = row.get("factor_class", _CLASSES[0])
    if not isinstance(locality, str) or not 0 < len(locality) <= 20:
        raise PolicyError(f"{where}: locality is a text of at most 20 characters")
    if not isinstance(facility, bool):
        raise PolicyError(f"{where}: facility takes true or false")
    if factor_class not in _CLASSES:
        raise PolicyError(f"{where}: factor_class is {' or '.join(_CLASSES)}")
    try:
        citation = read_citation(row, inherited=inherited)
    except CitationError as error:
        raise PolicyError(f"{where}: {error}") from None
    return YearRate(code, _amount(where, row.get("amount")), locality, facility, factor_class, corrected_by, citation)


def _amount(where: str, value: object) -> Decimal:
    """An amount written as text, so that no cent is lost. Raises PolicyError."""
    try:
        amount = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < _MOST or amount != amount.quantize(Decimal("0.01")):
        raise PolicyError(f'{where}: amount is a text in dollars and cents like "52.11", not {value!r}')
    return amount
