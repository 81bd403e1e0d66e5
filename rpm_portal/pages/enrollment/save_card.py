"""Keeping a card: its cleaned form through the rooms' services. Each raises ValidationError with what to mend."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment import services
from enrollment.forms import (
    CardForm,
    ConsentForm,
    CoverageForm,
    DeviceForm,
    EducationForm,
    OrderForm,
    PersonForm,
    RelationshipForm,
)
from enrollment.models import Device, Enrollment
from enrollment.queries import EnrollmentRecord
from monitoring.alerts.limits import adopt_rules, set_limits
from rpm_portal.accounts.models import Membership
from rpm_portal.accounts.signatures import sign_again
from rpm_portal.core.access import Permission, may
from rpm_portal.core.identifiers import plain_serial

FORMS: dict[str, type[CardForm]] = {
    "person": PersonForm,
    "coverage": CoverageForm,
    "relationship": RelationshipForm,
    "order": OrderForm,
    "consent": ConsentForm,
    "device": DeviceForm,
    "education": EducationForm,
}
ON_PATIENT = ("established_on", "established_by")


def initial_of(card: str, enrollment: Enrollment, stand: EnrollmentRecord, *, today: Any) -> dict[str, Any]:
    """What a card's form shows before anything is typed."""
    patient = enrollment.patient
    if card == "person":
        return {name: getattr(patient, name) for name in PersonForm.base_fields}
    if card == "relationship":
        return {
            name: getattr(patient if name in ON_PATIENT else enrollment, name) for name in RelationshipForm.base_fields
        }
    if card == "order":
        last = stand.orders[0] if stand.orders else None
        names = ("measures", "frequency", "device_kind", "necessity", "goals")
        before = {name: getattr(last, name) for name in names} if last else {"goals": enrollment.goals}
        year = (
            today.replace(year=today.year + 1)
            if (today.month, today.day) != (2, 29)
            else today.replace(year=today.year + 1, day=28)
        )
        return {"starts_on": today, "ends_on": year, **before}
    if card == "consent":
        return {"given_on": today, "given_by": "patient"}
    if card == "coverage":
        return {"starts_on": today.replace(month=1, day=1)}
    return {"on": today} if card == "education" else {}


@transaction.atomic
def keep_card(card: str, enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    """Keep what a card's form says. Raises ValidationError or Refused; then nothing of it is kept."""
    KEEP[card](enrollment, said, by=by, now=now)


def _person(enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    services.change_patient(patient=enrollment.patient, reason="Person card", by=by.user, now=now, **said)


def _coverage(enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    services.add_coverage(patient=enrollment.patient, by=by.user, **said)


def _relationship(enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    on_patient = {name: said.pop(name) for name in ON_PATIENT}
    reason = "Relationship card"
    services.change_patient(patient=enrollment.patient, reason=reason, by=by.user, now=now, **on_patient)
    services.change_enrollment(enrollment=enrollment, reason=reason, by=by.user, now=now, **said)


def _order(enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    if not may(by.role, Permission.SIGN_ORDERS) or not by.npi:
        raise ValidationError("Only a provider with an NPI in this practice signs an order.")
    sign_again(by, said.pop("password"), field="password", act="sign_order", now=now)
    last = enrollment.orders.filter(superseded_by__isnull=True).order_by("-number").first()
    services.sign_order(enrollment=enrollment, ordered_by=by, supersedes=last, now=now, **said)


def _consent(enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    script, paper = said.pop("script"), said.pop("paper")
    if script.program != enrollment.program:
        raise ValidationError(
            {"script": f"This is the script of {script.program}; choose the one of {enrollment.program}."}
        )
    body = paper.read(services.LARGEST_PAPER + 1) if paper else None
    if said["mode"] == "paper" and body is None:
        raise ValidationError({"paper": "Upload the signed paper."})
    services.record_consent(
        enrollment=enrollment,
        taken_by=by.user,
        now=now,
        paper=body,
        language=script.language,
        script_version=script.version,
        **said,
    )


def _device(enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    serial, model = plain_serial(said["serial"]), said["model"]
    device = Device.objects.for_practice(enrollment.practice_id).filter(serial=serial).first()
    if device is None:
        if model is None:
            raise ValidationError({"serial": "This number is not in stock. Choose its model to take it in."})
        device = services.add_device(model=model, serial=serial, by=by.user)
    services.assign_device(
        device=device, enrollment=enrollment, starts_at=now, by=by.user, means=said["means"], tracking=said["tracking"]
    )


def _education(enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    services.record_education(enrollment=enrollment, by=by.user, **said)


def _limits(enrollment: Enrollment, said: dict[str, Any], *, by: Membership, now: datetime) -> None:
    set_limits(enrollment=enrollment, limits=said["limits"], by=by.user)
    if said["begun_from"]:
        adopt_rules(enrollment=enrollment, template=said["begun_from"], by=by.user)
    services.change_enrollment(enrollment=enrollment, reason="Limits card", by=by.user, now=now, goals=said["goals"])


KEEP: dict[str, Callable[..., None]] = {
    "person": _person,
    "coverage": _coverage,
    "relationship": _relationship,
    "order": _order,
    "consent": _consent,
    "device": _device,
    "education": _education,
    "limits": _limits,
}
