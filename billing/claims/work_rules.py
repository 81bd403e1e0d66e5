"""Which work is open: rejected, denied, unanswered, underpaid and other claims, refunds, held payments. Reads only."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from billing.claims.appeal_levels import deadline, levels_of
from billing.claims.refund_sums import duties
from billing.ledger.underpayments import underpayments
from billing.models import (
    CLOSED_STATES,
    DENIED_STATES,
    NEVER_ADJUDICATED,
    Answer,
    AnswerTransaction,
    Appeal,
    Claim,
    ClaimCorrection,
    ClaimState,
    ClaimVersion,
    CorrectionWay,
    DenialStep,
    LineBalance,
    LineState,
    PayerCheck,
    PayerProfile,
    PostingVerdict,
    Queue,
    SubmissionForm,
)
from billing.models.denials import ENDED
from billing.policies.profiles import PART_B, profiles_on
from billing.policies.timely_filing import FilingLimits
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import local_day

# Days after delivery without an acknowledgment, and without a remittance (Medicare, others).
ACKNOWLEDGED_WITHIN, MEDICARE_PAYS_WITHIN, OTHERS_PAY_WITHIN = (timedelta(days=n) for n in (3, 30, 45))
FILING_WARNING, BEFORE_APPEAL, DEPOSITED_WITHIN = timedelta(days=30), timedelta(days=30), timedelta(days=5)
# A contractor decides on a redetermination within 60 days (42 CFR 405.950); a reopening is expected as fast.
REOPENED_WITHIN = DECIDED_WITHIN = timedelta(days=60)
_NOT_ACKNOWLEDGED = (
    ClaimState.SENT,
    ClaimState.FILE_READ,
    ClaimState.FILE_ACCEPTED,
    ClaimState.FORWARDED,
    ClaimState.RECEIVED,
)
_UNANSWERED = (*_NOT_ACKNOWLEDGED, ClaimState.ACCEPTED)


class WorkKey(NamedTuple):
    """What makes an item one: its queue and the rows that it is about."""

    queue: str
    claim: int | None = None
    line: int | None = None
    version: int | None = None
    answer: int | None = None
    transaction: int | None = None
    duty: int | None = None


@dataclass(frozen=True, slots=True)
class OpenWork:
    """One piece of work by rule: its amount, its due date, and who is asked first."""

    key: WorkKey
    amount: Decimal
    due_on: date
    asked: int | None = None


def business_days_after(day: date, number: int) -> date:
    """The day that is a number of weekdays later."""
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


class WorkRules:
    """The rules of the queues for one practice on one day; of some claims only, or of all. 13 statements."""

    def __init__(self, practice: Practice, today: date, claims: Collection[int] | None = None) -> None:
        self.practice, self.today, self.claims = practice, today, claims
        self.profiles = profiles_on(practice.pk, today)
        self.filing_limits = FilingLimits(practice.pk)

    def open_work(self) -> list[OpenWork]:
        """Every open piece of work; held payments and checks are listed whatever the claims."""
        return [
            *(item for version in self._versions() for item in self._of_version(version)),
            *self._denied_lines(),
            *self._underpaid(),
            *self._never_sent(),
            *self._reopenings(),
            *self._refunds(),
            *self._held(),
            *self._without_deposit(),
        ]

    def _narrowed(self, rows: QuerySet[ClaimVersion], name: str = "claim") -> QuerySet[ClaimVersion]:
        return rows if self.claims is None else rows.filter(**{f"{name}__in": list(self.claims)})

    def _current(self) -> QuerySet[ClaimVersion]:
        """The delivered versions that no newer delivered one replaced."""
        newer = ClaimVersion.objects.filter(
            claim=OuterRef("claim"), number__gt=OuterRef("number"), submission__delivered_at__isnull=False
        )
        rows: QuerySet[ClaimVersion] = ClaimVersion.objects.filter(
            practice=self.practice, submission__delivered_at__isnull=False
        )
        return self._narrowed(rows).exclude(Exists(newer))

    def _versions(self) -> QuerySet[ClaimVersion]:
        """The current versions that may need work: all but those that are paid or processed completely."""
        states = (*NEVER_ADJUDICATED, *_UNANSWERED, ClaimState.OTHER_PAYER, *DENIED_STATES)
        lost = Count("answers", filter=Q(answers__is_line=True, answers__line__isnull=True))
        done = DenialStep.objects.filter(answer=OuterRef("decided_by"), version=OuterRef("pk"), step__in=ENDED)
        rows = self._current().annotate(unmatched=lost).exclude(Exists(done.filter(line__isnull=True)))
        rows = rows.filter(Q(state__in=states) | Q(open_lines__gt=0) | Q(unmatched__gt=0))
        rows = rows.select_related("claim__payer", "submission", "decided_by").prefetch_related("claim__lines")
        return rows.defer("content", "submission__body")

    def _of_version(self, version: ClaimVersion) -> Iterator[OpenWork]:
        state, answer = version.state, version.decided_by
        key = WorkKey(Queue.REJECTED, version.claim_id, version=version.pk, answer=version.decided_by_id)
        item = OpenWork(key, version.total, self.today, version.opened_by_id or version.submission.made_by_id)
        limit = self._filing_limit(version.claim)
        if state in NEVER_ADJUDICATED and answer is not None:
            due = business_days_after(answer.on, 2)
            yield replace(item, due_on=min(due, limit) if limit else due)
        elif state == ClaimState.OTHER_PAYER and answer is not None:
            yield replace(item, key=key._replace(queue=Queue.OTHER_PAYER), due_on=answer.on + timedelta(days=3))
        elif (version.open_lines or version.unmatched) and answer is not None:  # type: ignore[attr-defined]
            yield replace(item, key=key._replace(queue=Queue.UNMATCHED), due_on=answer.on + timedelta(days=5))
        if (late := self._unanswered_since(version)) is not None:
            yield replace(item, key=key._replace(queue=Queue.NO_ANSWER, answer=None), due_on=late)
        if state in (*NEVER_ADJUDICATED, *_UNANSWERED) and limit is not None and limit - FILING_WARNING <= self.today:
            yield replace(item, key=key._replace(queue=Queue.FILING, answer=None), due_on=limit)

    def _unanswered_since(self, version: ClaimVersion) -> date | None:
        """The day on which an answer was late; None if none is."""
        if version.state not in _UNANSWERED or version.submission.delivered_at is None:
            return None
        delivered = local_day(version.submission.delivered_at, self.practice.zone)
        payer = version.claim.payer
        pays = MEDICARE_PAYS_WITHIN if payer is not None and payer.filing == PART_B else OTHERS_PAY_WITHIN
        late = [delivered + pays]
        if version.state in _NOT_ACKNOWLEDGED and version.submission.form == SubmissionForm.X12:
            late.append(delivered + ACKNOWLEDGED_WITHIN)
        return min(late) if min(late) <= self.today else None

    def _filing_limit(self, claim: Claim) -> date | None:
        """The earliest last day to file a line of the claim; None if no limit is on file."""
        lines = [line for line in claim.lines.all() if line.state == LineState.APPROVED]
        return self.filing_limits.earliest(claim.payer, (line.dos for line in lines))

    def _profile(self, claim: Claim) -> PayerProfile | None:
        return self.profiles.get(claim.payer_id or 0)

    def _balances(self) -> QuerySet[LineBalance]:
        """The balances of lines that the current version's answers decided."""
        rows: QuerySet[LineBalance] = LineBalance.objects.filter(practice=self.practice, line__isnull=False)
        rows = rows if self.claims is None else rows.filter(claim__in=list(self.claims))
        rows = rows.filter(answer__version__in=self._current())
        return rows.select_related("answer__version__claim__payer").defer("answer__version__content")

    def _denied_lines(self) -> Iterator[OpenWork]:
        done = DenialStep.objects.filter(answer=OuterRef("answer"), line=OuterRef("line"), step__in=ENDED)
        rows = self._balances().filter(outcome__in=[ClaimState.DENIED, ClaimState.PART_DENIED]).exclude(Exists(done))
        rows = rows.exclude(answer__version__state__in=NEVER_ADJUDICATED)
        appeals = self._appeals()
        for row in rows:
            answer = row.answer
            if answer is None or answer.version is None or row.line_id is None:
                continue
            if (left := row.refused - row.written_off) > 0:
                item = self._of_line(Queue.DENIED, answer.version.claim, row.line_id, answer, left)
                appeal = appeals.get((row.answer_id, row.line_id))
                yield item if appeal is None else replace(item, due_on=_due_of(appeal))

    def _appeals(self) -> dict[tuple[int | None, int | None], Appeal]:
        """The open appeal of each denial, by the answer and the line."""
        rows = Appeal.objects.filter(practice=self.practice, ended_at__isnull=True).order_by("opened_at", "pk")
        return {(row.answer_id, row.line_id): row for row in rows}

    def _of_line(self, queue: str, claim: Claim, line: int, answer: Answer, amount: Decimal) -> OpenWork:
        """An item about one line, due thirty days before the first level of its appeal. The answer has its version."""
        days = deadline(levels_of(claim.payer)[0], answer.on, self._profile(claim))
        due = answer.on + BEFORE_APPEAL if days is None else days[0] - BEFORE_APPEAL
        key = WorkKey(queue, claim.pk, line, answer.version_id, answer.pk)
        return OpenWork(key, amount, due, answer.version.opened_by_id if answer.version else None)

    def _underpaid(self) -> Iterator[OpenWork]:
        for one in underpayments(self.practice, claims=self.claims):
            yield self._of_line(Queue.UNDERPAID, one.line.claim, one.line.pk, one.answer, one.difference)

    def _never_sent(self) -> Iterator[OpenWork]:
        """Claims of locked months that were never delivered, near their filing limit."""
        delivered = ClaimVersion.objects.filter(claim=OuterRef("pk"), submission__delivered_at__isnull=False)
        rows = Claim.objects.filter(practice=self.practice, close__state__in=CLOSED_STATES).exclude(Exists(delivered))
        rows = rows if self.claims is None else rows.filter(pk__in=list(self.claims))
        for claim in rows.select_related("payer", "close").prefetch_related("lines"):
            limit = self._filing_limit(claim)
            if limit is not None and limit - FILING_WARNING <= self.today:
                yield OpenWork(WorkKey(Queue.FILING, claim.pk), Decimal(), limit, claim.close.sealed_by_id)

    def _reopenings(self) -> Iterator[OpenWork]:
        """Reopenings that the payer was not asked for, or has not answered."""
        rows = ClaimCorrection.objects.filter(
            practice=self.practice, way=CorrectionWay.REOPENING, ended_at__isnull=True
        )
        rows = rows if self.claims is None else rows.filter(claim__in=list(self.claims))
        for row in rows.select_related("version").defer("content", "version__content"):
            due = business_days_after(local_day(row.opened_at, self.practice.zone), 5)
            due = min(due, row.due_on) if row.due_on else due
            due = row.asked_on + REOPENED_WITHIN if row.asked_on else due
            key = WorkKey(Queue.CORRECTION, row.claim_id, version=row.version_id)
            yield OpenWork(key, row.version.total, due, row.opened_by_id)

    def _refunds(self) -> Iterator[OpenWork]:
        for one in duties(self.practice):
            if self.claims is None or one.duty.claim_id in self.claims:
                key = WorkKey(Queue.REFUND, one.duty.claim_id, one.duty.line_id, duty=one.duty.pk)
                yield OpenWork(key, one.open_payer + one.open_patient, one.duty.due_on, one.duty.opened_by_id)

    def _held(self) -> Iterator[OpenWork]:
        rows = AnswerTransaction.objects.filter(
            practice=self.practice, verdict=PostingVerdict.HELD, posted_at__isnull=True
        )
        for row in rows.select_related("file").defer("file__body"):
            due = business_days_after(local_day(row.file.posted_at, self.practice.zone), 2)
            yield OpenWork(WorkKey(Queue.HELD, transaction=row.pk), row.amount or Decimal(), due, row.file.posted_by_id)

    def _without_deposit(self) -> Iterator[OpenWork]:
        rows = PayerCheck.objects.filter(practice=self.practice, amount__gt=0, deposits__isnull=True)
        rows = rows.filter(paid_on__lte=self.today - DEPOSITED_WITHIN).select_related("transaction__file")
        for row in rows.defer("transaction__file__body"):
            due = business_days_after(row.paid_on + DEPOSITED_WITHIN, 2)
            asked = row.transaction.file.posted_by_id
            yield OpenWork(WorkKey(Queue.HELD, transaction=row.transaction_id), row.amount, due, asked)


def _due_of(appeal: Appeal) -> date:
    """The day to file an appeal by, or the day on which its decision is late."""
    return appeal.due_on if appeal.filed_on is None else appeal.filed_on + DECIDED_WITHIN
