"""Services of enrollments in draft and of orders."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from enrollment.diagnosis_codes import check_diagnosis
from enrollment.models import Enrollment, Order, Patient
from enrollment.services.dates import check_backdating, translate_lock_error
from enrollment.services.earlier_values import keep_earlier_provider
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record, record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.db.history import save_with_reason


@transaction.atomic
def draft_enrollment(
    *, patient: Patient, program: str, billing_provider: Membership, by: User, now: datetime, **facts: object
) -> Enrollment:
    """Create an enrollment as a draft. Raises ValidationError, for example if the program is already open."""
    if not billing_provider.npi:
        raise ValidationError({"billing_provider": "The billing provider needs an NPI in this practice."})
    enrollment = Enrollment(
        practice_id=patient.practice_id,
        patient=patient,
        program=program,
        billing_provider=billing_provider,
        **facts,
    )
    if enrollment.diagnosis:
        check_diagnosis(enrollment.diagnosis, on=local_day(now, enrollment.practice.zone))
    enrollment.full_clean()
    save_with_reason(enrollment, reason="Drafted", by=by)
    record_change(enrollment, "draft_enrollment", by=by, now=now)
    return enrollment


@transaction.atomic
def change_enrollment(
    *, enrollment: Enrollment, reason: str, by: User, now: datetime, from_day: date | None = None, **facts: object
) -> Enrollment:
    """Change facts of an enrollment, with a reason. Raises ValidationError. Writes nothing if nothing changed.

    Another billing provider or supervisor applies from `from_day`, by default today: the days before keep the one they
    had. A first day on or before the start of service corrects all days.
    """
    enrollment = Enrollment.objects.select_for_update(of=("self",)).select_related("practice").get(pk=enrollment.pk)
    changed = [name for name, value in facts.items() if getattr(enrollment, name) != value]
    if not changed:
        return enrollment
    if {"billing_provider", "supervised_by"} & set(changed):
        keep_earlier_provider(enrollment, from_day=from_day, by=by, now=now)
    for name in changed:
        setattr(enrollment, name, facts[name])
    if "diagnosis" in changed and enrollment.diagnosis:
        check_diagnosis(enrollment.diagnosis, on=local_day(now, enrollment.practice.zone))
    if "billing_provider" in changed and not enrollment.billing_provider.npi:
        raise ValidationError({"billing_provider": "The billing provider needs an NPI in this practice."})
    enrollment.full_clean()
    save_with_reason(enrollment, reason=reason, by=by, fields=changed)
    record_change(enrollment, "change_enrollment", by=by, now=now, fields=sorted(changed))
    return enrollment


@transaction.atomic
def sign_order(
    *,
    enrollment: Enrollment,
    ordered_by: Membership,
    measures: str,
    frequency: str,
    starts_on: date,
    ends_on: date | None = None,
    goals: str = "",
    device_kind: str = "",
    necessity: str = "",
    supersedes: Order | None = None,
    because: str = "",
    now: datetime,
) -> Order:
    """Sign an order to monitor. Only a provider with an NPI can sign; the time of the signature is stored.

    An order never changes; a new one supersedes it from its own first day. Raises ValidationError if the signer has no
    NPI, the diagnosis is missing, the dates are invalid, or it is backdated without a reason.
    """
    if not ordered_by.npi:
        raise ValidationError({"ordered_by": "Only a provider with an NPI can sign an order. Ask one to sign it."})
    if not enrollment.diagnosis:
        raise ValidationError({"diagnosis": "An order names the diagnosis. Enter it before the order is signed."})
    practice = enrollment.practice
    if starts_on < local_day(now, practice.zone):
        because = check_backdating(starts_on, field="starts_on", because=because, practice=practice, now=now)
    if supersedes is not None and supersedes.enrollment_id != enrollment.pk:
        raise ValidationError("An order supersedes an order of the same enrollment.")
    # Orders are numbered per practice; the lock prevents gaps and duplicates.
    Practice.objects.select_for_update(no_key=True).get(pk=enrollment.practice_id)
    last = Order.objects.filter(practice=enrollment.practice_id).aggregate(last=Max("number"))["last"] or 0
    order = Order(
        practice_id=enrollment.practice_id,
        number=last + 1,
        enrollment=enrollment,
        ordered_by=ordered_by,
        diagnosis=enrollment.diagnosis,
        measures=measures,
        frequency=frequency,
        device_kind=device_kind,
        necessity=necessity,
        goals=goals,
        starts_on=starts_on,
        ends_on=ends_on,
        signed_at=now,
        signed_by=ordered_by.user,
        signed_npi=ordered_by.npi,
        supersedes=supersedes,
        backdated_because=because,
    )
    order.full_clean()
    with translate_lock_error("starts_on"):
        order.save(force_insert=True)
    record(
        practice=practice,
        by=ordered_by.user,
        role=ordered_by.role,
        action="sign_order",
        subject=f"order:{order.public_id}",
        now=now,
    )
    return order
