"""Reading answers: an X12 interchange cut into segments, and the 835, 999 and 277CA read from them. Pure.

Nothing is guessed: a file that is cut short, of another kind, or whose counts are wrong is refused as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from rpm_portal.core.refusals import Refused


class X12Refused(Refused):
    """A file that is not taken; the message is for the user."""


Segment = list[str]


def segments(body: bytes) -> list[Segment]:
    """The segments of one interchange, each a list of elements. Raises X12Refused."""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise X12Refused("This is no X12 file: it holds letters outside ASCII.") from None
    if not text.startswith("ISA") or len(text) < 106:
        raise X12Refused("This is no X12 file: it does not begin with ISA.")
    element, end = text[3], text[105]
    found = [piece.strip("\r\n ").split(element) for piece in text.split(end) if piece.strip("\r\n ")]
    if found[-1][0] != "IEA" or _at(found[-1], 2) != _at(found[0], 13):
        raise X12Refused("This file is cut short: its end does not match its beginning.")
    starts = [index for index, segment in enumerate(found) if segment[0] == "ST"]
    ends = [index for index, segment in enumerate(found) if segment[0] == "SE"]
    if not starts or len(starts) != len(ends):
        raise X12Refused("This file holds no whole transaction.")
    for start, stop in zip(starts, ends, strict=True):
        if stop < start or _at(found[stop], 1) != str(stop - start + 1):
            raise X12Refused("A transaction's count of segments is wrong; the file was changed or cut.")
    return found


def _at(segment: Segment, place: int) -> str:
    return segment[place] if place < len(segment) else ""


def kind_of(found: list[Segment]) -> str:
    """835, 999 or 277CA. Raises X12Refused for another."""
    told = next(_at(segment, 1) for segment in found if segment[0] == "ST")
    kinds = {"835": "835", "999": "999", "277": "277CA"}
    if told not in kinds:
        raise X12Refused(f"This is a {told or 'file of unknown kind'}; only 835, 999 and 277CA are posted here.")
    return kinds[told]


def amount(text: str) -> Decimal:
    """Dollars. Raises X12Refused."""
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


def payments(found: list[Segment]) -> list[Payment]:
    """The payments of an 835 file. Raises X12Refused where one does not balance, naming the sum that fails."""
    made: list[Payment] = []
    for segment in found:
        _read(segment, made)
    for payment in made:
        _balance(payment)
    return made


def _read(segment: Segment, made: list[Payment]) -> None:
    name = segment[0]
    if name == "BPR":
        made.append(Payment(amount(_at(segment, 2)), ""))
        return
    if not made:
        return
    payment = made[-1]
    claim = payment.claims[-1] if payment.claims else None
    if name == "TRN":
        payment.trace = _at(segment, 2)
    elif name == "N1" and _at(segment, 1) == "PR":
        payment.payer = _at(segment, 2)
    elif name == "N1" and _at(segment, 1) == "PE":
        payment.payee = _at(segment, 4)
    elif name == "CLP":
        payment.claims.append(
            PaidClaim(
                _at(segment, 1), _at(segment, 2), amount(_at(segment, 3)), amount(_at(segment, 4)), _at(segment, 7)
            )
        )
    elif name == "PLB":
        payment.adjusted += sum((amount(_at(segment, place)) for place in range(4, len(segment), 2)), Decimal())
    elif claim is not None:
        _read_in_claim(segment, claim)


def _read_in_claim(segment: Segment, claim: PaidClaim) -> None:
    line = claim.lines[-1] if claim.lines else None
    if segment[0] == "SVC":
        code = _at(segment, 1).split(":")
        claim.lines.append(
            PaidLine("", code[1] if len(code) > 1 else code[0], amount(_at(segment, 2)), amount(_at(segment, 3)))
        )
    elif segment[0] == "CAS":
        (line or claim).reasons.extend(_reasons(segment))
    elif segment[0] == "REF" and _at(segment, 1) == "6R" and line is not None:
        line.control = _at(segment, 2)
    elif segment[0] == "MOA":
        # Remarks on the whole claim; the amounts before them are not of what was billed.
        claim.reasons.extend(_remark(code) for code in segment[3:8] if code)
    elif segment[0] == "LQ" and _at(segment, 1) == "HE" and line is not None:
        line.reasons.append(_remark(_at(segment, 2)))


def _remark(code: str) -> dict[str, str]:
    return {"group": "", "reason": code, "amount": "0"}


def _reasons(segment: Segment) -> Iterator[dict[str, str]]:
    for place in range(2, len(segment), 3):
        if _at(segment, place):
            yield {
                "group": _at(segment, 1),
                "reason": _at(segment, place),
                "amount": str(amount(_at(segment, place + 1))),
            }


def _sum(reasons: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(reason["amount"]) for reason in reasons), Decimal())


def _balance(payment: Payment) -> None:
    """The three sums of the guide: line, claim, payment."""
    for claim in payment.claims:
        for line in claim.lines:
            if line.charge - _sum(line.reasons) != line.paid:
                raise X12Refused(
                    f"Claim {claim.control}, {line.code}: {line.charge} less {_sum(line.reasons)} is not {line.paid}."
                )
        taken = _sum(claim.reasons) + sum((_sum(line.reasons) for line in claim.lines), Decimal())
        if claim.charge - taken != claim.paid:
            raise X12Refused(f"Claim {claim.control}: {claim.charge} less {taken} is not {claim.paid}.")
    paid = sum((claim.paid for claim in payment.claims), Decimal())
    if paid - payment.adjusted != payment.paid:
        raise X12Refused(f"Payment {payment.trace}: {paid} less {payment.adjusted} is not {payment.paid}.")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a 277CA says of a claim, or a 999 of a whole file. `control` is the claim's or the interchange's number."""

    control: str
    accepted: bool
    reason: str
    payer_control: str = ""


def receipts_277(found: list[Segment]) -> list[Receipt]:
    """The claim-level answers of a 277CA: TRN*2 names our claim, STC its status, REF*1K the payer's number."""
    made: list[Receipt] = []
    control, status, number = "", "", ""

    def done() -> None:
        """Keep what was gathered of a claim."""
        if control and status:
            category = status.split(":")[0]
            made.append(Receipt(control, category.startswith(("A1", "A2", "A5")), status, number))

    patient = False
    for segment in found:
        if segment[0] in {"HL", "SE"}:
            done()
            control = status = number = ""
            patient = _at(segment, 3) == "PT"
        elif patient and segment[0] == "TRN" and _at(segment, 1) == "2":
            control = _at(segment, 2)
        elif patient and segment[0] == "STC" and not status:
            status = _at(segment, 1)
        elif patient and segment[0] == "REF" and _at(segment, 1) == "1K":
            number = _at(segment, 2)
    return made


def receipts_999(found: list[Segment]) -> list[Receipt]:
    """One answer a functional group: AK1 names the group's control number, AK9 whether it was accepted."""
    made: list[Receipt] = []
    group = ""
    said: list[str] = []
    for segment in found:
        if segment[0] == "AK1":
            group, said = _at(segment, 2), []
        elif segment[0] in {"IK3", "IK4"}:
            said.append(" ".join(part for part in segment if part))
        elif segment[0] == "AK9" and group:
            made.append(Receipt(group, _at(segment, 1) in {"A", "E"}, "; ".join(said)[:300]))
    return made
