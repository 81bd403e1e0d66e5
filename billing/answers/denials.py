"""Denied and rejected claims and lines as work: which are open, and the steps taken on each."""

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
    """The denials and rejections in force, oldest first; `show` is open, ended or all.

    A refusal no longer counts once the payer answered again or a newer version of the claim was sent. If a file
    refuses lines, its answer to the whole claim is not listed in addition.
    """
    later_answers = Answer.objects.filter(sent=OuterRef("sent"), pk__gt=OuterRef("pk"))
    later_on_claim = later_answers.filter(line__isnull=True).exclude(remittance=OuterRef("remittance"))
    superseding_line = later_answers.filter(line=OuterRef("line")) | later_on_claim
    refused_lines = Answer.objects.filter(
        sent=OuterRef("sent"), remittance=OuterRef("remittance"), line__isnull=False, status__in=REFUSED
    )
    newer_version = SentClaim.objects.filter(claim=OuterRef("sent__claim"), version__gt=OuterRef("sent__version"))
    steps = DenialStep.objects.filter(answer=OuterRef("pk")).order_by("-taken_at", "-pk")
    rows: QuerySet[Answer] = Answer.objects.for_practice(practice).filter(status__in=REFUSED)
    rows = rows.exclude(Exists(newer_version)).exclude(Exists(refused_lines), line__isnull=True)
    superseding_claim = later_answers.filter(line__isnull=True)
    rows = rows.exclude(Exists(superseding_line), line__isnull=False).exclude(
        Exists(superseding_claim), line__isnull=True
    )
    rows = rows.annotate(latest_step=Coalesce(Subquery(steps.values("step")[:1]), Value("")))
    if show == "open":
        rows = rows.exclude(latest_step__in=ENDED)
    elif show == "ended":
        rows = rows.filter(latest_step__in=ENDED)
    steps_taken = Prefetch("steps", queryset=DenialStep.objects.select_related("taken_by"))
    return rows.order_by("answered_at", "pk").prefetch_related(steps_taken)


def with_lines(answers: list[Answer]) -> list[tuple[Answer, list[ClaimLine], Decimal]]:
    """Each refusal with its lines, their reasons filled in, and the total of their charges. Two statements."""
    charges_by_answer = {answer.pk: _charges_by_line(answer) for answer in answers}
    numbers = {number for charges in charges_by_answer.values() for number in charges}
    by_number = ClaimLine.objects.in_bulk(numbers, field_name="public_id")
    with_reasons(by_number.values())
    return [
        (
            answer,
            [by_number[number] for number in charges_by_answer[answer.pk]],
            sum(charges_by_answer[answer.pk].values(), Decimal()),
        )
        for answer in answers
    ]


def _charges_by_line(answer: Answer) -> dict[str, Decimal]:
    """The charge of the refused line, or of each line of the refused claim, by the line's number."""
    charges = {row["control"]: Decimal(row["charge"]) for row in answer.sent.as_sent().get("services", [])}
    if answer.line is None:
        return charges
    return {answer.line.public_id: charges.get(answer.line.public_id, Decimal())}


@transaction.atomic
def take_step(*, answer: Answer, step: str, note: str, by: Membership, now: datetime) -> DenialStep:
    """Record a step on a refusal. Raises Refused without a note, or if the work has ended."""
    if step not in Step.values:
        raise Refused("Choose what was done.")
    if len(note.strip()) < 3:
        raise Refused("Say in a few words what was done or found, for the next person.")
    Answer.objects.select_for_update(of=("self",)).get(pk=answer.pk)
    latest: Any = answer.steps.order_by("-taken_at", "-pk").first()
    if latest is not None and latest.step in ENDED:
        raise Refused(f"This was {latest.get_step_display()} by {latest.taken_by} already.")
    row = DenialStep.objects.create(
        practice_id=answer.practice_id,
        answer=answer,
        step=step,
        note=note.strip()[:300],
        taken_at=now,
        taken_by=by.user,
    )
    record(
        practice=by.practice,
        by=by.user,
        role=by.role,
        action=f"denial_{step}",
        now=now,
        subject=f"claim:{answer.sent.control}",
        detail={"note": row.note},
    )
    return row
