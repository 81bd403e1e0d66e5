"""Readings of shared devices that wait for the answer whose they are."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from enrollment.models import Enrollment
from enrollment.queries import Custody, custody_by_serial
from monitoring.intake.repairs import play_rows
from monitoring.intake.unmatched_rows import measured_at_of
from monitoring.models import PersonChoice, UnmatchedReading
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.identifiers import plain_serial
from rpm_portal.core.refusals import Refused


def people_of(practice_id: int, rows: Iterable[UnmatchedReading]) -> dict[int, list[Enrollment]]:
    """The people who had the device of each waiting reading when it was measured. Two statements, or none."""
    waiting = {row.pk: row for row in rows if row.reason == UnmatchedReading.Reason.WHOSE and row.resolved_at is None}
    if not waiting:
        return {}
    custody = custody_by_serial(practice_id, {plain_serial(row.serial) for row in waiting.values()})
    ids = {pk: _holders(row, custody.get(plain_serial(row.serial), [])) for pk, row in waiting.items()}
    by_id = Enrollment.objects.select_related("patient").in_bulk({one for every in ids.values() for one in every})
    return {pk: [by_id[one] for one in every] for pk, every in ids.items()}


def _holders(row: UnmatchedReading, custody: Iterable[Custody]) -> list[int]:
    at = measured_at_of(row)
    return list(dict.fromkeys(h.enrollment_id for h in custody if at is not None and h.had_at(at)))


@transaction.atomic
def choose_person(*, reading: UnmatchedReading, enrollment: str, by: Membership, now: datetime) -> Enrollment:
    """Answer whose reading it is: one of the people who had the device then, by public id. Raises Refused.

    Its day and its alerts begin with this answer, when the delivery is processed again.
    """
    reading = UnmatchedReading.objects.select_for_update(of=("self",)).get(pk=reading.pk)
    people = people_of(reading.practice_id, [reading]).get(reading.pk, [])
    chosen = next((row for row in people if row.public_id == enrollment), None)
    if chosen is None:
        raise Refused("Choose one of the people who had the device then, or dismiss the reading.")
    PersonChoice.objects.create(
        practice_id=reading.practice_id,
        unmatched=reading,
        digest=reading.digest.partition(":")[0],
        enrollment=chosen,
        chosen_by=by.user,
        chosen_at=now,
    )
    record_change(reading, "choose_person", by=by, now=now, enrollment=chosen.public_id)
    play_rows(UnmatchedReading.objects.filter(pk=reading.pk), now=now)
    return chosen
