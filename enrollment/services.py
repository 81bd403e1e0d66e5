"""What changes who is monitored: each a verb that says who and when."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from enrollment.models import (
    Consent,
    Coverage,
    Device,
    DeviceAssignment,
    DeviceModel,
    Enrollment,
    Episode,
    Order,
    Patient,
    Payer,
    Program,
    State,
)
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record
from rpm_portal.history import save_with_reason
from rpm_portal.identifiers import is_mbi

MOVES: dict[str, set[str]] = {
    State.DRAFT: {State.READY},
    State.READY: {State.ACTIVE},
    State.ACTIVE: {State.PAUSED, State.DISCHARGED},
    State.PAUSED: {State.ACTIVE, State.DISCHARGED},
    State.DISCHARGED: set(),
}


class IllegalMove(Exception):
    """A change of state that is not in the table; the message is for the user."""


def _move(enrollment: Enrollment, to: str, *, reason: str, by: User, fields: tuple[str, ...] = ()) -> None:
    if to not in MOVES[enrollment.state]:
        raise IllegalMove(f"An enrollment cannot go from {enrollment.state} to {to}.")
    enrollment.state = to
    save_with_reason(enrollment, reason=reason, by=by, fields=["state", *fields])


@transaction.atomic
def register_patient(*, practice: Practice, by: User, now: datetime, **facts: Any) -> Patient:
    """Add a patient. Raises ValidationError naming the field, also where the record number is taken."""
    patient = Patient(practice=practice, **facts)
    patient.zone = patient.zone or practice.zone
    patient.full_clean()
    save_with_reason(patient, reason="Registered", by=by)
    record(practice=practice, by=by, action="register_patient", subject=f"patient:{patient.public_id}", now=now)
    return patient


@transaction.atomic
def add_coverage(
    *, patient: Patient, payer: Payer, member_id: str, starts_on: date, ends_on: date | None = None, by: User
) -> Coverage:
    """Say who pays from a day on. Raises ValidationError for a member id that cannot be Medicare's, or an overlap."""
    member_id = member_id.replace("-", "").replace(" ", "").upper()
    if payer.is_medicare and not is_mbi(member_id):
        raise ValidationError(
            {"member_id": "A Medicare id has 11 characters like 1EG4TE5MK73, never S, L, O, I, B or Z. Check the card."}
        )
    coverage = Coverage(
        practice_id=patient.practice_id,
        patient=patient,
        payer=payer,
        member_id=member_id,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    coverage.full_clean()
    save_with_reason(coverage, reason="Coverage added", by=by)
    return coverage


@transaction.atomic
def draft_enrollment(
    *, patient: Patient, program: str, billing_provider: Membership, by: User, now: datetime, **facts: Any
) -> Enrollment:
    """Begin an enrollment as a draft. Raises ValidationError where the program is already open."""
    if not billing_provider.npi:
        raise ValidationError({"billing_provider": "The billing provider needs an NPI in this practice."})
    enrollment = Enrollment(
        practice_id=patient.practice_id,
        patient=patient,
        program=program,
        billing_provider=billing_provider,
        **facts,
    )
    enrollment.full_clean()
    save_with_reason(enrollment, reason="Drafted", by=by)
    record(
        practice=enrollment.practice,
        by=by,
        action="draft_enrollment",
        subject=f"enrollment:{enrollment.public_id}",
        now=now,
    )
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
    now: datetime,
) -> Order:
    """Sign an order to monitor. Only a provider with an NPI signs; the signature is stamped with the moment.

    Raises ValidationError where the signer has no NPI, the diagnosis is missing, or the dates cannot be.
    """
    if not ordered_by.npi:
        raise ValidationError({"ordered_by": "Only a provider with an NPI can sign an order."})
    # The number comes from the practice's own counter; the lock keeps it without gaps or twins.
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
        goals=goals,
        starts_on=starts_on,
        ends_on=ends_on,
        signed_at=now,
        signed_by=ordered_by.user,
        signed_npi=ordered_by.npi,
    )
    order.full_clean()
    order.save(force_insert=True)
    record(
        practice=enrollment.practice,
        by=ordered_by.user,
        role=ordered_by.role,
        action="sign_order",
        subject=f"order:{order.public_id}",
        now=now,
    )
    return order


@transaction.atomic
def record_consent(
    *, enrollment: Enrollment, given_on: date, mode: str, taken_by: User, now: datetime, **told: Any
) -> Consent:
    """Keep the patient's agreement. Raises ValidationError for a day in the future."""
    if given_on > now.date():
        raise ValidationError({"given_on": "Consent cannot be dated in the future."})
    consent = Consent(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        given_on=given_on,
        mode=mode,
        taken_by=taken_by,
        recorded_at=now,
        given_by=told.pop("given_by", "patient"),
        **told,
    )
    consent.full_clean()
    consent.save(force_insert=True)
    record(
        practice=enrollment.practice,
        by=taken_by,
        action="record_consent",
        subject=f"enrollment:{enrollment.public_id}",
        now=now,
    )
    return consent


