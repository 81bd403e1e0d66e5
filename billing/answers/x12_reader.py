"""The reader of answer files: splits an X12 interchange into segments and reads 835, 999 and 277CA. Pure.

It guesses nothing: it refuses a file that is truncated, of another kind, or has wrong counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from rpm_portal.core.refusals import Refused


class X12Refused(Refused):
    """A file that is refused; the message is for the user."""


Segment = list[str]


def segments(body: bytes) -> list[Segment]:
    """The segments of one interchange, each a list of elements. Raises X12Refused."""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise X12Refused("This is not an X12 file: it contains characters outside ASCII.") from None
    if not text.startswith("ISA") or len(text) < 106:
        raise X12Refused("This is no X12 file: it does not begin with ISA.")
    element, end = text[3], text[105]
    file_segments = [part.strip("\r\n ").split(element) for part in text.split(end) if part.strip("\r\n ")]
    if file_segments[-1][0] != "IEA" or _element(file_segments[-1], 2) != _element(file_segments[0], 13):
        raise X12Refused("This file is cut short: its end does not match its beginning.")
    starts = [index for index, segment in enumerate(file_segments) if segment[0] == "ST"]
    ends = [index for index, segment in enumerate(file_segments) if segment[0] == "SE"]
    if not starts or len(starts) != len(ends):
        raise X12Refused("This file contains no complete transaction.")
    for start, stop in zip(starts, ends, strict=True):
        if stop < start or _element(file_segments[stop], 1) != str(stop - start + 1):
            raise X12Refused("A transaction's count of segments is wrong; the file was changed or cut.")
    return file_segments


def _element(segment: Segment, place: int) -> str:
    return segment[place] if place < len(segment) else ""


def kind_of(file_segments: list[Segment]) -> str:
    """The kind of a file: 835, 999 or 277CA. Raises X12Refused for any other."""
    code = next(_element(segment, 1) for segment in file_segments if segment[0] == "ST")
    kinds = {"835": "835", "999": "999", "277": "277CA"}
    if code not in kinds:
        raise X12Refused(f"This is a {code or 'file of unknown kind'}; only 835, 999 and 277CA are posted here.")
    return kinds[code]


def amount(text: str) -> Decimal:
    """An amount in dollars. Raises X12Refused."""
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        raise X12Refused(f"{text!r} is no amount.") from None


@dataclass(slots=True)
class PaidLine:
    """One service of an 835 claim."""

    control: str
    code: str
    charge: Decimal
    paid: Decimal
    reasons: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class PaidClaim:
    """One CLP loop. `status` is CLP02: 1, 2, 3 processed, 4 denied, 22 reversal, 23 not ours."""

    control: str
    status: str
    charge: Decimal
    paid: Decimal
    payer_control: str
    reasons: list[dict[str, str]] = field(default_factory=list)
    lines: list[PaidLine] = field(default_factory=list)


@dataclass(slots=True)
class Payment:
    """One 835 transaction."""

    paid: Decimal
    trace: str
    payee: str = ""
    payer: str = ""
    claims: list[PaidClaim] = field(default_factory=list)
    adjusted: Decimal = Decimal()


def payments(file_segments: list[Segment]) -> list[Payment]:
    """The payments of an 835 file. Raises X12Refused if one does not balance, naming the sum that fails."""
    payments_read: list[Payment] = []
    for segment in file_segments:
        _read_segment(segment, payments_read)
    for payment in payments_read:
        _check_balance(payment)
    return payments_read


def _read_segment(segment: Segment, payments_read: list[Payment]) -> None:
    name = segment[0]
    if name == "BPR":
        payments_read.append(Payment(amount(_element(segment, 2)), ""))
        return
    if not payments_read:
        return
    payment = payments_read[-1]
    claim = payment.claims[-1] if payment.claims else None
    if name == "TRN":
        payment.trace = _element(segment, 2)
    elif name == "N1" and _element(segment, 1) == "PR":
        payment.payer = _element(segment, 2)
    elif name == "N1" and _element(segment, 1) == "PE":
        payment.payee = _element(segment, 4)
    elif name == "CLP":
        payment.claims.append(
            PaidClaim(
                _element(segment, 1),
                _element(segment, 2),
                amount(_element(segment, 3)),
                amount(_element(segment, 4)),
                _element(segment, 7),
            )
        )
    elif name == "PLB":
        payment.adjusted += sum((amount(_element(segment, place)) for place in range(4, len(segment), 2)), Decimal())
    elif claim is not None:
        _read_in_claim(segment, claim)


def _read_in_claim(segment: Segment, claim: PaidClaim) -> None:
    line = claim.lines[-1] if claim.lines else None
    if segment[0] == "SVC":
        code = _element(segment, 1).split(":")
        claim.lines.append(
            PaidLine(
                "", code[1] if len(code) > 1 else code[0], amount(_element(segment, 2)), amount(_element(segment, 3))
            )
        )
    elif segment[0] == "CAS":
        (line or claim).reasons.extend(_reasons(segment))
    elif segment[0] == "REF" and _element(segment, 1) == "6R" and line is not None:
        line.control = _element(segment, 2)
    elif segment[0] == "MOA":
        # Remarks on the whole claim; the amounts before them are no adjustments of the billed charge.
        claim.reasons.extend(_remark(code) for code in segment[3:8] if code)
    elif segment[0] == "LQ" and _element(segment, 1) == "HE" and line is not None:
        line.reasons.append(_remark(_element(segment, 2)))


def _remark(code: str) -> dict[str, str]:
    return {"group": "", "reason": code, "amount": "0"}


def _reasons(segment: Segment) -> Iterator[dict[str, str]]:
    for place in range(2, len(segment), 3):
        if _element(segment, place):
            yield {
                "group": _element(segment, 1),
                "reason": _element(segment, place),
                "amount": str(amount(_element(segment, place + 1))),
            }


def _total(reasons: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(reason["amount"]) for reason in reasons), Decimal())


def _check_balance(payment: Payment) -> None:
    """Check the guide's three sums: line, claim, payment. Raises X12Refused."""
    for claim in payment.claims:
        for line in claim.lines:
            if line.charge - _total(line.reasons) != line.paid:
                raise X12Refused(
                    f"Claim {claim.control}, {line.code}: {line.charge} less {_total(line.reasons)} is not {line.paid}."
                )
        taken = _total(claim.reasons) + sum((_total(line.reasons) for line in claim.lines), Decimal())
        if claim.charge - taken != claim.paid:
            raise X12Refused(f"Claim {claim.control}: {claim.charge} less {taken} is not {claim.paid}.")
    paid = sum((claim.paid for claim in payment.claims), Decimal())
    if paid - payment.adjusted != payment.paid:
        raise X12Refused(f"Payment {payment.trace}: {paid} less {payment.adjusted} is not {payment.paid}.")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer of a 277CA to a claim, or of a 999 to a file. `control` is the claim's or the group's number."""

    control: str
    accepted: bool
    reason: str
    payer_control: str = ""


def receipts_277(file_segments: list[Segment]) -> list[Receipt]:
    """The claim-level answers of a 277CA: TRN*2 names our claim, STC its status, REF*1K the payer's number."""
    receipts: list[Receipt] = []
    control, status, number = "", "", ""

    def add_receipt() -> None:
        """Add the receipt of the claim read so far."""
        if control and status:
            category = status.split(":")[0]
            receipts.append(Receipt(control, category.startswith(("A1", "A2", "A5")), status, number))

    patient = False
    for segment in file_segments:
        if segment[0] in {"HL", "SE"}:
            add_receipt()
            control = status = number = ""
            patient = _element(segment, 3) == "PT"
        elif patient and segment[0] == "TRN" and _element(segment, 1) == "2":
            control = _element(segment, 2)
        elif patient and segment[0] == "STC" and not status:
            status = _element(segment, 1)
        elif patient and segment[0] == "REF" and _element(segment, 1) == "1K":
            number = _element(segment, 2)
    return receipts


def receipts_999(file_segments: list[Segment]) -> list[Receipt]:
    """One answer a functional group: AK1 names the group's control number, AK9 whether it was accepted."""
    receipts: list[Receipt] = []
    group = ""
    errors: list[str] = []
    for segment in file_segments:
        if segment[0] == "AK1":
            group, errors = _element(segment, 2), []
        elif segment[0] in {"IK3", "IK4"}:
            errors.append(" ".join(part for part in segment if part))
        elif segment[0] == "AK9" and group:
            receipts.append(Receipt(group, _element(segment, 1) in {"A", "E"}, "; ".join(errors)[:300]))
    return receipts
