"""One posting: what its transactions share, and what follows for submissions, balances and states at its end."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

from billing.answers.x12_parts import Interchange, Transaction, element
from billing.answers.x12_values import first_day
from billing.claims.delivery import deliver_answered
from billing.claims.refunds import open_duties_of_unbilled
from billing.claims.states import update_states, versions_of
from billing.claims.work_items import update_work
from billing.ledger.balances import update_balances
from billing.models import Answer, AnswerFile, AnswerTransaction, PostingVerdict, Submission
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.days import local_day


@dataclass(slots=True)
class PostingRun:
    """The practice, the file, the person and the moment of a posting; the versions and submissions it touched."""

    practice: Practice
    file: AnswerFile | None
    by: Membership
    now: datetime
    versions: set[int] = field(default_factory=set)
    submissions: set[int] = field(default_factory=set)

    @property
    def today(self) -> date:
        """The practice's day."""
        return local_day(self.now, self.practice.zone)

    def finish(self) -> list[str]:
        """Mark answered submissions as delivered, and bring balances and states up to date. Returns findings."""
        rows = Submission.objects.filter(practice=self.practice, pk__in=self.submissions)
        rows = rows.select_related("close", "practice").defer("body").order_by("pk")
        findings = deliver_answered(rows, by=self.by.user, now=self.now)
        versions = list(versions_of(pk__in=self.versions))
        claims = sorted({row.claim_id for row in versions})
        update_balances(self.practice.pk, claims)
        update_states(versions)
        duties = open_duties_of_unbilled(claims, by=self.by, now=self.now)
        update_work(self.practice, now=self.now, claims=claims)
        return findings + [f"An un-billed line was paid: refund ${row.payer_amount} by {row.due_on}." for row in duties]


@dataclass(frozen=True, slots=True)
class FilePart:
    """One transaction of a file with its place, or an interchange that could not be read."""

    place: int
    interchange: Interchange
    transaction: Transaction | None

    def day(self, run: PostingRun) -> date:
        """The day of its group, else of its interchange, else today."""
        group = element(self.transaction.group, 4) if self.transaction else ""
        return first_day(group, f"20{self.interchange.sent_at[:6]}", latest=run.today) or run.today

    def order(self, place: int = 0) -> str:
        """What orders the answers of one day: ISA date, time and number, and the place in the file."""
        return f"{self.interchange.sent_at:10}|{self.interchange.control:>9}|{self.place:05d}|{place:06d}"

    @property
    def digest(self) -> str:
        """A digest of the transaction's segments."""
        return digest_of(self.transaction.segments if self.transaction else [])


def digest_of(segments: object) -> str:
    """A short digest of segments, for keys."""
    return hashlib.sha256(repr(segments).encode()).hexdigest()[:32]


def store_transaction(run: PostingRun, part: FilePart, kind: str, verdict: str, **values: object) -> AnswerTransaction:
    """Store what was done with a transaction."""
    posted = {"posted_at": run.now, "posted_by": run.by.user} if verdict == PostingVerdict.POSTED else {}
    fields = {"on": part.day(run), "key": f"{kind}|{part.digest}"} | posted | values
    if run.file is None:
        raise LookupError("an answer by hand has no transaction")
    row: AnswerTransaction = AnswerTransaction.objects.create(
        practice=run.practice,
        file=run.file,
        place=part.place,
        kind=kind[:40],
        verdict=verdict,
        interchange=part.interchange.control,
        sender=part.interchange.sender[:15],
        sent_at=part.interchange.sent_at,
        **fields,
    )
    return row


def is_posted(run: PostingRun, key: str) -> bool:
    """Whether a transaction with this identity was posted."""
    return AnswerTransaction.objects.filter(practice=run.practice, key=key, posted_at__isnull=False).exists()


def store_answers(run: PostingRun, rows: list[Answer]) -> int:
    """Store the answers that are new by their key, and note what they touch. Returns their number."""
    keys = [row.key for row in rows]
    known = set(Answer.objects.filter(practice=run.practice, key__in=keys).values_list("key", flat=True))
    new = list({row.key: row for row in rows if row.key not in known}.values())
    Answer.objects.bulk_create(new, batch_size=2000)
    run.versions |= {row.version_id for row in new if row.version_id is not None}
    return len(new)
