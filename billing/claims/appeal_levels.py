"""The levels of an appeal and their deadlines: Medicare's from a data file, other payers' by their profile."""

import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from billing.models import PayerProfile
from enrollment.models import Payer
from rpm_portal.core.refusals import Refused

_RAW = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


@dataclass(frozen=True, slots=True)
class AppealLevel:
    """One level: who receives it, its days, and the least amount in controversy by year."""

    key: str
    name: str
    receiver: str
    source: str
    days: int | None = None
    receipt_days: int = 0
    minimum: dict[str, str] = field(default_factory=dict)

    def least_amount(self, year: int) -> Decimal | None:
        """The least amount in controversy of a year; None if the level has none or that of the year is not on file."""
        return Decimal(self.minimum[str(year)]) if str(year) in self.minimum else None

    def lacks_amount(self, year: int) -> bool:
        """Whether the level has a least amount, but that of the year is not on file."""
        return bool(self.minimum) and str(year) not in self.minimum


LEVELS = {kind: tuple(AppealLevel(**one) for one in rows) for kind, rows in _RAW.items()}


def levels_of(payer: Payer | None) -> tuple[AppealLevel, ...]:
    """The levels of a payer, in order. Medicare's are those of Part B; a Medicare Advantage plan has its own."""
    return LEVELS["medicare" if payer is not None and payer.filing == "MB" else "payer"]


def level_of(payer: Payer | None, key: str) -> AppealLevel:
    """A level by its key. Raises Refused."""
    found = next((level for level in levels_of(payer) if level.key == key), None)
    if found is None:
        raise Refused("Choose the level of the appeal.")
    return found


def next_level(payer: Payer | None, key: str) -> AppealLevel | None:
    """The level after another one; None after the last."""
    levels = levels_of(payer)
    place = [level.key for level in levels].index(key) + 1
    return levels[place] if place < len(levels) else None


def deadline(level: AppealLevel, decided_on: date, profile: PayerProfile | None) -> tuple[date, date] | None:
    """The day to file by and the last day, after a decision; None if the payer's limit is not on file.

    The days count from the receipt, which Medicare presumes five days after the decision: the last day includes them.
    """
    days = level.days
    if days is None:
        days = profile.appeal_days if profile is not None else None
    if days is None:
        return None
    due = decided_on + timedelta(days=days)
    return due, due + timedelta(days=level.receipt_days)