def missing_for_start(enrollment: Enrollment, *, on: date) -> list[str]:
    """What an enrollment still needs before it may be active on a day, each as a sentence."""
    missing = []
    if not enrollment.patient.coverages.filter(starts_on__lte=on).exclude(ends_on__lt=on).exists():
        missing.append("No coverage on that day. Add the payer and member id.")
    if enrollment.program == Program.RPM and enrollment.patient.established_on is None:
        missing.append("RPM needs an established patient. Record the last visit with this practice.")
    if not enrollment.orders.filter(starts_on__lte=on).exclude(ends_on__lt=on).exists():
        missing.append("No signed order in force on that day.")
    if not enrollment.consents.filter(given_on__lte=on, withdrawn_on__isnull=True).exists():
        missing.append("No consent on file by that day.")
    return missing


@transaction.atomic
def activate(*, enrollment: Enrollment, on: date, by: User, now: datetime) -> Enrollment:
    """Start the service on a day, with its first episode. Raises ValidationError listing everything that is missing."""
    enrollment = Enrollment.objects.select_for_update(of=("self",)).select_related("patient").get(pk=enrollment.pk)
    missing = missing_for_start(enrollment, on=on)
    if missing:
        raise ValidationError(missing)
    enrollment.started_on = on
    try:
        with transaction.atomic():
            if enrollment.state == State.DRAFT:
                _move(enrollment, State.READY, reason="Everything needed is on file", by=by)
            _move(enrollment, State.ACTIVE, reason="Service started", by=by, fields=("started_on",))
    except IntegrityError:
        raise ValidationError(
            "RPM and RTM cannot run together for a patient. End one before the other begins."
        ) from None
    episode = Episode(practice_id=enrollment.practice_id, enrollment=enrollment, started_on=on)
    save_with_reason(episode, reason="First episode", by=by)
    record(
        practice=enrollment.practice,
        by=by,
        action="activate",
        subject=f"enrollment:{enrollment.public_id}",
        now=now,
    )
    return enrollment


@transaction.atomic
def discharge(*, enrollment: Enrollment, on: date, reason: str, by: User, now: datetime) -> Enrollment:
    """End the service on a day, with its episode. Raises IllegalMove unless it was active or paused."""
    enrollment = Enrollment.objects.select_for_update().get(pk=enrollment.pk)
    enrollment.discharged_on, enrollment.discharge_reason = on, reason[:200]
    _move(enrollment, State.DISCHARGED, reason=reason, by=by, fields=("discharged_on", "discharge_reason"))
    for episode in enrollment.episodes.filter(ended_on__isnull=True):
        episode.ended_on = on
        save_with_reason(episode, reason="Service ended", by=by, fields=["ended_on"])
    record(
        practice=enrollment.practice,
        by=by,
        action="discharge",
        subject=f"enrollment:{enrollment.public_id}",
        now=now,
    )
    return enrollment


@transaction.atomic
def record_education(*, enrollment: Enrollment, on: date, by: User) -> Episode:
    """Note that the patient was taught to use the device. Raises ValidationError where no episode is open."""
    episode = enrollment.episodes.select_for_update().filter(ended_on__isnull=True).first()
    if episode is None:
        raise ValidationError("Education belongs to an open episode. Start the service first.")
    episode.educated_on, episode.educated_by = on, by
    save_with_reason(episode, reason="Set-up and education", by=by, fields=["educated_on", "educated_by"])
    return episode


@transaction.atomic
def assign_device(*, device: Device, enrollment: Enrollment, starts_at: datetime, by: User) -> DeviceAssignment:
    """Give a device to a patient. Raises ValidationError where somebody else has it then."""
    assignment = DeviceAssignment(
        practice_id=enrollment.practice_id,
        device=device,
        enrollment=enrollment,
        starts_at=starts_at,
        assigned_by=by,
    )
    assignment.full_clean()
    assignment.save(force_insert=True)
    return assignment


@transaction.atomic
def take_back_device(*, assignment: DeviceAssignment, ends_at: datetime) -> DeviceAssignment:
    """End a custody. Raises ValidationError where it would end before it began."""
    assignment = DeviceAssignment.objects.select_for_update().get(pk=assignment.pk)
    assignment.ends_at = ends_at
    assignment.full_clean()
    assignment.save(update_fields=["ends_at"])
    return assignment


@transaction.atomic
def add_device(*, model: DeviceModel, serial: str, by: User) -> Device:
    """Take a device into stock. Raises ValidationError where the serial number is known already."""
    device = Device(practice_id=model.practice_id, model=model, serial=serial.strip())
    device.full_clean()
    save_with_reason(device, reason="Taken into stock", by=by)
    return device
