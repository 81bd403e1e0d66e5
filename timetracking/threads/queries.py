"""Questions about threads: the inbox, the threads of a patient, what is unread."""

from datetime import datetime

from django.db.models import BooleanField, Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import local_day
from rpm_portal.core.db.tenancy import PracticeQuerySet
from timetracking.models import MessageThread, ThreadRead, ThreadState

LISTS = {"mine": "Mine", "team": "Team", "overdue": "Overdue", "waiting": "Waiting for the patient", "closed": "Closed"}


def _with_new(rows: PracticeQuerySet, member: Membership) -> PracticeQuerySet:
    """With `is_new`: somebody else wrote since the member read the thread."""
    read = ThreadRead.objects.filter(thread=OuterRef("pk"), member=member).values("read_at")
    rows = rows.annotate(read_at=Subquery(read))
    unread = Q(read_at__isnull=True) | Q(read_at__lt=F("last_at"))
    return rows.annotate(is_new=Case(When(unread, then=Value(True)), default=False, output_field=BooleanField()))


def inbox_lists(member: Membership, *, now: datetime) -> dict[str, Q]:
    """The condition of each list of the inbox. A thread of nobody is in everybody's list."""
    today = local_day(now, member.practice.zone)
    here = Q(state=ThreadState.OPEN) & (Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=today))
    has_left = Q(owner__ends_on__lt=today) | Q(owner__ended_at__isnull=False)
    return {
        "mine": here & (Q(owner=member) | Q(owner__isnull=True) | has_left),
        "team": here,
        "overdue": here & Q(answer_due_at__lt=now),
        "waiting": Q(state=ThreadState.WAITING),
        "closed": Q(state=ThreadState.CLOSED),
    }


def inbox(member: Membership, name: str, *, now: datetime) -> PracticeQuerySet:
    """The threads of a list: those that need a look first, then by when the answer is due."""
    rows = MessageThread.objects.for_practice(member.practice_id).filter(inbox_lists(member, now=now)[name])
    rows = rows.select_related("enrollment__patient", "owner__user")
    ordered = rows.order_by("-needs_look", Coalesce("answer_due_at", "last_at"), "pk")
    return _with_new(ordered if name not in {"waiting", "closed"} else rows.order_by("-last_at", "pk"), member)


def inbox_counts(member: Membership, *, now: datetime) -> dict[str, int]:
    """How many threads are in each list that waits for the care team. One statement."""
    lists = inbox_lists(member, now=now)
    names = ("mine", "team", "overdue")
    rows = MessageThread.objects.for_practice(member.practice_id).filter(state=ThreadState.OPEN)
    found: dict[str, int] = rows.aggregate(**{name: Count("pk", filter=lists[name]) for name in names})
    return found


def threads_of(enrollment: Enrollment, member: Membership) -> PracticeQuerySet:
    """The threads of an enrollment, those that wait for the care team first, then the newest."""
    rows = MessageThread.objects.for_practice(enrollment.practice_id).filter(enrollment=enrollment)
    return _with_new(
        rows.select_related("owner__user").order_by(F("answer_due_at").asc(nulls_last=True), "-last_at"), member
    )


def patient_read_at(thread: MessageThread) -> datetime | None:
    """When the patient last opened the thread on the secure page; None if never. One statement."""
    found = ThreadRead.objects.filter(practice=thread.practice_id, thread=thread, member__isnull=True)
    return found.values_list("read_at", flat=True).first()
