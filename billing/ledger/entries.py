"""The entries that follow from answers: one an amount, with the signs of the file. Pure."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from billing.ledger.carc_kinds import kind_of
from billing.models import Answer, ClaimState, EntryKind, LedgerEntry, Level

_NO_MONEY = {ClaimState.INFORMATION, ClaimState.OTHER_PAYER}


def entries_of(claim: Answer, lines: Iterable[Answer]) -> Iterator[LedgerEntry]:
    """The entries of one answer on payment level: of its lines, and what the claim has besides them.

    An answer for information, such as a predetermination, has none.
    """
    if claim.level != Level.PAYMENT or claim.status in _NO_MONEY or claim.version is None:
        return
    rows = list(lines)
    for line in rows:
        yield from _of_amounts(line, line.charge or Decimal(), line.paid or Decimal())
    charge = (claim.charge or Decimal()) - sum((line.charge or Decimal() for line in rows), Decimal())
    paid = (claim.paid or Decimal()) - sum((line.paid or Decimal() for line in rows), Decimal())
    yield from _of_amounts(claim, charge, paid)


def _of_amounts(answer: Answer, charge: Decimal, paid: Decimal) -> Iterator[LedgerEntry]:
    version = answer.version
    if version is None:
        return
    amounts = [(EntryKind.PAYMENT, "", "", paid)]
    for one in answer.reasons:
        kind = kind_of(one["group"], one["reason"])
        amounts.append((kind, one["group"], one["reason"], Decimal(one["amount"])))
    explained = sum((amount for *_, amount in amounts), Decimal())
    if answer.charge is not None:
        amounts.append((EntryKind.UNEXPLAINED, "", "", charge - explained))
    if answer.payer_rank != version.payer_rank:
        amounts.append((EntryKind.TRANSFER, "", "", charge))
    for kind, group, reason, amount in amounts:
        if amount:
            yield LedgerEntry(
                practice_id=answer.practice_id,
                version=version,
                claim_id=version.claim_id,
                line_id=answer.line_id,
                payer_rank=answer.payer_rank,
                kind=kind,
                amount=amount,
                group=group,
                reason=reason,
                answer=answer,
                on=answer.on,
                posted_at=answer.answered_at,
                posted_by_id=answer.answered_by_id,
            )


def identity(entry: LedgerEntry) -> tuple[object, ...]:
    """What an entry says, to compare it with the one that its answer demands."""
    return (
        entry.version_id,
        entry.line_id,
        entry.payer_rank,
        str(entry.kind),
        entry.amount,
        entry.group,
        entry.reason,
        entry.answer_id,
        entry.on,
    )
