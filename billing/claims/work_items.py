"""Items of work: brought up to date by rule, and assigned, snoozed, noted and ended by people."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from billing.claims.posting_lock import lock_work
from billing.claims.work_rules import OpenWork, WorkKey, WorkRules
from billing.models import WorkItem, WorkNote
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Permission, Role, may
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

MAX_SNOOZE_DAYS = 90


@transaction.atomic
def update_work(practice: Practice, *, now: datetime, claims: Collection[int] | None = None) -> None:
    """Open, change and end items so that they are those that the rules give; of some claims, or of all.

    An item that a person ended stays ended. A constant number of statements, besides one for each new item.
    """
    lock_work(practice.pk)
    today = local_day(now, practice.zone)
    wanted = {item.key: item for item in WorkRules(practice, today, claims).open_work()}
    rows = WorkItem.objects.filter(practice=practice)
    if claims is not None:
        rows = rows.filter(claim__in=list(claims)) | rows.filter(claim__isnull=True)
    known = {key_of(row): row for row in rows}
    owners = possible_owners(practice, on=today)
    WorkItem.objects.bulk_create(
        _new_item(practice, item, owners, now) for key, item in wanted.items() if key not in known
    )
    changed = [row for key, row in known.items() if _brought_up_to_date(row, wanted.get(key), now)]
    WorkItem.objects.bulk_update(changed, ["amount", "due_on", "ended_at", "end_reason"], batch_size=500)


def key_of(item: WorkItem) -> WorkKey:
    """The key of a stored item."""
    return WorkKey(
        item.queue, item.claim_id, item.line_id, item.version_id, item.answer_id, item.transaction_id, item.duty_id
    )


def _brought_up_to_date(row: WorkItem, item: OpenWork | None, now: datetime) -> bool:
    """Change a stored item to what the rules give; whether it differs."""
    if row.ended_by_id is not None:
        return False
    before = (row.amount, row.due_on, row.ended_at)
    if item is None:
        row.ended_at = row.ended_at or now
    else:
        row.amount, row.due_on, row.ended_at = item.amount, item.due_on, None
    return before != (row.amount, row.due_on, row.ended_at)


def _new_item(practice: Practice, item: OpenWork, owners: Mapping[int, Membership], now: datetime) -> WorkItem:
    key, owner = item.key, item.asked if item.asked in owners else next(iter(owners), item.asked)
    if owner is None:
        raise LookupError("nobody of the practice may send claims")
    return WorkItem(
        practice=practice,
        queue=key.queue,
        claim_id=key.claim,
        line_id=key.line,
        version_id=key.version,
        answer_id=key.answer,
        transaction_id=key.transaction,
        duty_id=key.duty,
        amount=item.amount,
        due_on=item.due_on,
        owner_id=owner,
        opened_at=now,
    )


def possible_owners(practice: Practice, *, on: date) -> dict[int, Membership]:
    """The people who may send claims, billers first. One statement."""
    roles = [role for role in Role if may(role, Permission.SEND_CLAIMS)]
    rows = Membership.objects.filter(practice=practice, role__in=roles).in_force(on).select_related("user")
    ordered = sorted(rows, key=lambda row: (row.role != Role.BILLER, row.pk))
    return {row.user_id: row for row in ordered}


def items_of(practice: Practice, public_ids: Iterable[str]) -> QuerySet[WorkItem]:
    """Open items of a practice by public ID, with the rows that a list shows. One statement."""
    rows: QuerySet[WorkItem] = WorkItem.objects.filter(practice=practice, public_id__in=list(public_ids))
    return with_rows(rows.filter(ended_at__isnull=True))


def with_rows(rows: QuerySet[WorkItem]) -> QuerySet[WorkItem]:
    """Items with the rows that a list shows."""
    joined = (
        "claim__patient",
        "claim__payer",
        "claim__close",
        "line",
        "version",
        "answer",
        "transaction",
        "duty",
        "owner",
    )
    return rows.select_related(*joined).defer("version__content")


@transaction.atomic
def assign(*, items: Iterable[WorkItem], to: str, by: Membership, now: datetime) -> int:
    """Give items to a person, by the public ID of the role; returns how many. Raises Refused."""
    owners = possible_owners(by.practice, on=local_day(now, by.practice.zone))
    owner = next((row for row in owners.values() if row.public_id == to), None)
    if owner is None:
        raise Refused("Choose a person who may send claims.")
    return _each(items, f"Assigned to {owner.user}", by=by, now=now, owner=owner.user)


@transaction.atomic
def snooze(*, items: Iterable[WorkItem], until: date | None, by: Membership, now: datetime) -> int:
    """Hide items until a day, at most until each is due. Raises Refused."""
    today, rows = local_day(now, by.practice.zone), list(items)
    if until is None or until <= today or (until - today).days > MAX_SNOOZE_DAYS:
        raise Refused(f"Enter a day after today, at most {MAX_SNOOZE_DAYS} days ahead.")
    if late := [row for row in rows if until > row.due_on]:
        raise Refused(f"{len(late)} of these items are due before {until}. Choose an earlier day.")
    return _each(rows, f"Snoozed until {until}", by=by, now=now, snoozed_until=until)


@transaction.atomic
def note(*, items: Iterable[WorkItem], text: str, by: Membership, now: datetime) -> int:
    """Add a note to items. Raises Refused."""
    if len(text.strip()) < 3:
        raise Refused("Say in a few words what was done or found, for the next person.")
    return _each(items, text.strip()[:300], by=by, now=now)


@transaction.atomic
def end(*, items: Iterable[WorkItem], reason: str, by: Membership, now: datetime) -> int:
    """End items that the rules still list, with a reason. A refund ends only with proof. Raises Refused."""
    rows = list(items)
    if len(reason.strip()) < 10:
        raise Refused("Say in at least ten characters why nothing more is done.")
    if any(row.duty_id is not None for row in rows):
        raise Refused("A refund ends only with proof that the money went back. Open the refund and record it.")
    if any(row.transaction_id is not None for row in rows):
        raise Refused("A held payment ends when it is posted, and a check when its deposit is matched.")
    text = reason.strip()[:300]
    return _each(rows, f"Ended: {text}"[:300], by=by, now=now, ended_at=now, ended_by=by.user, end_reason=text)


def _each(items: Iterable[WorkItem], text: str, *, by: Membership, now: datetime, **values: object) -> int:
    """Set values of open items and note it on each. Raises Refused if there are none."""
    keys = [row.pk for row in items]
    rows = list(WorkItem.objects.select_for_update(of=("self",)).filter(pk__in=keys, ended_at__isnull=True))
    if not rows:
        raise Refused("Choose at least one open item.")
    if values:
        WorkItem.objects.filter(pk__in=[row.pk for row in rows]).update(**values)
    WorkNote.objects.bulk_create(
        WorkNote(practice_id=row.practice_id, item=row, text=text, at=now, by=by.user) for row in rows
    )
    for row in rows:
        record_change(row, "work_item", by=by, now=now, text=text)
    return len(rows)


def owner_names(practice: Practice, *, on: date) -> list[tuple[str, User]]:
    """The people who can be given items: the public ID of the role, and the person. One statement."""
    return [(row.public_id, row.user) for row in possible_owners(practice, on=on).values()]
