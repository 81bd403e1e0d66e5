"""Services of patients and their coverage."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from enrollment.models import Coverage, Patient, Payer
from enrollment.services.earlier_values import keep_earlier_visit
from rpm_portal.accounts.models import Practice, User
from rpm_portal.audit.services import record
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.identifiers import is_mbi
from rpm_portal.core.plain_text import letters_of, parts_of_name

MAX_AGE_YEARS = 125  # years; no documented person was older


def check_born(born_on: date, *, today: date) -> None:
    """Raise ValidationError for an impossible birth date."""
    if born_on > today:
        raise ValidationError({"born_on": "A birth date lies in the past. Check the year."})
    if today.year - born_on.year > MAX_AGE_YEARS:
        raise ValidationError({"born_on": f"Nobody is older than {MAX_AGE_YEARS} years. Check the year."})


def likely_duplicates(
    practice: Practice, *, family_name: str, given_name: str, born_on: date | None, mrn: str
) -> list[Patient]:
    """Patients who may be the same person: same record number, or same birth date and a similar name. One statement.

    Names are similar if the given names are the same, or the family names begin with the same three letters or share a
    part; accents, apostrophes, hyphens and spaces do not count.
    """
    same = Q(mrn__iexact=mrn.strip()) if mrn.strip() else Q(pk=None)
    if born_on is not None:
        same |= Q(born_on=born_on)
    rows = Patient.objects.for_practice(practice).filter(same).order_by("family_name", "pk")
    number = letters_of(mrn)
    return [row for row in rows if number == letters_of(row.mrn) or _names_are_similar(row, family_name, given_name)][
        :5
    ]


def _names_are_similar(patient: Patient, family_name: str, given_name: str) -> bool:
    if not letters_of(family_name):
        return False
    same_start = letters_of(patient.family_name)[:3] == letters_of(family_name)[:3]
    shared = parts_of_name(patient.family_name) & parts_of_name(family_name)
    return same_start or bool(shared) or letters_of(patient.given_name) == letters_of(given_name)


@transaction.atomic
def register_patient(*, practice: Practice, by: User, now: datetime, **facts: object) -> Patient:
    """Add a patient. Raises ValidationError naming the field, also if the record number is taken."""
    patient = Patient(practice=practice, **facts)
    patient.zone = patient.zone or practice.zone
    patient.full_clean(exclude=["words"])
    check_born(patient.born_on, today=now.date())
    save_with_reason(patient, reason="Registered", by=by)
    record(practice=practice, by=by, action="register_patient", subject=f"patient:{patient.public_id}", now=now)
    return patient


@transaction.atomic
def change_patient(*, patient: Patient, reason: str, by: User, now: datetime, **facts: object) -> Patient:
    """Change facts of a patient, with a reason. Raises ValidationError. Writes nothing if nothing changed."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    changed = [name for name, value in facts.items() if getattr(patient, name) != value]
    if not changed:
        return patient
    seen_on, seen_document = patient.established_on, patient.established_by
    for name in changed:
        setattr(patient, name, facts[name])
    patient.full_clean(exclude=["words"])
    check_born(patient.born_on, today=now.date())
    save_with_reason(patient, reason=reason or "Corrected", by=by, fields=changed)
    if seen_on is not None and patient.established_on is not None and seen_on < patient.established_on:
        keep_earlier_visit(patient, visited_on=seen_on, document=seen_document, by=by, now=now)
    subject = f"patient:{patient.public_id}"
    detail = {"fields": sorted(changed)}
    record(practice=patient.practice, by=by, action="change_patient", subject=subject, now=now, detail=detail)
    return patient


@transaction.atomic
def add_coverage(
    *,
    patient: Patient,
    payer: Payer,
    member_id: str,
    starts_on: date,
    ends_on: date | None = None,
    by: User,
    plan: str = "",
) -> Coverage:
    """Add a payer from a day. Raises ValidationError for an invalid Medicare member id or an overlap."""
    member_id = member_id.replace("-", "").replace(" ", "").upper()
    if payer.is_medicare and not is_mbi(member_id):
        raise ValidationError(
            {"member_id": "A Medicare id has 11 characters like 1EG4TE5MK73, never S, L, O, I, B or Z. Check the card."}
        )
    coverage = Coverage(
        practice_id=patient.practice_id,
        patient=patient,
        payer=payer,
        plan=plan,
        member_id=member_id,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    coverage.full_clean()
    save_with_reason(coverage, reason="Coverage added", by=by)
    return coverage


@transaction.atomic
def end_coverage(*, coverage: Coverage, ends_on: date, by: User) -> Coverage:
    """Set the last day of a coverage. Raises ValidationError if it would end before it began."""
    coverage = Coverage.objects.select_for_update().get(pk=coverage.pk)
    coverage.ends_on = ends_on
    coverage.full_clean()
    save_with_reason(coverage, reason="Coverage ended", by=by, fields=["ends_on"])
    return coverage
