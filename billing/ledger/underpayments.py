"""Lines that a payer allowed less for than its contract or the fee schedule says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from billing.ledger.carc_kinds import amounts_of
from billing.models import Answer, ClaimLine, ClaimState, ClaimVersion, EntryKind, Level, LineBalance, LineState
from billing.policies.expected import expected_amounts
from rpm_portal.accounts.models import Practice

# A line is underpaid if it is short by both.
MIN_DOLLARS, MIN_PERCENT = Decimal("1.00"), Decimal("2")
# Refused amounts are worked as denials, a reversed line has no payment.
_COMPARED = (ClaimState.PAID, ClaimState.PROCESSED)
_ALLOWED_KINDS = (EntryKind.PATIENT, EntryKind.SEQUESTRATION, EntryKind.OTHER_PAYER)
_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Underpayment:
    """A line with the amounts in dollars, the version that was answered, and the answer that decided it."""

    version: ClaimVersion
    line: ClaimLine
    answer: Answer
    allowed: Decimal
    expected: Decimal

    @property
    def difference(self) -> Decimal:
        """What the payer allowed too little."""
        return self.expected - self.allowed


def is_underpaid(*, allowed: Decimal, expected: Decimal) -> bool:
    """Whether the difference is $1.00 or more and 2 percent of the expected amount or more."""
    short = expected - allowed
    return short >= MIN_DOLLARS and short * 100 >= expected * MIN_PERCENT


def allowed_by(answer: Answer) -> Decimal:
    """The allowed amount of a line's answer: AMT*B6, else paid + patient share + sequestration + other payers.

    A sequestration (CO 253) reduces the payment, not the allowed amount. A reversal has the amount with a minus sign.
    """
    if answer.allowed is not None:
        return -abs(answer.allowed) if answer.status == ClaimState.REVERSED else answer.allowed
    amounts = amounts_of(answer.reasons)
    return (answer.paid or _ZERO) + sum((amounts.get(kind, _ZERO) for kind in _ALLOWED_KINDS), _ZERO)


def underpayments(practice: Practice, *, claims: Iterable[int] | None = None) -> list[Underpayment]:
    """The underpaid lines of a practice, or of some of its claims (their keys). Four statements.

    Only the primary payer's answers to lines that are paid or processed count, and only codes with an amount on file.
    """
    balances = _answered(practice)
    if claims is not None:
        balances = balances.filter(claim__in=list(claims))
    rows = list(balances)
    allowed = _allowed([row.line_id for row in rows if row.line_id is not None])
    amounts = expected_amounts(practice, {row.line.dos.year for row in rows if row.line is not None})
    found = []
    for row in rows:
        line, answer = row.line, row.answer
        if line is None or answer is None or answer.version is None:
            continue
        amount = amounts.amount(line.code, on=line.dos, payer=line.claim.payer_id)
        expected = (amount or _ZERO) * line.units
        if is_underpaid(allowed=allowed[line.pk], expected=expected):
            found.append(Underpayment(answer.version, line, answer, allowed[line.pk], expected))
    return found


def _answered(practice: Practice) -> QuerySet[LineBalance]:
    """The primary payer's paid or processed lines that still have a charge and are not un-billed."""
    rows = LineBalance.objects.filter(practice=practice, line__isnull=False, payer_rank="P", outcome__in=_COMPARED)
    rows = rows.filter(charge__gt=0, answer__isnull=False, line__state=LineState.APPROVED)
    related = ("line__claim__payer", "line__claim__patient", "answer__version__claim")
    rows = rows.order_by("line__dos", "line__code", "pk")
    return rows.select_related(*related).defer("answer__version__content")


def _allowed(lines: list[int]) -> Mapping[int, Decimal]:
    """The allowed amount of each line: all parts of a split line, less what was reversed. One statement."""
    answers = Answer.objects.filter(line__in=lines, level=Level.PAYMENT, payer_rank="P")
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for answer in answers.exclude(status=ClaimState.INFORMATION):
        if answer.line_id is not None:
            sums[answer.line_id] += allowed_by(answer)
    return sums
