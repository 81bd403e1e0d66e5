"""Contact points and caregivers: add, suspend, end."""

import secrets
from datetime import date, datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from enrollment.models import Caregiver, ContactPoint, Patient
from enrollment.services.contacts.addresses import plain_email, plain_number
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import day_words, local_day
from rpm_portal.core.db.encrypted_fields import blind_index
from rpm_portal.core.refusals import Refused

FAILURES_TO_SUSPEND = 2


@transaction.atomic
def add_point(
    *,
    patient: Patient,
    kind: str,
    value: str,
    by: Membership,
    now: datetime,
    caregiver: Caregiver | None = None,
    language: str = "",
    opens: int = 8,
    closes: int = 21,
    weekends: bool = True,
) -> ContactPoint:
    """Add a number or address of a patient or caregiver. Raises Refused for a wrong one, or if it is there already.

    It is not a consent: texts and e-mail need one of their own (`ledger.record_act`).
    """
    plain = plain_email(value) if kind == ContactPoint.Kind.EMAIL else plain_number(value)
    if not 8 <= opens < closes <= 21:
        raise Refused("Messages are sent between 8:00 and 21:00; the first hour is before the last.", field="opens")
    if caregiver is not None and caregiver.patient_id != patient.pk:
        raise Refused("Choose a caregiver of this patient.", field="caregiver")
    try:
        with transaction.atomic():
            point = ContactPoint.objects.create(
                practice_id=patient.practice_id,
                patient=patient,
                caregiver=caregiver,
                kind=kind,
                value=plain,
                language=language or patient.language,
                opens=opens,
                closes=closes,
                weekends=weekends,
                added_at=now,
                added_by=by.user,
            )
    except IntegrityError:
        raise Refused("This person has this number or address already.", field="value") from None
    record_change(patient, "add_contact_point", by=by, now=now, point=point.public_id, kind=kind)
    return point


@transaction.atomic
def end_point(point: ContactPoint, *, by: Membership, now: datetime) -> None:
    """End a contact point: nothing is sent to it any more. Raises Refused if it has ended."""
    found = ContactPoint.objects.select_for_update(of=("self",)).select_related("patient").get(pk=point.pk)
    if found.ended_at is not None:
        raise Refused("This number or address was removed already.")
    found.ended_at, found.ended_by = now, by.user
    found.save(update_fields=["ended_at", "ended_by"])
    record_change(found.patient, "end_contact_point", by=by, now=now, point=found.public_id)


@transaction.atomic
def suspend_point(point: ContactPoint, *, because: str, now: datetime, by: Membership | None = None) -> None:
    """Suspend a point until somebody lifts it; nothing changes if it is suspended."""
    changed = ContactPoint.objects.filter(pk=point.pk, suspended_because="").update(
        suspended_because=because, suspended_at=now
    )
    if changed:
        record_change(point.patient, "suspend_contact_point", by=by, now=now, point=point.public_id, because=because)


@transaction.atomic
def resume_point(point: ContactPoint, *, by: Membership, now: datetime) -> None:
    """Lift a suspension after a person has checked the number. Consent is another question."""
    changed = ContactPoint.objects.filter(pk=point.pk).exclude(suspended_because="")
    if changed.update(suspended_because="", suspended_at=None):
        record_change(point.patient, "resume_contact_point", by=by, now=now, point=point.public_id)


def points_with(practice_id: int, value: str) -> QuerySet[ContactPoint]:
    """The points in force of a practice with this normal form of a number or address. One statement."""
    index = blind_index(practice_id, value)
    rows = ContactPoint.objects.for_practice(practice_id).filter(value_index=index, ended_at__isnull=True)
    return rows.select_related("patient", "caregiver").order_by("pk")


@transaction.atomic
def allow_caregiver(
    *,
    patient: Patient,
    name: str,
    relation: str,
    since: date,
    until: date | None,
    basis: str,
    document: str,
    may_answer: bool,
    may_sign: bool,
    by: Membership,
    now: datetime,
) -> tuple[Caregiver, str]:
    """Record a caregiver; returns the row and the six-digit code, which is shown once and given in person or by phone.

    Raises Refused without a name, for days in the wrong order, or for a right to sign without the document.
    """
    if not name.strip() or not relation.strip():
        raise Refused("Enter the caregiver's name and relation.", field="name")
    if until is not None and until < since:
        raise Refused("The last day is before the first.", field="allowed_until")
    if may_sign and (basis != "legal_representative" or not document.strip()):
        raise Refused("Only a legal representative signs; name the document that says so.", field="document")
    code = f"{secrets.randbelow(1_000_000):06d}"
    row = Caregiver.objects.create(
        practice_id=patient.practice_id,
        patient=patient,
        name=name.strip()[:120],
        relation=relation.strip()[:40],
        allowed_since=since,
        allowed_until=until,
        basis=basis,
        document=document.strip()[:120],
        may_answer=may_answer,
        may_sign=may_sign,
        code_digest=make_password(code),
        allowed_by=by.user,
        recorded_at=now,
    )
    record_change(patient, "allow_caregiver", by=by, now=now, caregiver=row.public_id, basis=basis)
    return row, code


@transaction.atomic
def end_caregiver(caregiver: Caregiver, *, until: date, by: Membership, now: datetime) -> None:
    """Set or shorten the last day on which a caregiver may hear about the patient. Raises Refused for a later day."""
    found = Caregiver.objects.select_for_update(of=("self",)).select_related("patient").get(pk=caregiver.pk)
    if until < found.allowed_since or (found.allowed_until is not None and until > found.allowed_until):
        raise Refused("The last day is from the first day to the present last day.", field="allowed_until")
    found.allowed_until = until
    found.save(update_fields=["allowed_until"])
    record_change(found.patient, "end_caregiver", by=by, now=now, caregiver=found.public_id)


def caregiver_refusal(caregiver: Caregiver, *, now: datetime) -> str:
    """Why a caregiver may not hear about the patient today, for the user; empty if they may."""
    today = local_day(now, caregiver.patient.zone)
    if today < caregiver.allowed_since:
        return f"This caregiver may hear about the patient from {day_words(caregiver.allowed_since)} only."
    if caregiver.allowed_until is not None and today > caregiver.allowed_until:
        return f"This caregiver could hear about the patient until {day_words(caregiver.allowed_until)} only."
    return ""


def is_code_of(caregiver: Caregiver, code: str) -> bool:
    """Whether this is the caregiver's code. Slow on purpose; the caller counts wrong tries."""
    return check_password(code, caregiver.code_digest)


def points_of(patient: Patient) -> QuerySet[ContactPoint]:
    """The points in force of a patient and the patient's caregivers. One statement."""
    rows = ContactPoint.objects.filter(Q(patient=patient), ended_at__isnull=True)
    return rows.select_related("caregiver", "patient").order_by("caregiver_id", "pk")
