"""Refused claims and lines as work: which are open, what was done about each, and what of ours answers the payer."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from billing.models import Answer, AnswerStatus, ClaimLine, DenialStep, SentClaim, Step
from billing.models.denials import ENDED
from billing.models.line_reasons import with_reasons
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record
from rpm_portal.core.refusals import Refused

REFUSED = (AnswerStatus.DENIED, AnswerStatus.REJECTED)


def refusals(practice: Practice, *, show: str = "open") -> QuerySet[Answer]:
    """The answers that still refuse something, oldest first; `show` is open, ended or all.

    A refusal is over for the claim when the payer answered again or another version of the claim left. Where a file
    refuses lines, its word on the whole claim is not listed beside them.
    """
    later = Answer.objects.filter(sent=OuterRef("sent"), pk__gt=OuterRef("pk"))
    since = later.filter(line__isnull=True).exclude(remittance=OuterRef("remittance"))
    same_line = later.filter(line=OuterRef("line")) | since
    lines_too = Answer.objects.filter(
        sent=OuterRef("sent"), remittance=OuterRef("remittance"), line__isnull=False, status__in=REFUSED
    )
    newer = SentClaim.objects.filter(claim=OuterRef("sent__claim"), version__gt=OuterRef("sent__version"))
    steps = DenialStep.objects.filter(answer=OuterRef("pk")).order_by("-taken_at", "-pk")
    rows = Answer.objects.for_practice(practice).filter(status__in=REFUSED)
    rows = rows.exclude(Exists(newer)).exclude(Exists(lines_too), line__isnull=True)
    whole = later.filter(line__isnull=True)
    rows = rows.exclude(Exists(same_line), line__isnull=False).exclude(Exists(whole), line__isnull=True)
    rows = rows.annotate(stands=Coalesce(Subquery(steps.values("step")[:1]), Value("")))
    if show == "open":
        rows = rows.exclude(stands__in=ENDED)
    elif show == "ended":
        rows = rows.filter(stands__in=ENDED)
    taken = Prefetch("steps", queryset=DenialStep.objects.select_related("taken_by"))
    return rows.order_by("answered_at", "pk").prefetch_related(taken)


def with_lines(answers: list[Answer]) -> list[tuple[Answer, list[ClaimLine], Decimal]]:
    """Each refusal with the lines it is about, their reasons filled in, and their charges. Two statements."""
    sent = {answer.pk: _services(answer) for answer in answers}
    numbers = {number for charges in sent.values() for number in charges}
    by_number = ClaimLine.objects.in_bulk(numbers, field_name="public_id")
    with_reasons(by_number.values())
    return [
        (answer, [by_number[number] for number in sent[answer.pk]], sum(sent[answer.pk].values(), Decimal()))
        for answer in answers
    ]


def _services(answer: Answer) -> dict[str, Decimal]:
    """What was asked for the refused line, or for each line of the refused claim, by the line's number."""
    sent = {row["control"]: Decimal(row["charge"]) for row in answer.sent.as_sent().get("services", [])}
    if answer.line is None:
        return sent
    return {answer.line.public_id: sent.get(answer.line.public_id, Decimal())}


@transaction.atomic
def take_step(*, answer: Answer, step: str, note: str, by: Membership, now: datetime) -> DenialStep:
    """Keep what somebody did about a refusal. Raises Refused without a note or where the work has ended."""
    if step not in Step.values:
        raise Refused("Choose what was done.")
    if len(note.strip()) < 3:
        raise Refused("Say in a few words what was done or found, for the next person.")
    Answer.objects.select_for_update(of=("self",)).get(pk=answer.pk)
    latest: Any = answer.steps.order_by("-taken_at", "-pk").first()
    if latest is not None and latest.step in ENDED:
        raise Refused(f"This was {latest.get_step_display()} by {latest.taken_by} already.")
    row = DenialStep.objects.create(
        practice_id=answer.practice_id, answer=answer, step=step, note=note.strip()[:300], taken_at=now,
        taken_by=by.user,
    )  # fmt: skip
    record(
        practice=by.practice, by=by.user, role=by.role, action=f"denial_{step}", now=now,
        subject=f"claim:{answer.sent.control}", detail={"note": row.note},
    )  # fmt: skip
    return row
