"""An independent writer of 835 files for tests: it shares no code with the reader."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class WrittenLine:
    """One service: what was charged, and what is taken off it by group and reason."""

    code: str
    day: str
    charge: Decimal
    control: str
    taken: list[tuple[str, str, Decimal]] = field(default_factory=list)

    @property
    def paid(self):
        """What remains of the charge."""
        return self.charge - sum((amount for *_, amount in self.taken), Decimal())


@dataclass
class WrittenClaim:
    """One claim of a payment."""

    control: str
    status: str
    payer_control: str
    lines: list[WrittenLine]

    @property
    def charge(self):
        """The sum of its lines' charges."""
        return sum((line.charge for line in self.lines), Decimal())

    @property
    def paid(self):
        """The sum of what its lines are paid."""
        return sum((line.paid for line in self.lines), Decimal())

    def reversed(self):
        """The same claim taken back: every amount with the other sign."""
        lines = [
            WrittenLine(line.code, line.day, -line.charge, line.control, [(g, r, -a) for g, r, a in line.taken])
            for line in self.lines
        ]
        return WrittenClaim(self.control, "22", self.payer_control, lines)


def _number(amount):
    text = f"{amount:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def write_835(*, npi, trace, day, claims, off_claims=(), number="000000500"):
    """The bytes of one 835. `off_claims` are (reason, reference, amount): a positive amount lowers the payment."""
    total = sum((claim.paid for claim in claims), Decimal()) - sum((amount for *_, amount in off_claims), Decimal())
    body = [
        "ST*835*0001", f"BPR*I*{_number(total)}*C*ACH************{day}", f"TRN*1*{trace}*1512345678", f"DTM*405*{day}",
        "N1*PR*MEDICARE PART B", f"N1*PE*PRAIRIE*XX*{npi}", "LX*1",
    ]  # fmt: skip
    for claim in claims:
        body.append(
            f"CLP*{claim.control}*{claim.status}*{_number(claim.charge)}*{_number(claim.paid)}**MB*{claim.payer_control}*11*1"
        )
        for line in claim.lines:
            body += [f"SVC*HC:{line.code}*{_number(line.charge)}*{_number(line.paid)}**1", f"DTM*472*{line.day}"]
            body += [f"CAS*{group}*{reason}*{_number(amount)}" for group, reason, amount in line.taken]
            body.append(f"REF*6R*{line.control}")
    for at in range(0, len(off_claims), 6):
        pairs = "*".join(
            f"{reason}:{reference}*{_number(amount)}" for reason, reference, amount in off_claims[at : at + 6]
        )
        body.append(f"PLB*{npi}*20261231*{pairs}")
    body.append(f"SE*{len(body) + 1}*0001")
    isa = f"ISA*00*          *00*          *ZZ*CLEAR01        *ZZ*PRAIRIE01      *{day[2:]}*1200*^*00501*{number}*0*P*:"
    head = [isa, f"GS*HP*CLEAR01*PRAIRIE01*{day}*1200*1*X*005010X221A1"]
    return ("~\n".join([*head, *body, "GE*1*1", f"IEA*1*{number}"]) + "~\n").encode()
