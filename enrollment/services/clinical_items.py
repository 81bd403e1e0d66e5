"""Services of the medication, allergy and caregiver lists of a patient."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment.models import NO_KNOWN_ALLERGIES, ClinicalItem, ItemKind, Patient
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.plain_text import without_invisible
from rpm_portal.core.refusals import Refused

REPLACED = "An allergy was recorded."
SHORTEST_REASON = 5


@transaction.atomic
def add_item(
    *, patient: Patient, kind: str, name: str, since: date, by: Membership, now: datetime, today: date, **more: str
) -> ClinicalItem:
    """Record a medication, allergy or caregiver. An allergy ends the entry "No known allergies".

    `more` may have `detail` and `phone`. Raises Refused for a day in the future or before birth, a missing name, an
    entry that is on the list, and "No known allergies" while an allergy is on the list.
    """
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    row = ClinicalItem(
        practice_id=patient.practice_id,
        patient=patient,
        kind=kind,
        name=without_invisible(name).strip(),
        detail=without_invisible(more.get("detail", "")).strip(),
        phone=without_invisible(more.get("phone", "")).strip(),
        since=since,
        recorded_by=by.user,
        recorded_at=now,
    )
    _check(row, patient, today=today)
    if kind == ItemKind.ALLERGY:
        _end_none_known(row, by=by, now=now, today=today)
    row.save(force_insert=True)
    record_change(row, "add_clinical_item", by=by, now=now, kind=kind)
    return row


def _check(row: ClinicalItem, patient: Patient, *, today: date) -> None:
    """Raises Refused with what to correct."""
    if not row.name:
        raise Refused("Enter a name.", field="name")
    if not patient.born_on <= row.since <= today:
        raise Refused("The day must be between the date of birth and today.", field="since")
    try:
        row.full_clean(exclude=["public_id"])
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from None
    same = ClinicalItem.objects.filter(patient=patient, kind=row.kind, ended_on__isnull=True, name__iexact=row.name)
    if same.filter(detail__iexact=row.detail).exists():
        raise Refused(f"{row.name} is on the list already. End that entry first.", field="name")


def _end_none_known(row: ClinicalItem, *, by: Membership, now: datetime, today: date) -> None:
    """End "No known allergies" for a new allergy; refuse it while there is one."""
    others = ClinicalItem.objects.filter(patient=row.patient_id, kind=ItemKind.ALLERGY, ended_on__isnull=True)
    if row.name == NO_KNOWN_ALLERGIES:
        if others.exists():
            raise Refused("An allergy is on the list. End it before you record that there is none.", field="name")
        return
    for other in others.filter(name=NO_KNOWN_ALLERGIES):
        end_item(item=other, reason=REPLACED, by=by, now=now, today=today)


@transaction.atomic
def end_item(*, item: ClinicalItem, reason: str, by: Membership, now: datetime, today: date) -> ClinicalItem:
    """End an entry today; it stays in the history of the list. Raises Refused without a reason, or if it has ended."""
    item = ClinicalItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if item.ended_on is not None:
        raise Refused("This entry has ended already.")
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("Enter the reason (at least 5 characters).", field="reason")
    item.ended_on, item.ended_by, item.end_reason = (
        max(today, item.since),
        by.user,
        without_invisible(reason).strip()[:200],
    )
    item.save(update_fields=["ended_on", "ended_by", "end_reason"])
    record_change(item, "end_clinical_item", by=by, now=now, kind=item.kind)
    return item
