"""The kept sums of entries by line: recomputed for a claim after each posting, and compared by `check_ledger`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Sum

from billing.ledger.line_outcomes import outcomes_of_claims
from billing.models import EntryKind, LedgerEntry, LineBalance

Bucket = tuple[int, int | None, str]  # claim, line, payer rank
_ZERO = Decimal("0.00")
# Column of the balance by kind of entry. A refund is money that went back to the payer.
_COLUMNS = {
    EntryKind.CHARGE: "charge",
    EntryKind.TRANSFER: "charge",
    EntryKind.PAYMENT: "paid",
    EntryKind.REFUND: "paid",
    EntryKind.CONTRACTUAL: "contractual",
    EntryKind.SEQUESTRATION: "sequestration",
    EntryKind.PATIENT: "patient",
    EntryKind.OTHER_PAYER: "other_payer",
    EntryKind.INFORMATION: "other",
    EntryKind.UNEXPLAINED: "other",
    EntryKind.REFUSAL: "refused",
    EntryKind.WRITE_OFF: "written_off",
}
SUMS = tuple(dict.fromkeys(_COLUMNS.values()))
_SETTLED = ("paid", "contractual", "sequestration", "patient", "other_payer", "other", "written_off")
COLUMNS = (*SUMS, "open", "outcome", "answer_id")


@dataclass(slots=True)
class Balance:
    """The sums of one bucket, its open amount, and the outcome with the answer that decided it."""

    sums: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(SUMS, _ZERO))
    outcome: str = ""
    answer_id: int | None = None

    @property
    def open(self) -> Decimal:
        """What is refused and not written off, and what is not answered yet."""
        return self.sums["charge"] - sum((self.sums[name] for name in _SETTLED), _ZERO)

    @property
    def values(self) -> dict[str, object]:
        """The columns of the kept row."""
        return {**self.sums, "open": self.open, "outcome": self.outcome, "answer_id": self.answer_id}


def balances_of(claims: Iterable[int]) -> dict[Bucket, Balance]:
    """The balances that the entries and answers of these claims add up to. Three statements."""
    keys = list(claims)
    found: dict[Bucket, Balance] = defaultdict(Balance)
    rows = LedgerEntry.objects.filter(claim__in=keys).values_list("claim", "line", "payer_rank", "kind")
    for claim, line, rank, kind, total in rows.annotate(total=Sum("amount")).order_by():
        found[claim, line, rank].sums[_COLUMNS[EntryKind(kind)]] += total
    for bucket, (outcome, answer_id) in outcomes_of_claims(keys).items():
        found[bucket].outcome, found[bucket].answer_id = outcome, answer_id
    return dict(found)


def kept_balances(claims: Iterable[int]) -> dict[Bucket, LineBalance]:
    """The kept rows of these claims. One statement."""
    rows = LineBalance.objects.filter(claim__in=list(claims))
    return {(row.claim_id, row.line_id, row.payer_rank): row for row in rows}


def total_of(rows: Iterable[LineBalance]) -> Balance:
    """The sum of kept balances."""
    total = Balance()
    for row in rows:
        for name in SUMS:
            total.sums[name] += getattr(row, name)
    return total


def update_balances(practice_id: int, claims: Iterable[int]) -> None:
    """Bring the kept rows of these claims up to date. Six statements."""
    keys = sorted(set(claims))
    right, kept = balances_of(keys), kept_balances(keys)
    LineBalance.objects.bulk_create(
        (
            LineBalance(practice_id=practice_id, claim_id=claim, line_id=line, payer_rank=rank, **balance.values)
            for (claim, line, rank), balance in right.items()
            if (claim, line, rank) not in kept
        ),
        batch_size=2000,
    )
    changed = [
        _with_values(row, right.get(bucket, Balance()))
        for bucket, row in kept.items()
        if differs(row, right.get(bucket))
    ]
    if changed:
        LineBalance.objects.bulk_update(changed, [*SUMS, "open", "outcome", "answer"], batch_size=1000)


def differs(row: LineBalance, balance: Balance | None) -> bool:
    """Whether a kept row is not what the entries add up to."""
    return _values(row) != (balance or Balance()).values


def _values(row: LineBalance) -> Mapping[str, object]:
    return {name: getattr(row, name) for name in COLUMNS}


def _with_values(row: LineBalance, balance: Balance) -> LineBalance:
    for name, value in balance.values.items():
        setattr(row, name, value)
    return row
