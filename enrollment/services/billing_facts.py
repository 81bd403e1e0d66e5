"""Services of billing facts: record one with its source, withdraw one with a reason, record the end of a stay."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from enrollment.models import (
    AccessAlignment,
    AccessUpdate,
    BillingFact,
    CarePlan,
    CareStatus,
    EarlierProvider,
    OtherBillingAnswer,
    OutsideClaim,
    Patient,
    PlanOfCare,
    PriorAuthorization,
    Program,
    QualifyingVisit,
    VisitDocument,
)
from enrollment.services.consents import check_paper
from rpm_portal.accounts.models import User
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day

Fact = TypeVar("Fact", bound=BillingFact)
ACCESS_BEGAN = date(2026, 7, 5)
CCM_CONDITIONS = 2
# Days that cannot lie in the future, with the sentence for one that does.
_PAST_DAYS = {
    "asked_on": "This day is in the future. Enter the answer once you have asked.",
    "dos": "This date of service is in the future. Enter the claim once it is billed.",
    "visited_on": "This visit is in the future. Enter it once it has taken place.",
    "sent_on": "This day is in the future. Enter it once the plan was sent.",
    "order_signed_on": "This day is in the future. Enter it once the order is signed.",
    "signed_on": "This day is in the future. Enter it once the plan is signed.",
    "received_on": "This day is in the future. Enter the update once it has come.",
    "done_on": "This day is in the future. Enter the update once it was reviewed.",
}


@transaction.atomic
def record_fact(
    model: type[Fact],
    *,
    patient: Patient,
    source: str,
    by: User,
    now: datetime,
    document: bytes | None = None,
    **values: object,
) -> Fact:
    """Store a fact of a patient. `document` is the uploaded document of a visit.

    A fact may concern a locked month: its lines do not change, and the manager sees the difference as a late fact.
    Raises ValidationError naming the field, if a day lies in the future, the fact contradicts one on file, or the
    source is missing.
    """
    patient = Patient.objects.select_for_update(of=("self",)).select_related("practice").get(pk=patient.pk)
    row = model(
        practice_id=patient.practice_id,
        patient=patient,
        source=source.strip(),
        recorded_by=by,
        recorded_at=now,
        **values,
    )
    row.full_clean()
    _check_days(row, today=local_day(now, patient.practice.zone))
    _CHECKS[model](row)
    row.save(force_insert=True)
    if document is not None and isinstance(row, QualifyingVisit):
        _store_document(row, document)
    record_change(patient, f"record_{model._meta.model_name}", by=by, now=now, fact=row.public_id)
    return row


@transaction.atomic
def withdraw_fact(row: BillingFact, *, reason: str, by: User, now: datetime) -> BillingFact:
    """Withdraw a fact that is wrong or was replaced. Raises ValidationError without a reason, or if it is withdrawn."""
    row = type(row)._default_manager.select_for_update(of=("self",)).select_related("practice").get(pk=row.pk)
    if row.voided_at is not None:
        raise ValidationError("This entry was withdrawn already. Reload the page.")
    if len(reason.strip()) < 5:
        raise ValidationError({"reason": "Enter why it is withdrawn, for example: wrong number."})
    row.voided_at, row.voided_by, row.void_reason = now, by, reason.strip()[:200]
    row.save(update_fields=["voided_at", "voided_by", "void_reason"])
    action = f"withdraw_{row._meta.model_name}"
    record_change(row.patient, action, by=by, now=now, fact=row.public_id, reason=row.void_reason)
    return row


@transaction.atomic
def end_status(row: CareStatus, *, on: date, source: str, by: User, now: datetime) -> CareStatus:
    """Record the last day of a stay or status: the open row is withdrawn and one with both days takes its place.

    Raises ValidationError for a day before its first, or if it has ended already.
    """
    if row.ends_on is not None:
        raise ValidationError("This entry has a last day already. Withdraw it to correct the day.")
    if on < row.starts_on:
        raise ValidationError({"on": f"It began on {row.starts_on:%Y-%m-%d}; it cannot end before. Check the day."})
    withdraw_fact(row, reason=f"ended on {on:%Y-%m-%d}", by=by, now=now)
    names = ("kind", "starts_on", "place", "same_practitioner", "related")
    values = {name: getattr(row, name) for name in names}
    return record_fact(CareStatus, patient=row.patient, source=source, by=by, now=now, ends_on=on, **values)


def _check_days(row: BillingFact, *, today: date) -> None:
    errors = {
        name: message for name, message in _PAST_DAYS.items() if (day := getattr(row, name, None)) and day > today
    }
    if errors:
        raise ValidationError(errors)


def _is_on_file(row: BillingFact, **values: object) -> bool:
    rows = type(row)._default_manager.filter(patient=row.patient_id, voided_at__isnull=True, **values)
    return bool(rows.exists())


def _in_days_of(row: AccessAlignment | CarePlan) -> Q:
    """The condition on facts of the patient, not withdrawn, that share a day with a fact."""
    begun_by = Q() if row.ends_on is None else Q(starts_on__lte=row.ends_on)
    not_over = Q(ends_on=None) | Q(ends_on__gte=row.starts_on)
    return Q(patient=row.patient_id, voided_at__isnull=True) & begun_by & not_over


def _check_authorization(row: PriorAuthorization) -> None:
    if not row.patient.coverages.filter(payer=row.payer_id).exists():
        raise ValidationError({"payer": f"The patient has no coverage by {row.payer}. Add the coverage first."})
    if row.outcome == "approved" and _is_on_file(row, payer=row.payer_id, number=row.number, outcome="approved"):
        raise ValidationError({"number": "This authorization is on file. Withdraw it first to change it."})
    if row.units == 0:
        raise ValidationError({"units": "Enter the units approved, or leave the field empty if the payer named none."})


def _check_claim(row: OutsideClaim) -> None:
    if row.biller == "other" and not row.biller_name.strip():
        raise ValidationError(
            {"biller_name": "Enter the practice that billed it, as the payer or the patient named it."}
        )
    if _is_on_file(row, biller=row.biller, code=row.code, dos=row.dos):
        raise ValidationError({"code": f"{row.code} of this day is on file. Withdraw it first to change it."})


def _check_status(row: CareStatus) -> None:
    begun_by = Q() if row.ends_on is None else Q(starts_on__lte=row.ends_on)
    same = CareStatus.objects.filter(begun_by, patient=row.patient_id, kind=row.kind, voided_at__isnull=True)
    other = same.exclude(ends_on__lt=row.starts_on).first()
    if other is not None:
        began = f"{other.starts_on:%Y-%m-%d}"
        message = f"A {other.get_kind_display()} from {began} covers these days. End or withdraw that entry first."
        raise ValidationError({"starts_on": message})


def _check_visit(row: QualifyingVisit) -> None:
    if row.visited_on < row.patient.born_on:
        raise ValidationError({"visited_on": "This visit is before the patient's birth. Check the year."})


def _check_plan(row: PlanOfCare) -> None:
    if row.enrollment.program != Program.RTM:
        raise ValidationError("A therapy plan of care belongs to RTM. Record it on the RTM enrollment.")
    if row.enrollment.patient_id != row.patient_id:
        raise ValidationError("This enrollment belongs to another patient.")


def _check_alignment(row: AccessAlignment) -> None:
    if row.starts_on < ACCESS_BEGAN:
        raise ValidationError({"starts_on": "The ACCESS model began on July 5, 2026. Check the day."})
    if row.participant == "other" and not row.organization.strip():
        raise ValidationError({"organization": "Enter the organization that the patient is aligned with."})
    if AccessAlignment.objects.filter(_in_days_of(row), track=row.track).exists():
        raise ValidationError({"track": f"An alignment in {row.track} covers these days. Withdraw that entry first."})


def _check_update(row: AccessUpdate) -> None:
    if row.received_on < ACCESS_BEGAN:
        raise ValidationError({"received_on": "The ACCESS model began on July 5, 2026. Check the day."})
    if _is_on_file(row, track=row.track, kind=row.kind, received_on=row.received_on):
        raise ValidationError({"received_on": "This update is on file. Withdraw it first to change it."})


def _check_care_plan(row: CarePlan) -> None:
    if row.program == "CCM" and len(set(row.conditions)) < CCM_CONDITIONS:
        raise ValidationError(
            {"conditions": "Chronic care management needs two or more chronic conditions. Enter both, or choose PCM."}
        )
    if CarePlan.objects.filter(_in_days_of(row)).exists():
        message = "A care plan covers these days. Withdraw it, and record it again with its last day."
        raise ValidationError({"starts_on": message})


def _check_nothing(row: BillingFact) -> None:
    """Answers are kept as they were given, also if they contradict each other; changes are checked by their service."""


_CHECKS: dict[type[BillingFact], Callable[..., None]] = {
    PriorAuthorization: _check_authorization,
    OtherBillingAnswer: _check_nothing,
    OutsideClaim: _check_claim,
    CareStatus: _check_status,
    QualifyingVisit: _check_visit,
    PlanOfCare: _check_plan,
    AccessAlignment: _check_alignment,
    AccessUpdate: _check_update,
    CarePlan: _check_care_plan,
    EarlierProvider: _check_nothing,
}


def _store_document(visit: QualifyingVisit, body: bytes) -> None:
    kind = check_paper(body, field="document")
    VisitDocument(
        practice_id=visit.practice_id, visit=visit, kind=kind, sha256=hashlib.sha256(body).hexdigest(), body=body
    ).save(force_insert=True)
