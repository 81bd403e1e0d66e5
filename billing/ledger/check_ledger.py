"""Compares the ledger with the answers: each entry follows from its answer, each kept sum from the entries."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Sum

from billing.ledger.balances import balances_of, differs, kept_balances
from billing.ledger.charges import charged, charges_due
from billing.ledger.entries import entries_of, identity
from billing.models import Answer, Claim, ClaimState, EntryKind, LedgerEntry, Level, PayerCheck
from rpm_portal.accounts.models import Practice

_NO_MONEY = (ClaimState.INFORMATION, ClaimState.OTHER_PAYER)


def ledger_differences(practice: Practice) -> list[str]:
    """A sentence for each entry, kept sum and check that does not follow from the answers; empty if all do."""
    claims = list(
        Claim.objects.filter(practice=practice, versions__isnull=False).distinct().values_list("pk", flat=True)
    )
    return [
        *_entries(practice),
        *_write_offs(practice),
        *_charges(claims),
        *_balances(claims),
        *_checks(practice),
    ]


def _entries(practice: Practice) -> Iterator[str]:
    """Entries that an answer demands and that are missing, and entries that none demands."""
    lines: dict[int, list[Answer]] = {}
    rows = Answer.objects.filter(practice=practice, level=Level.PAYMENT).select_related("version").order_by("pk")
    claims = []
    for row in rows.defer("version__content"):
        if row.is_line and row.parent_id is not None:
            lines.setdefault(row.parent_id, []).append(row)
        elif not row.is_line:
            claims.append(row)
    wanted = Counter(identity(entry) for claim in claims for entry in entries_of(claim, lines.get(claim.pk, [])))
    stored = LedgerEntry.objects.filter(practice=practice, answer__isnull=False)
    found = Counter(identity(entry) for entry in stored)
    for version, *rest in (wanted - found).elements():
        yield f"version {version}: an entry is missing: {rest}"
    for version, *rest in (found - wanted).elements():
        yield f"version {version}: an entry follows from no answer: {rest}"


def _write_offs(practice: Practice) -> Iterator[str]:
    """Entries that no person's write-off demands, and write-offs whose entry has another amount or line."""
    entries = LedgerEntry.objects.filter(practice=practice, kind=EntryKind.WRITE_OFF)
    for entry in entries.filter(write_off__isnull=True):
        yield f"version {entry.version_id}: a written-off amount follows from no person's write-off: {entry.amount}"
    for entry in entries.filter(write_off__isnull=False).select_related("write_off"):
        asked = entry.write_off
        if (entry.amount, entry.claim_id, entry.line_id) != (asked.amount, asked.claim_id, asked.line_id):
            yield f"version {entry.version_id}: a written-off amount is not the one that was approved"


def _charges(claims: list[int]) -> Iterator[str]:
    due, found = charges_due(claims), charged(claims)
    for claim, rank, line in sorted({*due, *found}):
        right = due[claim, rank, line][0] if (claim, rank, line) in due else Decimal()
        if right != found.get((claim, rank, line), Decimal()):
            yield f"claim {claim}, line {line}: its charge is not {right}"


def _balances(claims: list[int]) -> Iterator[str]:
    right, kept = balances_of(claims), kept_balances(claims)
    for bucket, row in kept.items():
        if differs(row, right.get(bucket)):
            yield f"claim {bucket[0]}, line {bucket[1]}: the kept sums are not those of its entries"
    for bucket in right.keys() - kept.keys():
        yield f"claim {bucket[0]}, line {bucket[1]}: its sums are not kept"


def _checks(practice: Practice) -> Iterator[str]:
    """Checks of which ours, foreign and other amounts do not add up, or whose payments are not in the ledger."""
    payments = LedgerEntry.objects.filter(practice=practice, kind=EntryKind.PAYMENT, answer__transaction__isnull=False)
    sums = dict(payments.values_list("answer__transaction").annotate(total=Sum("amount")).order_by())
    off_claims = dict(
        PayerCheck.objects.filter(practice=practice, adjustments__isnull=False)
        .values_list("pk")
        .annotate(total=Sum("adjustments__amount"))
        .order_by()
    )
    for check in PayerCheck.objects.filter(practice=practice):
        ours, adjusted = sums.get(check.transaction_id, Decimal()), off_claims.get(check.pk, Decimal())
        if (ours, adjusted) != (check.ours, check.adjusted):
            yield f"check {check.trace}: its claims or other amounts are not those of the ledger"
        if check.ours + check.foreign - check.adjusted + check.unexplained != check.amount:
            yield f"check {check.trace}: ours, foreign and other amounts are not {check.amount}"
