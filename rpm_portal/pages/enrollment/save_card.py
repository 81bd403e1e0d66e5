"""Saving of a card: passes the cleaned form to the apps' services, which raise ValidationError with what to correct."""

from collections.abc import Callable
from datetime import date, datetime
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
from rpm_portal.accounts.signatures import check_signature_password
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


def initial_of(card: str, enrollment: Enrollment, record: EnrollmentRecord, *, today: date) -> dict[str, object]:
    """Initial values of a card's form."""
    patient = enrollment.patient
    if card == "person":
        return {name: getattr(patient, name) for name in PersonForm.base_fields}
    if card == "relationship":
        return {
            name: getattr(patient if name in ON_PATIENT else enrollment, name) for name in RelationshipForm.base_fields
        }
    if card == "order":
        last = record.orders[0] if record.orders else None
        names = ("measures", "frequency", "device_kind", "necessity", "goals")
        previous = {name: getattr(last, name) for name in names} if last else {"goals": enrollment.goals}
        year = (
            today.replace(year=today.year + 1)
            if (today.month, today.day) != (2, 29)
            else today.replace(year=today.year + 1, day=28)
        )
        return {"starts_on": today, "ends_on": year, **previous}
    if card == "consent":
        return {"given_on": today, "given_by": "patient"}
    if card == "coverage":
        return {"starts_on": today.replace(month=1, day=1)}
    return {"on": today} if card == "education" else {}


def save_card(card: str, enrollment: Enrollment, cleaned: dict[str, object], *, by: Membership, now: datetime) -> None:
    """Save the cleaned values of a card's form. Raises ValidationError or Refused, and then saves nothing.

    Call it outside of a transaction: a wrong password of a signature stays counted.
    """
    if card == "order":
        _check_signature(cleaned, by=by, now=now)
    with transaction.atomic():
        SAVE_BY_CARD[card](enrollment, cleaned, by=by, now=now)


def _check_signature(cleaned: dict[str, object], *, by: Membership, now: datetime) -> None:
    """Check that the person signs orders, and the password, which is taken out of the values."""
    if not may(by.role, Permission.SIGN_ORDERS) or not by.npi:
        raise ValidationError("Only a provider with an NPI in this practice signs an order.")
    check_signature_password(by, str(cleaned.pop("password")), field="password", act="sign_order", now=now)


def _save_person(enrollment: Enrollment, cleaned: dict[str, object], *, by: Membership, now: datetime) -> None:
    services.change_patient(patient=enrollment.patient, reason="Person card", by=by.user, now=now, **cleaned)


def _save_coverage(enrollment: Enrollment, cleaned: dict[str, Any], *, by: Membership, now: datetime) -> None:
    services.add_coverage(patient=enrollment.patient, by=by.user, **cleaned)


def _save_relationship(enrollment: Enrollment, cleaned: dict[str, object], *, by: Membership, now: datetime) -> None:
    on_patient = {name: cleaned.pop(name) for name in ON_PATIENT}
    reason = "Relationship card"
    services.change_patient(patient=enrollment.patient, reason=reason, by=by.user, now=now, **on_patient)
    # A change of the supervisor applies from today.
    services.change_enrollment(enrollment=enrollment, reason=reason, by=by.user, now=now, from_day=None, **cleaned)


def _save_order(enrollment: Enrollment, cleaned: dict[str, Any], *, by: Membership, now: datetime) -> None:
    last = enrollment.orders.filter(superseded_by__isnull=True).order_by("-number").first()
    services.sign_order(enrollment=enrollment, ordered_by=by, supersedes=last, now=now, **cleaned)


def _save_consent(enrollment: Enrollment, cleaned: dict[str, Any], *, by: Membership, now: datetime) -> None:
    script, paper = cleaned.pop("script"), cleaned.pop("paper")
    if script.program != enrollment.program:
        raise ValidationError(
            {"script": f"This is the script of {script.program}; choose the one of {enrollment.program}."}
        )
    body = paper.read(services.MAX_PAPER_BYTES + 1) if paper else None
    if cleaned["mode"] == "paper" and body is None:
        raise ValidationError({"paper": "Upload the signed paper."})
    services.record_consent(
        enrollment=enrollment,
        taken_by=by.user,
        now=now,
        paper=body,
        language=script.language,
        script_version=script.version,
        **cleaned,
    )


def _save_device(enrollment: Enrollment, cleaned: dict[str, Any], *, by: Membership, now: datetime) -> None:
    serial, model = plain_serial(cleaned["serial"]), cleaned["model"]
    device = Device.objects.for_practice(enrollment.practice_id).filter(serial=serial).first()
    if device is None:
        if model is None:
            raise ValidationError({"serial": "This number is not in stock. Choose its model to take it in."})
        device = services.add_device(model=model, serial=serial, by=by.user)
    services.assign_device(
        device=device,
        enrollment=enrollment,
        starts_at=now,
        by=by.user,
        means=cleaned["means"],
        tracking=cleaned["tracking"],
        configured=cleaned["configured"],
    )


def _save_education(enrollment: Enrollment, cleaned: dict[str, Any], *, by: Membership, now: datetime) -> None:
    services.record_education(enrollment=enrollment, by=by.user, **cleaned)


def _save_limits(enrollment: Enrollment, cleaned: dict[str, Any], *, by: Membership, now: datetime) -> None:
    set_limits(enrollment=enrollment, limits=cleaned["limits"], by=by.user)
    if cleaned["begun_from"]:
        adopt_rules(enrollment=enrollment, template=cleaned["begun_from"], by=by.user)
    services.change_enrollment(enrollment=enrollment, reason="Limits card", by=by.user, now=now, goals=cleaned["goals"])


SAVE_BY_CARD: dict[str, Callable[..., None]] = {
    "person": _save_person,
    "coverage": _save_coverage,
    "relationship": _save_relationship,
    "order": _save_order,
    "consent": _save_consent,
    "device": _save_device,
    "education": _save_education,
    "limits": _save_limits,
}
