"""Finds the sent claim and line that an answer is about. Never by order: what is not certain is not matched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.answers.remittance_reader import PaidClaim, PaidLine
from billing.models import Answer, ClaimVersion, CopiedClaim
from rpm_portal.accounts.models import Practice


def normal(control: str) -> str:
    """A claim number without case, blanks and leading zeros: payers' systems change them."""
    return control.strip().upper().lstrip("0")


def versions_by_control(practice: Practice, controls: Iterable[str]) -> dict[str, ClaimVersion]:
    """The versions with these claim numbers, by normal number. One statement."""
    wanted = {normal(control) for control in controls} - {""}
    rows = ClaimVersion.objects.filter(practice=practice, control__in=wanted).select_related("submission")
    return {row.control: row for row in rows.defer("submission__body")}


def versions_by_payer_control(practice: Practice, numbers: Iterable[str]) -> dict[str, ClaimVersion]:
    """The latest version that a payer answered with each of these numbers. One statement."""
    rows = Answer.objects.filter(practice=practice, payer_control__in=set(numbers) - {""}, version__isnull=False)
    rows = rows.select_related("version__submission").defer("version__submission__body").order_by("on", "order", "pk")
    return {row.payer_control: row.version for row in rows if row.version is not None}


def trial_controls(practice: Practice, controls: Iterable[str]) -> set[str]:
    """Which of these claim numbers were used in trial files only. One statement."""
    wanted = {normal(control) for control in controls} - {""}
    rows = CopiedClaim.objects.filter(practice=practice, control__in=wanted)
    return set(rows.values_list("control", flat=True))


def matched_claims(practice: Practice, claims: Sequence[PaidClaim]) -> list[ClaimVersion | None]:
    """The version of each paid claim: by our claim number, else by a known payer's number and the same charge."""
    by_control = versions_by_control(practice, [claim.control for claim in claims])
    rest = [claim for claim in claims if normal(claim.control) not in by_control]
    numbers = {number for claim in rest for number in (claim.original, claim.payer_control)}
    by_number = versions_by_payer_control(practice, numbers) if rest else {}
    return [by_control.get(normal(claim.control)) or _by_number(claim, by_number) for claim in claims]


def _by_number(claim: PaidClaim, by_number: dict[str, ClaimVersion]) -> ClaimVersion | None:
    for number in (claim.original, claim.payer_control):
        version = by_number.get(number)
        if version is not None and version.total == abs(claim.charge):
            return version
    return None


@dataclass(frozen=True, slots=True)
class SentLine:
    """A line as it was sent; `number` is its LX number."""

    control: str
    code: str
    modifiers: frozenset[str]
    dos: str
    charge: Decimal
    number: int


def sent_lines(version: ClaimVersion) -> list[SentLine]:
    """The lines of a version, from its frozen content."""
    return [
        SentLine(
            row["control"].lower(), row["code"], frozenset(row["modifiers"]), row["dos"], Decimal(row["charge"]), number
        )
        for number, row in enumerate(version.as_sent().get("services", []), start=1)
    ]


def matched_line(line: PaidLine, sent: Sequence[SentLine], *, is_split: bool) -> tuple[str, str]:
    """The number of the line that was paid and how it was found; both empty if no rule finds exactly one.

    REF*6R comes back when it was sent (X12 RFI 1917), sometimes in capitals. Some payers drop modifiers.
    """
    code, dos, charge = line.billed or line.code, line.dos.isoformat() if line.dos else "", abs(line.charge)
    same = [one for one in sent if (one.code, one.dos, one.charge) == (code, dos, charge)]
    number = int(line.control) if is_split and line.control.isascii() and line.control.isdigit() else 0
    rules = (
        ("line number", [one for one in sent if line.control and one.control == line.control.lower()]),
        ("code, modifiers, day, charge", [one for one in same if one.modifiers == frozenset(line.modifiers)]),
        ("code, day, charge", same),
        ("number on the claim", [one for one in sent if one.number == number and one.code == code]),
    )
    return next(((found[0].control, how) for how, found in rules if len(found) == 1), ("", ""))
