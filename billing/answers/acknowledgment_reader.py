"""Reads a 999 (005010X231A1) and a TA1: what became of a file of ours. Pure."""

from dataclasses import dataclass, field

from billing.answers.x12_parts import Segment, Transaction, element
from billing.models.claim_states import ClaimState

# AK9 and IK5: R, M, W and X reject; A and E accept, E with errors; P accepts a part (AK9 only).
_REJECTING = {"R", "M", "W", "X"}


@dataclass(slots=True)
class AcknowledgedSet:
    """One transaction of our file: its number, IK5, and the errors named in it."""

    number: str
    verdict: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def is_rejected(self) -> bool:
        """Whether the receiver rejected the whole transaction."""
        return self.verdict in _REJECTING


@dataclass(slots=True)
class AcknowledgedGroup:
    """One functional group of ours: GS06, AK9, and its transactions."""

    number: str
    kind: str = ""
    verdict: str = ""
    sets: list[AcknowledgedSet] = field(default_factory=list)

    def state_of(self, number: str) -> str:
        """The state of the claims in one transaction."""
        if self.verdict in _REJECTING:
            return ClaimState.FILE_REJECTED
        found = next((one for one in self.sets if one.number == number), None)
        return ClaimState.FILE_REJECTED if found is not None and found.is_rejected else ClaimState.FILE_ACCEPTED


def read_groups(transaction: Transaction) -> list[AcknowledgedGroup]:
    """The groups that a 999 answers: one, by the guide."""
    groups: list[AcknowledgedGroup] = []
    for segment in transaction.segments:
        if segment[0] == "AK1":
            groups.append(AcknowledgedGroup(element(segment, 2)[:9], element(segment, 1)[:2]))
        elif groups:
            _read(segment, groups[-1])
    return groups


def _read(segment: Segment, group: AcknowledgedGroup) -> None:
    if segment[0] == "AK2":
        group.sets.append(AcknowledgedSet(element(segment, 2)[:9]))
    elif segment[0] == "AK9":
        group.verdict = element(segment, 1)[:1]
    elif group.sets and segment[0] == "IK5":
        group.sets[-1].verdict = element(segment, 1)[:1]
    elif group.sets and segment[0] in {"IK3", "IK4", "CTX"} and len(group.sets[-1].errors) < 50:
        # Without IK404, the bad value itself: it may be a patient's.
        kept = segment[:4] if segment[0] == "IK4" else segment[:6]
        group.sets[-1].errors.append("*".join(kept)[:120])


@dataclass(frozen=True, slots=True)
class Receipt:
    """One TA1: the interchange it answers (ISA13, ISA09, ISA10), A, E or R, and the note code."""

    interchange: str
    date: str
    time: str
    verdict: str
    code: str

    @property
    def state(self) -> str:
        """Read, or rejected with everything in it."""
        return ClaimState.FILE_REJECTED if self.verdict == "R" else ClaimState.FILE_READ


def read_receipts(transaction: Transaction) -> list[Receipt]:
    """The TA1 segments of an interchange."""
    return [_receipt(segment) for segment in transaction.segments]


def _receipt(segment: Segment) -> Receipt:
    number, on, at, verdict, code = (element(segment, place) for place in range(1, 6))
    return Receipt(number[:9].zfill(9), on[:6], at[:4], verdict[:1], code[:3])
