"""Appeals of denied lines and claims: opened with a letter, filed within the deadline, decided, and taken further."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from billing.claims.appeal_levels import AppealLevel, deadline, level_of, levels_of, next_level
from billing.claims.posting_lock import lock_posting
from billing.claims.work_items import update_work
from billing.models import (
    ADJUDICATED,
    Answer,
    Appeal,
    AppealOutcome,
    ClaimLine,
    ClaimVersion,
)
from billing.policies.profiles import profiles_on
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

MIN_ARGUMENT = 40
_GO_ON = (AppealOutcome.UNFAVORABLE, AppealOutcome.PARTLY, AppealOutcome.DISMISSED)
_LATE_FILING = "29"  # CARC: the time limit for filing has expired. It is no initial determination (42 CFR 405.926(n)).


def check_appealable(version: ClaimVersion, answer: Answer) -> None:
    """Raise Refused if the payer's answer has no appeal: rejected, unprocessable, or filed too late."""
    if version.state not in ADJUDICATED:
        raise Refused(
            f"This claim is {version.get_state_display()}. There is no appeal; correct it and send it as a new claim."
        )
    if any(one["reason"] == _LATE_FILING for one in answer.reasons):
        raise Refused("A denial for late filing (CARC 29) has no appeal.")


@transaction.atomic
def open_appeal(
    *,
    version: ClaimVersion,
    line: ClaimLine | None,
    answer: Answer,
    amount: Decimal,
    argument: str,
    by: Membership,
    now: datetime,
) -> Appeal:
    """Open the first level of an appeal of a denied line or claim, with the argument of its letter. Raises Refused."""
    lock_posting(version.practice_id)
    check_appealable(version, answer)
    level = levels_of(version.claim.payer)[0]
    if Appeal.objects.filter(version=version, line=line, answer=answer).exists():
        raise Refused("An appeal of this denial is open already.")
    return _open(version, line, answer, level, amount, argument, decided_on=answer.on, by=by, now=now)


@transaction.atomic
def open_next_level(*, appeal: Appeal, argument: str, by: Membership, now: datetime) -> Appeal:
    """Open the level after one that was not decided in the practice's favor. Raises Refused."""
    lock_posting(appeal.practice_id)
    row: Appeal = Appeal.objects.select_related("version__claim__payer", "answer", "line").get(pk=appeal.pk)
    if row.outcome not in _GO_ON or row.decided_on is None:
        raise Refused("The next level follows an unfavorable decision, a partly favorable one, or a dismissal.")
    level = next_level(row.version.claim.payer, row.level)
    if level is None:
        raise Refused("This was the last level.")
    if Appeal.objects.filter(previous=row).exists():
        raise Refused("The next level is open already.")
    least = level.least_amount(local_day(now, row.version.practice.zone).year)
    if least is not None and row.amount < least:
        raise Refused(f"A {level.name} needs an amount in controversy of at least ${least}.")
    return _open(
        row.version,
        row.line,
        row.answer,
        level,
        row.amount,
        argument,
        decided_on=row.decided_on,
        by=by,
        now=now,
        previous=row,
    )


def _open(
    version: ClaimVersion,
    line: ClaimLine | None,
    answer: Answer,
    level: AppealLevel,
    amount: Decimal,
    argument: str,
    *,
    decided_on: date,
    by: Membership,
    now: datetime,
    previous: Appeal | None = None,
) -> Appeal:
    today = local_day(now, version.practice.zone)
    profile = profiles_on(version.practice_id, today).get(version.claim.payer_id or 0)
    days = deadline(level, decided_on, profile)
    if days is None:
        raise Refused("The appeal limit of this payer is not on file. Record it with the payer's procedures first.")
    if today > days[1]:
        raise Refused(f"The time for a {level.name} ended on {days[1]}.")
    if len(argument.strip()) < MIN_ARGUMENT:
        raise Refused(
            f"Say in at least {MIN_ARGUMENT} characters why the decision is wrong; it is printed in the letter."
        )
    row: Appeal = Appeal.objects.create(
        practice_id=version.practice_id,
        version=version,
        line=line,
        answer=answer,
        previous=previous,
        level=level.key,
        amount=amount,
        argument=argument.strip()[:2000],
        due_on=days[0],
        last_day=days[1],
        opened_at=now,
        opened_by=by.user,
    )
    update_work(version.practice, now=now, claims=[version.claim_id])
    record_change(row, "open_appeal", by=by, now=now, level=level.key, claim=version.control)
    return row


@transaction.atomic
def file_appeal(*, appeal: Appeal, on: date | None, how: str, reference: str, by: Membership, now: datetime) -> Appeal:
    """Record that an appeal was filed: when, how, and the reference number. Raises Refused."""
    row: Appeal = (
        Appeal.objects.select_for_update(of=("self",)).select_related("practice", "answer", "version").get(pk=appeal.pk)
    )
    if row.filed_on is not None or row.ended_at is not None:
        raise Refused("This appeal is filed or ended already.")
    if on is None or not row.answer.on <= on <= local_day(now, row.practice.zone):
        raise Refused("Enter the day on which it was filed: not before the decision, not later than today.")
    if on > row.last_day:
        raise Refused(f"The time for this level ended on {row.last_day}.")
    if len(how.strip()) < 3:
        raise Refused("Enter how it was filed: portal, fax, or mail.")
    row.filed_on, row.filed_how, row.reference, row.filed_by = on, how.strip()[:100], reference.strip()[:60], by.user
    row.save(update_fields=["filed_on", "filed_how", "reference", "filed_by"])
    update_work(row.practice, now=now, claims=[row.version.claim_id])
    record_change(row, "file_appeal", by=by, now=now, on=on.isoformat(), how=row.filed_how)
    return row


@transaction.atomic
def decide_appeal(*, appeal: Appeal, outcome: str, on: date | None, note: str, by: Membership, now: datetime) -> Appeal:
    """Record the decision on a level, or that it was withdrawn. Raises Refused."""
    row: Appeal = Appeal.objects.select_for_update(of=("self",)).select_related("practice", "version").get(pk=appeal.pk)
    if row.ended_at is not None:
        raise Refused(f"This appeal is decided: {row.get_outcome_display()}.")
    if outcome not in AppealOutcome.values:
        raise Refused("Choose how the appeal was decided.")
    if len(note.strip()) < 3:
        raise Refused("Say in a few words what was decided, for the next person.")
    if outcome != AppealOutcome.WITHDRAWN:
        if row.filed_on is None:
            raise Refused("Record first when and how it was filed.")
        if on is None or not row.filed_on <= on <= local_day(now, row.practice.zone):
            raise Refused("Enter the day of the decision: from the filing to today.")
        row.decided_on = on
    row.outcome, row.ended_at, row.ended_by, row.end_note = outcome, now, by.user, note.strip()[:300]
    row.save(update_fields=["outcome", "decided_on", "ended_at", "ended_by", "end_note"])
    update_work(row.practice, now=now, claims=[row.version.claim_id])
    record_change(row, "decide_appeal", by=by, now=now, outcome=outcome, note=row.end_note)
    return row


def level_name(appeal: Appeal) -> str:
    """The name of an appeal's level; its payer is loaded."""
    return level_of(appeal.version.claim.payer, appeal.level).name


def appeals_of(answers: list[int]) -> QuerySet[Appeal]:
    """The appeals of some denials, oldest first. One statement."""
    rows: QuerySet[Appeal] = Appeal.objects.filter(answer__in=answers)
    return rows.select_related("version__claim__payer").defer("version__content").order_by("opened_at", "pk")
