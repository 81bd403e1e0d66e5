"""The seal of a month: one person prepares it, another sets it. It locks time, checks the facts and closes the month.

Open work is listed beforehand: undecided lines, unsigned days, lines without the billing provider's attestation. Each
blocks only its own lines: once those are held, the rest can be sealed.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models.functions import Now

from billing.close.changes import check_unchanged, months_it_rests_on
from billing.close.moves import MONTH_MOVES, check_move, lock_close
from billing.models import (
    CLOSED_STATES,
    Attestation,
    CloseState,
    DeviceAnchor,
    LineState,
    MonthClose,
    MonthSeal,
)
from billing.review.overrides import check_no_open_requests
from billing.seal.attestation_texts import STATEMENT, VERSION
from billing.seal.decided_again import lines_that_differ
from billing.seal.signed_month import check_rows, is_signed, sign_month
from billing.seal.waiting_lines import lines_that_wait
from enrollment.queries import served_in
from monitoring.services import lock_readings
from rpm_portal.accounts.models import Membership, User
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Permission, Role, may
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused
from timetracking.queries import running_since_before
from timetracking.timers import lock_month, unlock_month


@dataclass(frozen=True, slots=True)
class UnsignedDay:
    """A day that its person has not signed, and the number of lines that depend on it."""

    staff: User
    day: date
    lines: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What blocks the seal: `undecided` lines, unsigned days, lines to attest by provider, time without approval."""

    undecided: int
    unsigned: list[UnsignedDay]
    unsigned_lines: frozenset[int]
    unattested: list[tuple[Membership, int]]
    unattested_lines: frozenset[int]
    unapproved_lines: frozenset[int]

    @property
    def nothing(self) -> bool:
        """Whether the month may be submitted for lock."""
        return not (self.undecided or self.unsigned or self.unattested or self.unapproved_lines)

    @property
    def sentence(self) -> str:
        """What must be done first, one sentence each."""
        sentences = []
        if self.undecided:
            lines = _line_words(self.undecided, "need")
            sentences.append(f"{lines} a decision. Approve, hold, or drop them first.")
        if self.unsigned:
            lines, days = _line_words(len(self.unsigned_lines), "depend"), len(self.unsigned)
            words = "1 unsigned day" if days == 1 else f"{days} unsigned days"
            sentences.append(f"{lines} on {words}. Have the days signed, or hold the lines.")
        if self.unattested:
            names = ", ".join(f"{provider.user} ({count})" for provider, count in self.unattested)
            sentences.append(f"Lines need an attestation: {names}. Have them signed, or hold them.")
        if self.unapproved_lines:
            lines = _line_words(len(self.unapproved_lines), "depend")
            sentences.append(f"{lines} on time without approval. Have it approved, or hold the lines.")
        return " ".join(sentences)


def _line_words(number: int, verb: str) -> str:
    """`1 line depends`, `2 lines depend`."""
    return f"1 line {verb}s" if number == 1 else f"{number} lines {verb}"


def _attested_ids(close: MonthClose) -> set[int]:
    return {pk for ids in close.attestations.values_list("line_ids", flat=True) for pk in ids}


def waiting_for(close: MonthClose) -> Waiting:
    """What blocks the seal of a month. At most five statements for any number of lines."""
    unsigned: Counter[tuple[int, date]] = Counter()
    unsigned_lines: set[int] = set()
    unapproved_lines: set[int] = set()
    for line_id, staff_id, day in lines_that_wait(close):
        if staff_id is None or day is None:
            unapproved_lines.add(line_id)
            continue
        unsigned[staff_id, day] += 1
        unsigned_lines.add(line_id)
    people = User.objects.in_bulk({staff for staff, _ in unsigned})
    attested = _attested_ids(close)
    needing_attestation = close.lines.filter(needs_attestation=True, state__in=[LineState.PROPOSED, LineState.APPROVED])
    unattested: Counter[Membership] = Counter()
    unattested_lines = set()
    for line in needing_attestation.select_related("claim__billing_provider__user"):
        if line.pk not in attested:
            unattested[line.claim.billing_provider] += 1
            unattested_lines.add(line.pk)
    return Waiting(
        undecided=close.lines.filter(state=LineState.PROPOSED).count(),
        unsigned=[UnsignedDay(people[staff], day, count) for (staff, day), count in unsigned.items()],
        unsigned_lines=frozenset(unsigned_lines),
        unattested=sorted(unattested.items(), key=lambda pair: pair[0].user.family_name),
        unattested_lines=frozenset(unattested_lines),
        unapproved_lines=frozenset(unapproved_lines),
    )


