"""The rows of one posted 835: answers, ledger entries, foreign claims, the check and its other amounts."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from billing.answers.balance import difference
from billing.answers.match import (
    SentLine,
    matched_line,
    sent_lines,
    trial_controls,
    versions_by_control,
    versions_by_payer_control,
)
from billing.answers.posting_run import FilePart, PostingRun
from billing.answers.remittance_reader import Adjusted, PaidClaim, PaidLine, Payment
from billing.ledger.carc_kinds import UNPROCESSABLE, joined, outcome
from billing.ledger.entries import entries_of
from billing.models import (
    Answer,
    AnswerTransaction,
    ClaimLine,
    ClaimState,
    ClaimVersion,
    ForeignClaim,
    LedgerEntry,
    Level,
    PayerCheck,
    ProviderAdjustment,
)

_RANKS = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}
_STATES = {"4": ClaimState.NOT_RECOGNIZED, "22": ClaimState.REVERSED, "23": ClaimState.OTHER_PAYER}
# What has neither money nor an outcome: a predetermination, a claim with another payer, unknown statuses.
_NO_MONEY = {ClaimState.INFORMATION, ClaimState.OTHER_PAYER}


def reasons_of(adjusted: Iterable[Adjusted], remarks: Iterable[str]) -> list[dict[str, str]]:
    """Adjustments and remarks as they are stored."""
    rows = [{"group": one.group, "reason": one.reason, "amount": str(one.amount)} for one in adjusted]
    return rows + [{"group": "", "reason": code, "amount": "0"} for code in remarks]


def claim_status(claim: PaidClaim) -> str:
    """What an 835 makes of a claim. CLP02 says who processed it; denial is derived from the lines (X12 RFI 1423)."""
    if claim.status not in _RANKS:
        return _STATES.get(claim.status, ClaimState.INFORMATION)
    own = reasons_of(claim.adjusted, claim.remarks)
    outcomes = [outcome(line.paid, reasons_of(line.adjusted, [])) for line in claim.lines]
    found = joined(outcomes) if outcomes else outcome(claim.paid, own)
    is_unprocessable = any(one["reason"] == UNPROCESSABLE for one in own)
    return ClaimState.UNPROCESSABLE if is_unprocessable and found == ClaimState.DENIED else found


def line_status(claim_state: str, line: PaidLine) -> str:
    """What an 835 makes of a line."""
    if claim_state == ClaimState.REVERSED:
        return ClaimState.REVERSED
    if claim_state in _NO_MONEY:
        return ClaimState.INFORMATION
    return outcome(line.paid, reasons_of(line.adjusted, []))


class PaymentRows:
    """Builds and stores the rows of one payment. A constant number of statements."""

    def __init__(
        self,
        run: PostingRun,
        part: FilePart,
        row: AnswerTransaction,
        payment: Payment,
        matches: list[tuple[PaidClaim, ClaimVersion | None]],
    ) -> None:
        self.run, self.part, self.row, self.payment = run, part, row, payment
        self.ours = [(claim, version) for claim, version in matches if version is not None]
        self.foreign = [claim for claim, version in matches if version is None]
        self.ranks = self._ranks()

    def store(self) -> None:
        """Store everything."""
        claims = [self._claim_answer(place, *pair) for place, pair in enumerate(self.ours, start=1)]
        Answer.objects.bulk_create(claims, batch_size=2000)
        lines = self._line_answers(claims)
        Answer.objects.bulk_create([line for of_claim in lines for line in of_claim], batch_size=2000)
        entries = [entry for pair in zip(claims, lines, strict=True) for entry in entries_of(*pair)]
        LedgerEntry.objects.bulk_create(entries, batch_size=2000)
        self._store_foreign()
        self._store_check()
        self.run.versions |= {version.pk for _, version in self.ours}
        self.run.submissions |= {version.submission_id for _, version in self.ours}

    def _ranks(self) -> dict[str, str]:
        """The rank of the payer by its number of the claim, for reversals."""
        numbers = {claim.payer_control for claim, _ in self.ours if claim.status not in _RANKS} - {""}
        rows = Answer.objects.filter(
            practice=self.run.practice, payer_control__in=numbers, level=Level.PAYMENT, is_line=False
        )
        known = dict(rows.values_list("payer_control", "payer_rank")) if numbers else {}
        here = {claim.payer_control: _RANKS[claim.status] for claim, _ in self.ours if claim.status in _RANKS}
        return known | here

    def _answer(self, version: ClaimVersion | None, place: int, **values: object) -> Answer:
        return Answer(
            practice=self.run.practice,
            transaction=self.row,
            version=version,
            level=Level.PAYMENT,
            on=self.row.on or self.part.day(self.run),
            order=self.part.order(place),
            answered_at=self.run.now,
            answered_by=self.run.by.user,
            **values,
        )

    def _claim_answer(self, place: int, claim: PaidClaim, version: ClaimVersion) -> Answer:
        rank = _RANKS.get(claim.status) or self.ranks.get(claim.payer_control) or version.payer_rank
        note = f"Forwarded by the payer to {claim.forwarded_to}" if claim.forwarded_to else ""
        return self._answer(
            version,
            place,
            status=claim_status(claim),
            code=claim.status,
            charge=claim.charge,
            paid=claim.paid,
            payer_rank=rank,
            payer_control=claim.payer_control,
            note=note[:300],
            reasons=reasons_of(claim.adjusted, claim.remarks),
            key=f"{self.row.public_id}|{place}",
        )

    def _line_answers(self, claims: list[Answer]) -> list[list[Answer]]:
        sent = {version.pk: sent_lines(version) for _, version in self.ours}
        controls = {line.control for lines in sent.values() for line in lines}
        rows = ClaimLine.objects.filter(practice=self.run.practice, public_id__in=controls)
        keys = dict(rows.values_list("public_id", "pk"))
        return [
            [
                self._line_answer(parent, place, line, self._match(claim, line, version, sent), keys)
                for place, line in enumerate(claim.lines, start=1)
            ]
            for parent, (claim, version) in zip(claims, self.ours, strict=True)
        ]

    def _match(
        self, claim: PaidClaim, line: PaidLine, version: ClaimVersion, sent: Mapping[int, list[SentLine]]
    ) -> tuple[str, str]:
        return matched_line(line, sent[version.pk], is_split=abs(claim.charge) < version.total)

    def _line_answer(
        self, parent: Answer, place: int, line: PaidLine, match: tuple[str, str], keys: Mapping[str, int]
    ) -> Answer:
        control, how = match
        answer = self._answer(
            parent.version,
            place,
            is_line=True,
            line_id=keys.get(control),
            parent=parent,
            status=line_status(parent.status, line),
            code=line.code,
            charge=line.charge,
            paid=line.paid,
            allowed=line.allowed,
            payer_rank=parent.payer_rank,
            matched_by=how,
            reasons=reasons_of(line.adjusted, line.remarks),
            key=f"{parent.key}|{place}",
        )
        answer.order = parent.order
        return answer

    def _store_foreign(self) -> None:
        trials = trial_controls(self.run.practice, [claim.control for claim in self.foreign]) if self.foreign else set()
        ForeignClaim.objects.bulk_create(
            (
                ForeignClaim(
                    practice=self.run.practice,
                    transaction=self.row,
                    control=claim.control,
                    charge=claim.charge,
                    paid=claim.paid,
                    payer_control=claim.payer_control,
                    status=f"{claim.status} (trial)" if claim.control.upper() in trials else claim.status,
                )
                for claim in self.foreign
            ),
            batch_size=2000,
        )

    def _store_check(self) -> None:
        payment, debt = self.payment, min(self.payment.paid, Decimal())
        off_claims = sum((one.amount for one in payment.off_claims), Decimal())
        check = PayerCheck.objects.create(
            practice=self.run.practice,
            transaction=self.row,
            payer=payment.payer,
            payer_id=payment.payer_id,
            trace=payment.trace,
            paid_on=self.row.on or self.part.day(self.run),
            method=payment.method,
            amount=payment.paid - debt,
            ours=sum((claim.paid for claim, _ in self.ours), Decimal()),
            foreign=sum((claim.paid for claim in self.foreign), Decimal()),
            adjusted=off_claims + debt,
            unexplained=difference(payment),
        )
        links = self._links()
        rows = [
            ProviderAdjustment(
                practice=self.run.practice,
                check_row=check,
                code=one.code,
                reference=one.reference,
                amount=one.amount,
                version=next((links[word] for word in one.reference.split() if word in links), None),
            )
            for one in payment.off_claims
        ]
        if debt:
            note = "A negative total is no payment: it is owed to the payer."
            rows.append(
                ProviderAdjustment(
                    practice=self.run.practice,
                    check_row=check,
                    code="FB",
                    reference=payment.trace,
                    amount=debt,
                    note=note,
                )
            )
        ProviderAdjustment.objects.bulk_create(rows)

    def _links(self) -> dict[str, ClaimVersion]:
        """The versions that the references of provider adjustments name, by payer's number or ours."""
        words = {word for one in self.payment.off_claims for word in one.reference.split()}
        if not words:
            return {}
        by_control = versions_by_control(self.run.practice, words)
        by_number = versions_by_payer_control(self.run.practice, words)
        named = {word: by_control[word.upper()] for word in words if word.upper() in by_control}
        return by_number | named
