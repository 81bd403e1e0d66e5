"""Reads one 835 (005010X221A1): the payment, its claims and lines, and amounts that belong to no claim. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from billing.answers.x12_parts import Segment, Transaction, element
from billing.answers.x12_values import amount, day, first_day, optional_amount


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One adjustment (CAS): who bears it, why, and how much is taken off the charge."""

    group: str
    reason: str
    amount: Decimal


@dataclass(slots=True)
class PaidLine:
    """One service (SVC). `billed` is the code that was billed, if the payer processed another one."""

    code: str
    modifiers: tuple[str, ...]
    billed: str
    charge: Decimal
    paid: Decimal
    control: str = ""
    dos: date | None = None
    allowed: Decimal | None = None
    adjusted: list[Adjusted] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PaidClaim:
    """One claim (CLP). `status` is CLP02: who processed it and in which order, or 4, 22, 23, 25."""

    control: str
    status: str
    charge: Decimal
    paid: Decimal
    payer_control: str
    original: str = ""
    forwarded_to: str = ""
    adjusted: list[Adjusted] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    lines: list[PaidLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OffClaim:
    """One amount that belongs to no claim (PLB). A positive one lowers the payment."""

    code: str
    reference: str
    amount: Decimal


@dataclass(slots=True)
class Payment:
    """One 835. `payee` has the identifiers of who is paid: XX (NPI), FI, TJ (tax id), PQ."""

    paid: Decimal
    method: str
    on: date | None
    trace: str = ""
    payer_id: str = ""
    payer: str = ""
    payee: dict[str, str] = field(default_factory=dict)
    claims: list[PaidClaim] = field(default_factory=list)
    off_claims: list[OffClaim] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


class _Reader:
    """Collects the segments of one 835 into a Payment."""

    def __init__(self, component: str, latest: date) -> None:
        self.component, self.latest = component, latest
        self.payment = Payment(Decimal(), "", None)
        self.loop = ""  # the party of the last N1

    @property
    def claim(self) -> PaidClaim | None:
        """The claim being read."""
        return self.payment.claims[-1] if self.payment.claims else None

    @property
    def line(self) -> PaidLine | None:
        """The line being read."""
        return self.claim.lines[-1] if self.claim and self.claim.lines else None

    def where(self, *, next_line: bool = False) -> str:
        """The place that a refusal names."""
        if self.claim is None:
            return "Payment"
        number = len(self.claim.lines) + next_line
        return f"Claim {self.claim.control[:38]}" + (f", line {number}" if number else "")

    def read(self, segment: Segment) -> None:
        """Read one segment."""
        handle = _HANDLERS.get(segment[0])
        if handle is not None:
            handle(self, segment)

    def bpr(self, segment: Segment) -> None:
        """Amount, method and day of the payment."""
        self.payment.paid = amount(element(segment, 2), "Payment")
        self.payment.method = element(segment, 4)[:3]
        self.payment.on = day(element(segment, 16), latest=self.latest)

    def trn(self, segment: Segment) -> None:
        """Trace and payer."""
        self.payment.trace, self.payment.payer_id = element(segment, 2)[:50], element(segment, 3)[:30]

    def n1(self, segment: Segment) -> None:
        """Payer and payee."""
        self.loop = element(segment, 1)
        if self.loop == "PR":
            self.payment.payer = element(segment, 2)[:60]
        elif self.loop == "PE":
            self.payment.payee[element(segment, 3)] = element(segment, 4)[:80]

    def ref(self, segment: Segment) -> None:
        """The payee's other identifiers, our line number, the payer's earlier number."""
        kind, value = element(segment, 1), element(segment, 2)
        if self.claim is None:
            if self.loop == "PE" and kind in {"TJ", "PQ"}:
                self.payment.payee[kind] = value[:80]
        elif kind == "6R" and self.line is not None:
            self.line.control = value[:50]
        elif kind == "F8" and self.line is None:
            self.claim.original = value[:50]

    def dtm(self, segment: Segment) -> None:
        """Days of the payment and of a line."""
        kind, found = element(segment, 1), day(element(segment, 2), latest=self.latest)
        if self.claim is None:
            if kind == "405" and self.payment.on is None:
                self.payment.on = found
        elif self.line is not None and kind in {"472", "150"}:
            self.line.dos = self.line.dos or found

    def clp(self, segment: Segment) -> None:
        """A claim."""
        where = f"Claim {element(segment, 1)[:38]}"
        charge, paid = (amount(element(segment, place), where) for place in (3, 4))
        self.payment.claims.append(
            PaidClaim(element(segment, 1)[:50], element(segment, 2)[:3], charge, paid, element(segment, 7)[:50])
        )

    def nm1(self, segment: Segment) -> None:
        """The payer that the claim was forwarded to."""
        if self.claim is not None and element(segment, 1) == "TT":
            self.claim.forwarded_to = f"{element(segment, 3)} {element(segment, 9)}".strip()[:80]

    def svc(self, segment: Segment) -> None:
        """A line."""
        if self.claim is None:
            return
        where = self.where(next_line=True)
        qualified = element(segment, 1).split(self.component)
        billed = element(segment, 6).split(self.component)
        charge, paid = (amount(element(segment, place), where) for place in (2, 3))
        code = qualified[1] if len(qualified) > 1 else qualified[0]
        modifiers = tuple(text[:2] for text in qualified[2:6] if text)
        self.claim.lines.append(PaidLine(code[:30], modifiers, billed[1][:30] if len(billed) > 1 else "", charge, paid))

    def cas(self, segment: Segment) -> None:
        """Adjustments of the line or claim."""
        if self.claim is not None:
            (self.line or self.claim).adjusted.extend(_adjusted(segment, self.where()))

    def moa(self, segment: Segment) -> None:
        """Remarks on the claim."""
        # The elements before are amounts for information: no adjustments of the charge.
        if self.claim is not None:
            self.claim.remarks.extend(code[:10] for code in segment[3:8] if code)

    def lq(self, segment: Segment) -> None:
        """A remark on the line."""
        if self.claim is not None and element(segment, 1) == "HE":
            (self.line or self.claim).remarks.append(element(segment, 2)[:10])

    def amt(self, segment: Segment) -> None:
        """The allowed amount of a line."""
        # Only the allowed amount is used. AMT*I names interest that is paid by a PLB: it enters no sum.
        if self.line is not None and element(segment, 1) == "B6":
            self.line.allowed = optional_amount(element(segment, 2), self.where())

    def plb(self, segment: Segment) -> None:
        """Amounts that belong to no claim."""
        for place in range(3, len(segment), 2):
            code, _, reference = element(segment, place).partition(self.component)
            if code or element(segment, place + 1):
                value = amount(element(segment, place + 1), "Provider adjustment")
                self.payment.off_claims.append(OffClaim(code[:2], reference[:60], value))


_HANDLERS: dict[str, Callable[[_Reader, Segment], None]] = {
    "BPR": _Reader.bpr,
    "TRN": _Reader.trn,
    "N1": _Reader.n1,
    "REF": _Reader.ref,
    "DTM": _Reader.dtm,
    "CLP": _Reader.clp,
    "NM1": _Reader.nm1,
    "SVC": _Reader.svc,
    "CAS": _Reader.cas,
    "MOA": _Reader.moa,
    "LQ": _Reader.lq,
    "AMT": _Reader.amt,
    "PLB": _Reader.plb,
}


def _adjusted(segment: Segment, where: str) -> Iterator[Adjusted]:
    """Up to six adjustments of one CAS: reason, amount, quantity."""
    for place in range(2, len(segment), 3):
        if element(segment, place) or element(segment, place + 1):
            value = amount(element(segment, place + 1), where)
            yield Adjusted(element(segment, 1)[:2], element(segment, place)[:5], value)


def read_payment(transaction: Transaction, component: str, *, latest: date) -> Payment:
    """The payment of one 835. Raises X12Refused for what is no amount, naming the claim and line.

    A payment date that is missing or impossible becomes the production date, then that of the group, with a finding.
    """
    reader = _Reader(component, latest)
    for segment in transaction.segments:
        reader.read(segment)
    payment = reader.payment
    given = next((element(part, 16) for part in transaction.segments if part[0] == "BPR"), "")
    if day(given, latest=latest) is None:
        payment.on = payment.on or first_day(element(transaction.group, 4), latest=latest)
        payment.findings.append(f"The payment date {given[:8] or '(none)'} is not possible; {payment.on} was used.")
    return payment
