"""The outcome of each line: by its latest payment-level answer, all parts of a split line together."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal

from django.db.models import Q

from billing.ledger.carc_kinds import outcome
from billing.models import Answer, ClaimState, Level

Bucket = tuple[int, int | None, str]  # claim or version, line, payer rank


def outcomes_of_claims(claims: Iterable[int]) -> dict[Bucket, tuple[str, int]]:
    """The outcome of each answered line by claim, and the answer that decided it. One statement."""
    return _outcomes(Q(version__claim__in=list(claims)), lambda row: row.version.claim_id if row.version else 0)


def outcomes_of_versions(versions: Iterable[int]) -> dict[Bucket, tuple[str, int]]:
    """The outcome of each answered line by version, and the answer that decided it. One statement."""
    return _outcomes(Q(version__in=list(versions)), lambda row: row.version_id or 0)


def _outcomes(rows_of: Q, key: Callable[[Answer], int]) -> dict[Bucket, tuple[str, int]]:
    rows = Answer.objects.filter(rows_of, line__isnull=False, level=Level.PAYMENT)
    rows = rows.exclude(status=ClaimState.INFORMATION).select_related("version").defer("version__content")
    parts: dict[Bucket, list[Answer]] = defaultdict(list)
    for row in rows.order_by("on", "order", "pk"):
        parts[key(row), row.line_id, row.payer_rank].append(row)
    return {bucket: _latest(answers) for bucket, answers in parts.items()}


def _latest(answers: list[Answer]) -> tuple[str, int]:
    last = answers[-1]
    if last.status == ClaimState.REVERSED:
        return last.status, last.pk
    split = [row for row in answers if row.parent_id == last.parent_id]
    paid = sum((row.paid or Decimal() for row in split), Decimal())
    return outcome(paid, [reason for row in split for reason in row.reasons]), last.pk
