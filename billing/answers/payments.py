"""Posts one 835: the claims of ours as answers and ledger entries, foreign ones as amounts, and the check."""

from decimal import Decimal

from billing.answers import balance
from billing.answers.match import matched_claims
from billing.answers.payment_rows import PaymentRows
from billing.answers.posting_run import FilePart, PostingRun, is_posted, store_transaction
from billing.answers.remittance_reader import PaidClaim, Payment, read_payment
from billing.claims.billing_data import own_numbers
from billing.models import Answer, AnswerTransaction, ClaimState, ClaimVersion, Level, PostingVerdict
from rpm_portal.audit.services import record_change

PROCESSED = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}  # CLP02: the rank of the payer
Match = tuple[PaidClaim, ClaimVersion | None]


def post_payment(run: PostingRun, part: FilePart) -> AnswerTransaction:
    """Post an 835, hold it for a person, or say why it is not ours. Raises X12Refused for what cannot be read."""
    payment = _read(run, part)
    fields = _fields(payment, part, run)
    if not _pays_us(run, payment):
        return _not_ours(run, part, payment, fields)
    key = str(fields["key"])
    posted = AnswerTransaction.objects.filter(practice=run.practice, key=key, posted_at__isnull=False).first()
    if posted is not None and posted.amount == payment.paid:
        return store_transaction(
            run, part, "835", PostingVerdict.AGAIN, **fields | {"reasons": ["This check was posted before."]}
        )
    matches = list(zip(payment.claims, matched_claims(run.practice, payment.claims), strict=True))
    errors = _errors(payment, matches)
    if posted is not None:
        errors.insert(0, f"This check was posted before with another amount, {posted.amount}.")
    if errors:
        return store_transaction(
            run, part, "835", PostingVerdict.HELD, **fields | {"reasons": errors + payment.findings}
        )
    row = store_transaction(
        run, part, "835", PostingVerdict.POSTED, **fields | {"reasons": _findings(payment, matches)}
    )
    PaymentRows(run, part, row, payment, matches).store()
    return row


def post_held(run: PostingRun, part: FilePart, row: AnswerTransaction) -> None:
    """Post a held 835 as it is. Differences remain on its lines and its check as unexplained."""
    payment = _read(run, part)
    matches = list(zip(payment.claims, matched_claims(run.practice, payment.claims), strict=True))
    PaymentRows(run, part, row, payment, matches).store()


def was_posted(run: PostingRun, row: AnswerTransaction) -> bool:
    """Whether another transaction of the same check was posted meanwhile."""
    return is_posted(run, row.key)


def _read(run: PostingRun, part: FilePart) -> Payment:
    if part.transaction is None:
        raise LookupError("an interchange that could not be read has no payment")
    return read_payment(part.transaction, part.interchange.component, latest=run.today)


def _fields(payment: Payment, part: FilePart, run: PostingRun) -> dict[str, object]:
    on = payment.on or part.day(run)
    return {
        "on": on,
        "trace": payment.trace,
        "payer_id": payment.payer_id,
        "payer": payment.payer,
        "amount": payment.paid,
        "payee": (payment.payee.get("XX") or payment.payee.get("FI") or "")[:80],
        "key": f"835|{payment.trace}|{payment.payer_id}|{on}",
    }


def _pays_us(run: PostingRun, payment: Payment) -> bool:
    """Whether the payee is the practice, by an NPI or tax ID of its own or of one of its billing profiles."""
    ours = own_numbers(run.practice)
    tax_ids = {payment.payee.get(kind, "").replace("-", "") for kind in ("FI", "TJ")}
    return not ours.npis.isdisjoint({payment.payee.get("XX"), payment.payee.get("PQ")}) or bool(ours.tax_ids & tax_ids)


def _not_ours(run: PostingRun, part: FilePart, payment: Payment, fields: dict[str, object]) -> AnswerTransaction:
    """Keep trace, amount and payee only, and leave an event: somebody else's remittance was delivered here."""
    kept = fields | {"payer": "", "payer_id": "", "reasons": [f"Pays another provider, {payment.paid}."]}
    row = store_transaction(run, part, "835", PostingVerdict.NOT_OURS, **kept)
    record_change(row, "receive_foreign_payment", by=run.by, now=run.now, amount=str(payment.paid))
    return row


def _errors(payment: Payment, matches: list[Match]) -> list[str]:
    """Why a payment is held: sums of ours or of the payment, a payment without effect, a reversal twice."""
    errors = balance.payment_errors(payment)
    for claim, version in matches:
        if version is not None:
            errors += balance.claim_errors(claim)
            if claim.paid and claim.status not in PROCESSED and claim.status not in {"4", "22"}:
                errors.append(f"Claim {claim.control}: status {claim.status} with a payment of {claim.paid}.")
    return errors + _second_reversals(matches)


def _second_reversals(matches: list[Match]) -> list[str]:
    """A payer must not repeat a reversal on a later check (X12 RFI 1604)."""
    reversed_now = [(claim, version) for claim, version in matches if version is not None and claim.status == "22"]
    known = _known_payments([version for _, version in reversed_now])
    errors = []
    for claim, version in reversed_now:
        paid, taken_back = known.get((version.pk, claim.payer_control), (0, 0))
        paid += sum(
            1
            for one, of in matches
            if of == version and one.status in PROCESSED and one.payer_control == claim.payer_control
        )
        if taken_back and taken_back >= paid:
            errors.append(f"Claim {claim.control}: payment {claim.payer_control} was reversed before.")
    return errors


def _known_payments(versions: list[ClaimVersion]) -> dict[tuple[int, str], tuple[int, int]]:
    """How often each payer's number of these versions was paid and reversed. One statement."""
    known: dict[tuple[int, str], tuple[int, int]] = {}
    if not versions:
        return known
    rows = Answer.objects.filter(version__in=versions, level=Level.PAYMENT, is_line=False, transaction__isnull=False)
    for version, number, status in rows.values_list("version", "payer_control", "status"):
        paid, taken_back = known.get((version, number), (0, 0))
        is_reversal = status == ClaimState.REVERSED
        known[version, number] = (paid + (not is_reversal), taken_back + is_reversal)
    return known


def _findings(payment: Payment, matches: list[Match]) -> list[str]:
    findings = list(payment.findings)
    reversed_now = [(claim, version) for claim, version in matches if version is not None and claim.status == "22"]
    known = _known_payments([version for _, version in reversed_now])
    for claim, version in matches:
        if version is None:
            findings += balance.claim_errors(claim)
        elif claim.charge < version.total and claim.charge > Decimal() and claim.status in PROCESSED:
            findings.append(f"Claim {claim.control}: only a part of it is answered.")
        if claim.status not in {*PROCESSED, "4", "22", "23", "25"}:
            findings.append(f"Claim {claim.control}: status {claim.status} is for information.")
    findings += [
        f"Claim {claim.control}: reversal of a payment not posted here."
        for claim, version in reversed_now
        if not known.get((version.pk, claim.payer_control), (0, 0))[0]
    ]
    return findings
