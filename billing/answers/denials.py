"""Denied and rejected claims and lines as work: which are open, and the steps taken on each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from billing.claims.work_items import update_work
from billing.ledger.charges import charges_of
from billing.models import (
    DENIED_STATES,
    REJECTED_STATES,
    Answer,
    ClaimLine,
    ClaimState,
    ClaimVersion,
    DenialStep,
    LineBalance,
    Step,
)
from billing.models.denials import ENDED
from billing.models.line_reasons import with_reasons
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record
from rpm_portal.core.refusals import Refused

# Medicare redetermination: 120 days from receipt, which is presumed five days after the remittance (42 CFR 405.942).
APPEAL_DAYS, RECEIPT_DAYS = timedelta(days=120), timedelta(days=5)
_NO_APPEAL = (*REJECTED_STATES, ClaimState.UNPROCESSABLE, ClaimState.NOT_RECOGNIZED)
_NEXT = {
    ClaimState.UNPROCESSABLE: "Correct what is named and send the claim as a new one (frequency 1).",
    ClaimState.NOT_RECOGNIZED: "Check the member ID and send the claim as a new one.",
    ClaimState.NOT_FOUND: "Check with the receiver that the claim is not on file, then send it as a new one.",
    ClaimState.REJECTED: "Correct what is named and send the claim as a new one. The time for filing runs on.",
    ClaimState.FILE_REJECTED: "The file was not read. Send its claims in a new file.",
}
Key = tuple[int, int | None, int]  # version, line, answer


@dataclass(slots=True)
class Refusal:
    """A claim or line that a payer refused, the answer that did, and the steps taken since."""

    version: ClaimVersion
    line: ClaimLine | None
    answer: Answer
    steps: list[DenialStep]

    @property
    def has_ended(self) -> bool:
        """Whether the latest step ended the work."""
        return bool(self.steps) and self.steps[-1].step in ENDED

    @property
    def next_step(self) -> str:
        """What the state of the claim asks for; empty if it depends on the reason."""
        return _NEXT.get(ClaimState(self.version.state), "")

    @property
    def appeal_due(self) -> tuple[date, date] | None:
        """The day to appeal by and the last day, if Medicare decided on the merits."""
        payer = self.version.claim.payer
        if payer is None or not payer.is_medicare or self.version.state in _NO_APPEAL:
            return None
        return self.answer.on + APPEAL_DAYS, self.answer.on + APPEAL_DAYS + RECEIPT_DAYS

    @property
    def lines(self) -> dict[str, Decimal]:
        """The charge of the refused line, or of each line of the refused claim, by the line's number."""
        charges = charges_of(self.version)
        if self.line is None:
            return charges
        return {self.line.public_id: charges.get(self.line.public_id, Decimal())}


def refusals(practice: Practice, *, show: str = "open") -> list[Refusal]:
    """The denials and rejections in force, oldest first; `show` is open, ended or all. Five statements.

    A refusal no longer counts once the payer answered again or a newer version of the claim was delivered. If lines
    are refused, the claim is not listed in addition.
    """
    keys = _keys(practice)
    versions = ClaimVersion.objects.filter(pk__in={version for version, _, _ in keys})
    versions = versions.select_related("claim__patient", "claim__payer", "claim__close", "submission")
    by_version = versions.defer("submission__body").in_bulk()
    lines = ClaimLine.objects.in_bulk({line for _, line, _ in keys if line})
    answers = Answer.objects.in_bulk({answer for _, _, answer in keys})
    steps = _steps(answers)
    rows = [
        Refusal(by_version[version], lines[line] if line else None, answers[answer], steps[version, line, answer])
        for version, line, answer in keys
    ]
    rows.sort(key=lambda row: (row.answer.on, row.version.pk, row.line.dos if row.line else date.min, row.answer.pk))
    return [row for row in rows if show == "all" or row.has_ended == (show == "ended")]


def count_open(practice: Practice) -> int:
    """The number of open refusals."""
    return len(refusals(practice))


def _keys(practice: Practice) -> list[Key]:
    """What is refused: lines by their balance, and claims of which no line is."""
    current = _current(ClaimVersion.objects.filter(practice=practice))
    balances = LineBalance.objects.filter(practice=practice, line__isnull=False, outcome__in=DENIED_STATES)
    balances = balances.filter(answer__version__in=current)
    keys: list[Key] = list(balances.values_list("answer__version", "line", "answer"))
    with_lines = {version for version, _, _ in keys}
    refused = current.filter(state__in=(*REJECTED_STATES, *DENIED_STATES), decided_by__isnull=False)
    return keys + [
        (version, None, answer)
        for version, answer in refused.values_list("pk", "decided_by")
        if version not in with_lines
    ]


def _current(versions: QuerySet[ClaimVersion]) -> QuerySet[ClaimVersion]:
    """Without those that a newer delivered version replaced."""
    newer = ClaimVersion.objects.filter(
        claim=OuterRef("claim"), number__gt=OuterRef("number"), submission__delivered_at__isnull=False
    )
    return versions.exclude(Exists(newer))


def _steps(answers: dict[int, Answer]) -> dict[Key, list[DenialStep]]:
    steps: dict[Key, list[DenialStep]] = defaultdict(list)
    rows = DenialStep.objects.filter(answer__in=answers).select_related("taken_by").order_by("taken_at", "pk")
    for row in rows:
        steps[row.version_id, row.line_id, row.answer_id].append(row)
    return steps


def with_lines(rows: list[Refusal]) -> list[tuple[Refusal, list[ClaimLine], Decimal]]:
    """Each refusal with its lines, their reasons filled in, and the total of their charges. Two statements."""
    charges = [row.lines for row in rows]
    numbers = {number for of_row in charges for number in of_row}
    by_number = ClaimLine.objects.in_bulk(numbers, field_name="public_id")
    with_reasons(by_number.values())
    return [
        (row, [by_number[number] for number in of_row if number in by_number], sum(of_row.values(), Decimal()))
        for row, of_row in zip(rows, charges, strict=True)
    ]


@transaction.atomic
def take_step(*, refusal: Refusal, step: str, note: str, by: Membership, now: datetime) -> DenialStep:
    """Record a step on a refusal. Raises Refused without a note, or if the work has ended."""
    if step not in Step.values:
        raise Refused("Choose what was done.")
    if len(note.strip()) < 3:
        raise Refused("Say in a few words what was done or found, for the next person.")
    Answer.objects.select_for_update(of=("self",)).get(pk=refusal.answer.pk)
    taken = DenialStep.objects.filter(version=refusal.version, line=refusal.line, answer=refusal.answer)
    latest = taken.order_by("-taken_at", "-pk").first()
    if latest is not None and latest.step in ENDED:
        raise Refused(f"This was {latest.get_step_display()} by {latest.taken_by} already.")
    row: DenialStep = DenialStep.objects.create(
        practice_id=refusal.version.practice_id,
        version=refusal.version,
        line=refusal.line,
        answer=refusal.answer,
        step=step,
        note=note.strip()[:300],
        taken_at=now,
        taken_by=by.user,
    )
    update_work(by.practice, now=now, claims=[refusal.version.claim_id])
    record(
        practice=by.practice,
        by=by.user,
        role=by.role,
        action=f"denial_{step}",
        now=now,
        subject=f"claim:{refusal.version.control}",
        detail={"note": row.note},
    )
    return row
