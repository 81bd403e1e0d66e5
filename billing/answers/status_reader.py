"""Reads one 277CA (005010X214): what it says of the batch, the billing provider, and each claim and line. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from billing.answers.x12_parts import Segment, Transaction, element
from billing.answers.x12_values import day
from billing.models.claim_states import ClaimState

_ACCEPTED = {
    "A0": ClaimState.FORWARDED,
    "A1": ClaimState.RECEIVED,
    "A2": ClaimState.ACCEPTED,
    "A5": ClaimState.ACCEPTED,
}
_REJECTED = {"A3", "A6", "A7", "A8"}
_NOT_FOUND = "A4"
# From the strongest to the weakest acceptance.
_RANKS = (ClaimState.ACCEPTED, ClaimState.RECEIVED, ClaimState.FORWARDED)


@dataclass(frozen=True, slots=True)
class StatusCode:
    """One status of an STC: category, status, entity; whether an action is asked for (STC03 U); its day."""

    category: str
    status: str
    entity: str
    asks: bool
    on: date | None

    @property
    def text(self) -> str:
        """As received, like A7:562:82."""
        return ":".join(part for part in (self.category, self.status, self.entity) if part)


@dataclass(slots=True)
class Reported:
    """What a 277CA says on one level: `level` is 20, 21, 19 or PT (HL03), or line."""

    level: str
    reference: str = ""
    provider: str = ""
    payer_control: str = ""
    line_control: str = ""
    statuses: list[StatusCode] = field(default_factory=list)
    lines: list["Reported"] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The state that all statuses together report: a rejection outranks every acceptance. Empty if there is none.

        Categories: X12 code list 507. An unknown category, such as DR, is information.
        """
        return _state_of(self.statuses)

    @property
    def on(self) -> date | None:
        """The latest day of its statuses."""
        return max((status.on for status in self.statuses if status.on), default=None)


def _state_of(statuses: list[StatusCode]) -> str:
    categories = {status.category for status in statuses}
    asked = any(status.asks and status.category in {"A0", "A1", "A2"} for status in statuses)
    if categories & _REJECTED or asked:
        return ClaimState.REJECTED
    if _NOT_FOUND in categories:
        return ClaimState.NOT_FOUND
    accepted = {_ACCEPTED[category] for category in categories if category in _ACCEPTED}
    if not accepted:
        return ClaimState.INFORMATION if categories else ""
    return next(state for state in _RANKS if state in accepted)


def read_statuses(transaction: Transaction, component: str, *, latest: date) -> list[Reported]:
    """The levels of a 277CA in their order."""
    levels: list[Reported] = []
    for segment in transaction.segments:
        if segment[0] == "HL":
            levels.append(Reported(element(segment, 3)))
        elif levels:
            _read(segment, levels[-1], component, latest)
    return levels


def _read(segment: Segment, level: Reported, component: str, latest: date) -> None:
    target = level.lines[-1] if level.lines else level
    match segment[0], element(segment, 1):
        case "SVC", _:
            level.lines.append(Reported("line"))
        case "TRN", "2":
            level.reference = element(segment, 2)[:50]
        case "NM1", "85":
            level.provider = element(segment, 9)[:80]
        case "REF", "1K":
            level.payer_control = element(segment, 2)[:50]
        case "REF", "FJ":
            target.line_control = element(segment, 2)[:50]
        case "STC", _:
            target.statuses.extend(_statuses(segment, component, latest))


def _statuses(segment: Segment, component: str, latest: date) -> Iterator[StatusCode]:
    """The up to three statuses of an STC: elements 1, 10 and 11."""
    asks, on = element(segment, 3) == "U", day(element(segment, 2), latest=latest)
    for place in (1, 10, 11):
        parts = [part[:3] for part in element(segment, place).split(component)]
        if parts[0]:
            yield StatusCode(parts[0], element(parts, 1), element(parts, 2), asks, on)


def claim_state(claim: Reported) -> str:
    """The state of a claim: its own, or rejected if it gives none and a line is rejected."""
    if claim.statuses:
        return claim.state
    states = {line.state for line in claim.lines}
    rejected = {ClaimState.REJECTED, ClaimState.NOT_FOUND} & states
    return ClaimState.REJECTED if rejected else next(iter(sorted(states)), "")
