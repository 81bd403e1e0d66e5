"""Merge of two records of one person: enrollments and coverage move, and the duplicate refers to the kept record."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from enrollment.models import RECORDED_FACTS, ClinicalItem, Coverage, Patient
from enrollment.services.contacts.merge import move_contacts
from rpm_portal.accounts.models import User
from rpm_portal.audit.services import record
from rpm_portal.core.db.history import save_with_reason


@transaction.atomic
def merge_patients(*, keep: Patient, other: Patient, reason: str, by: User, now: datetime) -> Patient:
    """Move enrollments, coverage and billing facts of the duplicate `other` to `keep`; a running timer is not affected.

    Raises ValidationError if the records are the same or of two practices, the duplicate was billed or has visits, both
    are enrolled in the same program, their coverage overlaps, or no reason is given.
    """
    first, last = sorted((keep.pk, other.pk))
    by_id = {row.pk: row for row in Patient.objects.select_for_update().filter(pk__in=[first, last])}
    if keep.pk == other.pk or keep.practice_id != other.practice_id:
        raise ValidationError("Choose two records of one practice.")
    keep, other = by_id[keep.pk], by_id[other.pk]
    if len(reason.strip()) < 10:
        raise ValidationError("Say in at least ten characters how you know that they are one person.")
    if keep.merged_into_id or other.merged_into_id:
        raise ValidationError("One of the records was merged already.")
    if other.claims.exists() or other.visits.exists():
        raise ValidationError("The duplicate was billed or visited. Keep that record, and merge the other into it.")
    why = f"Merged from record {other.mrn}: {reason.strip()}"
    try:
        with transaction.atomic():
            for enrollment in other.enrollments.select_for_update().order_by("pk"):
                enrollment.patient = keep
                save_with_reason(enrollment, reason=why, by=by, fields=["patient"])
            _move_coverage(keep, other, why=why, by=by)
            for model in RECORDED_FACTS:
                model._default_manager.filter(patient=other).update(patient=keep)
            ClinicalItem.objects.filter(patient=other).update(patient=keep)
            move_contacts(keep, other, by=by, now=now)
    except IntegrityError:
        raise ValidationError(
            "Both records are enrolled in a program, covered by different payers, or have time for two programs in the "
            "same minutes. End one first, or void the time."
        ) from None
    other.merged_into = keep
    save_with_reason(other, reason=f"Merged into record {keep.mrn}: {reason.strip()}", by=by, fields=["merged_into"])
    detail = {"from": other.public_id, "reason": reason.strip()[:300]}
    subject = f"patient:{keep.public_id}"
    record(practice=keep.practice, by=by, action="merge_patients", subject=subject, now=now, detail=detail)
    return keep


def _move_coverage(keep: Patient, other: Patient, *, why: str, by: User) -> None:
    """Move coverage that `keep` does not have; the same card on both records stays with the duplicate."""
    known = set(keep.coverages.values_list("payer_id", "member_id"))
    for coverage in Coverage.objects.select_for_update().filter(patient=other).order_by("pk"):
        if (coverage.payer_id, coverage.member_id) not in known:
            coverage.patient = keep
            save_with_reason(coverage, reason=why, by=by, fields=["patient"])