@transaction.atomic
def attest(*, close: MonthClose, by: Membership, now: datetime) -> Attestation:
    """Record a provider's attestation to all lines billed under their name. The view has checked the password.

    Raises Refused if no line needs it, the month is not in review, or facts changed since it was computed.
    """
    close = lock_close(close)
    if close.state != CloseState.IN_REVIEW:
        raise Refused(f"The month is {close.get_state_display()}; lines are attested to while it is in review.")
    check_unchanged(close, now=now)
    own_lines = close.lines.filter(
        needs_attestation=True,
        state__in=[LineState.PROPOSED, LineState.APPROVED],
        claim__billing_provider__user=by.user_id,
    )
    line_ids = sorted(set(own_lines.values_list("pk", flat=True)) - _attested_ids(close))
    if not line_ids:
        raise Refused("No line of this month waits for your attestation.")
    row = Attestation.objects.create(
        practice=close.practice,
        close=close,
        provider=by,
        statement=STATEMENT,
        version=VERSION,
        signed_as=by.signature,
        signed_at=now,
        line_ids=line_ids,
    )
    record_change(close, "attest_lines", by=by, now=now, lines=len(line_ids))
    return row


@transaction.atomic
def prepare_seal(*, close: MonthClose, by: Membership, now: datetime) -> MonthClose:
    """Record that the first of two persons declares the month ready. Raises Refused naming all open work."""
    month = Month.of(close.month)
    if month.ends_at(close.zone) > now:
        raise Refused(f"{month.words} is not over yet. It can be locked after its last midnight in {close.zone}.")
    close = lock_close(close)
    message = f"Only a month in review can be submitted for lock; this one is {close.get_state_display()}."
    check_move(close.state, CloseState.PREPARED, MONTH_MOVES, message)
    if is_signed(close):
        check_rows(close)
    check_no_open_requests(close)
    waiting = waiting_for(close)
    if not waiting.nothing:
        raise Refused(waiting.sentence)
    check_unchanged(close, now=now)
    if differing := lines_that_differ(close):
        raise Refused(
            f"The lines of {len(differing)} enrollments are not those that follow from their facts. "
            "Recalculate all of the month, and inform the administrator."
        )
    if unsealed := months_it_rests_on(close):
        names = ", ".join(earlier_month.words for earlier_month in unsealed)
        raise Refused(f"Lines of {names} count toward this month and are not locked yet. Lock {names} first.")
    close.state, close.prepared_at, close.prepared_by = CloseState.PREPARED, now, by.user
    save_with_reason(close, reason="Submitted for lock", by=by.user)
    record_change(close, "prepare_seal", by=by, now=now)
    sign_month(close, action="prepared", by=by.user, now=now)
    return close


@transaction.atomic
def take_back(*, close: MonthClose, by: Membership, now: datetime) -> MonthClose:
    """Return a prepared month to review. Raises Refused if it is not prepared."""
    close = lock_close(close)
    if close.state != CloseState.PREPARED:
        raise Refused(
            f"The month is {close.get_state_display()}; only a month that was submitted for lock can be returned "
            "to review."
        )
    close.state, close.prepared_at, close.prepared_by = CloseState.IN_REVIEW, None, None
    save_with_reason(close, reason="Returned to review", by=by.user)
    record_change(close, "take_back_seal", by=by, now=now)
    sign_month(close, action="returned", by=by.user, now=now, claims=())
    return close


def others_may_approve(practice_id: int, user: User, *, on: date) -> bool:
    """Whether anybody else in the practice may approve a seal on a day. One statement."""
    roles = [role for role in Role if may(role, Permission.APPROVE_SEAL)]
    rows = Membership.objects.filter(practice=practice_id, role__in=roles).in_force(on)
    return rows.exclude(user=user).exists()


