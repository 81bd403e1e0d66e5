"""What an adjustment does with its amount: its entry kind, and the outcome of a line. Pure."""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from billing.models.claim_states import ClaimState
from billing.models.ledger import EntryKind

_FILE = Path(__file__).with_suffix(".toml")
_KINDS = {code: EntryKind(kind) for kind, codes in tomllib.loads(_FILE.read_text()).items() for code in codes}
_REDUCTIONS = {EntryKind.CONTRACTUAL, EntryKind.SEQUESTRATION}
# Qualified Medicare Beneficiary: the share is not collected from the patient.
_QMB = {"209", "N781", "N782", "N783"}
UNPROCESSABLE = "MA130"
Reason = Mapping[str, str]


def kind_of(group: str, reason: str) -> EntryKind:
    """The entry kind of one adjustment. An unknown reason is a refusal."""
    kind = _KINDS.get(reason, EntryKind.REFUSAL)
    if kind == EntryKind.PATIENT and group in {"CO", "PI"}:
        return EntryKind.CONTRACTUAL  # the practice bears it
    if kind in _REDUCTIONS and group == "PR":
        return EntryKind.PATIENT
    return kind


def amounts_of(reasons: Iterable[Reason]) -> dict[EntryKind, Decimal]:
    """The amounts of adjustments by kind."""
    amounts: dict[EntryKind, Decimal] = {}
    for one in reasons:
        if value := Decimal(one["amount"]):
            kind = kind_of(one["group"], one["reason"])
            amounts[kind] = amounts.get(kind, Decimal()) + value
    return amounts


def outcome(paid: Decimal, reasons: Iterable[Reason]) -> ClaimState:
    """Paid, processed, denied or denied in part: derived from the amounts, never from CLP02 (X12 RFI 1423)."""
    amounts = amounts_of(reasons)
    refused, share = amounts.get(EntryKind.REFUSAL, Decimal()), amounts.get(EntryKind.PATIENT, Decimal())
    if refused > 0:
        return ClaimState.DENIED if paid == 0 and share == 0 else ClaimState.PART_DENIED
    return ClaimState.PAID if paid > 0 else ClaimState.PROCESSED


def joined(outcomes: Iterable[str]) -> ClaimState:
    """The outcome of a claim from those of its lines."""
    found = set(outcomes)
    refused = found & {ClaimState.DENIED, ClaimState.PART_DENIED}
    if found == {ClaimState.DENIED}:
        return ClaimState.DENIED
    if refused:
        return ClaimState.PART_DENIED
    return ClaimState.PAID if ClaimState.PAID in found else ClaimState.PROCESSED


def is_not_collectible(reasons: Iterable[Reason]) -> bool:
    """Whether the patient is a Qualified Medicare Beneficiary: bill Medicaid, not the patient."""
    return any(one["reason"] in _QMB for one in reasons)


def patient_is_liable(reasons: Iterable[Reason]) -> bool:
    """Whether a refused amount may be billed to the patient: its group is PR."""
    return any(
        one["group"] == "PR" and kind_of("PR", one["reason"]) == EntryKind.REFUSAL and Decimal(one["amount"]) > 0
        for one in reasons
    )