@transaction.atomic
def seal_month(*, close: MonthClose, by: Membership, now: datetime, alone: str = "") -> MonthClose:
    """Seal a month as the second person: lock its time, check that no fact changed, fix the device windows.

    The person who prepared it may seal it only if nobody else may, with a reason. Raises Refused while timers run,
    if facts changed since, or for the wrong person.
    """
    close = lock_close(close)
    practice, month = close.practice, Month.of(close.month)
    check_move(
        close.state,
        CloseState.SEALED,
        MONTH_MOVES,
        f"Only a month that was submitted for lock can be locked; this one is {close.get_state_display()}.",
    )
    if close.prepared_by_id == by.user_id:
        if others_may_approve(practice.pk, by.user, on=local_day(now, practice.zone)):
            raise Refused("You submitted this month for lock. A second person must lock it.")
        if len(alone.strip()) < 10:
            raise Refused("No other person may approve here. Enter a reason of at least 10 characters to lock alone.")
        close.single_person_reason = alone.strip()[:300]
    check_rows(close)
    waiting = waiting_for(close)
    if not waiting.nothing:
        raise Refused(waiting.sentence)
    lock_month(practice=practice, month=month, by=by.user, now=now)
    running = running_since_before(practice.pk, end=month.ends_at(close.zone))
    if running:
        raise Refused(f"{running} timers that began in {month.words} still run. Have them stopped first.")
    # Lines of other months count here: lock the sealed months, so that none changes its lines meanwhile.
    others = MonthClose.objects.filter(practice=practice, state__in=CLOSED_STATES).order_by("pk")
    list(others.select_for_update(no_key=True, of=("self",)))
    close.facts_at = lock_readings(served_in(practice.pk, month.first_day, month.last_day))
    # Checked under the locks: otherwise the seal could cover other facts than those the lines were computed from.
    check_unchanged(close, now=now, everything=True)
    MonthSeal.objects.create(practice=practice, close=close, taken_at=close.facts_at)
    _fix_windows(close)
    close.state, close.sealed_at, close.sealed_by = CloseState.SEALED, now, by.user
    save_with_reason(close, reason="Locked", by=by.user)
    detail = {"facts": close.facts_digest, "output": close.output_digest, "engine": close.engine}
    if close.single_person_reason:
        detail["alone"] = close.single_person_reason
    record_change(close, "seal_month", by=by, now=now, **detail)
    sign_month(close, action="sealed", by=by.user, now=now)
    return close


@transaction.atomic
def reopen_month(*, close: MonthClose, by: Membership, reason: str, now: datetime) -> MonthClose:
    """Remove the seal, before anything was sent.

    A second person does it: not the one who sealed the month, unless nobody else may approve. Raises Refused.
    """
    close = lock_close(close)
    if close.state != CloseState.SEALED:
        raise Refused(f"The month is {close.get_state_display()}. Only a locked month without claim files can reopen.")
    if len(reason.strip()) < 10:
        raise Refused("Enter a reason of at least 10 characters to reopen the month.")
    if close.sealed_by_id == by.user_id and others_may_approve(
        close.practice_id, by.user, on=local_day(now, close.practice.zone)
    ):
        raise Refused("You locked this month. Another person who may approve it reopens it.")
    if waiting := [row for row in close.submissions.defer("body") if row.state != "withdrawn"]:
        raise Refused(f"Submission {waiting[0].number} of this month is not withdrawn. Withdraw it first.")
    close.seals.filter(lifted_at__isnull=True).update(
        lifted_at=Now(), lifted_by=by.user, lift_reason=reason.strip()[:300]
    )
    close.state = CloseState.IN_REVIEW
    close.sealed_at = close.sealed_by = close.facts_at = close.prepared_at = close.prepared_by = None
    close.single_person_reason = ""
    save_with_reason(close, reason=f"Reopened: {reason.strip()}", by=by.user)
    unlock_month(practice=close.practice, month=Month.of(close.month))
    record_change(close, "reopen_month", by=by, now=now, reason=reason.strip()[:300])
    sign_month(close, action="reopened", by=by.user, now=now, claims=())
    return close


def _fix_windows(close: MonthClose) -> None:
    """Fix each enrollment's device windows at its first sealed device line, so that late readings never move them."""
    rows = close.lines.filter(component="device", state=LineState.APPROVED)
    rows = rows.exclude(enrollment__in=DeviceAnchor.objects.filter(practice=close.practice_id).values("enrollment"))
    first_days: dict[int, date] = {}
    for enrollment_id, period_start in rows.order_by("-period_start").values_list("enrollment_id", "period_start"):
        if period_start is not None:
            first_days[enrollment_id] = period_start
    DeviceAnchor.objects.bulk_create(
        DeviceAnchor(practice_id=close.practice_id, enrollment_id=pk, starts_on=day, fixed_by=close)
        for pk, day in sorted(first_days.items())
    )
