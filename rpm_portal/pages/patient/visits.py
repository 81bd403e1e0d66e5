"""The second check of a link, its lock, and the visit that it begins."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from enrollment.models import Patient
from rpm_portal.audit.services import record
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.patient.links import MOST_FAILURES
from rpm_portal.pages.patient.models import FailedCheck, PatientLink, PatientVisit

MOST_PERSON_FAILURES, PERSON_WINDOW = 10, timedelta(hours=24)
IDLE, LONGEST = timedelta(minutes=20), timedelta(minutes=60)
PATIENT_ROLE = "patient"


class LinkLockedRefused(Refused):
    """The link, or every link of the patient, is locked after wrong answers."""


@dataclass(frozen=True)
class CheckResult:
    """How the second check ended: the visit and its token, or None after a wrong answer."""

    visit: PatientVisit | None
    token: str = ""
    tries_left: int = 0


def parse_birth_date(day: str, month: str, year: str) -> date:
    """The date of three fields. Raises Refused for anything that is no date; such answers are not counted."""
    texts = [text.strip() for text in (day, month, year)]
    if not all(text.isascii() and text.isdigit() and len(text) <= 4 for text in texts):
        raise Refused("numbers")
    number, of_month, of_year = (int(text) for text in texts)
    if of_year < 1880:
        raise Refused("year")
    try:
        return date(of_year, of_month, number)
    except ValueError:
        raise Refused("no_day") from None


def check_birth_date(link: PatientLink, born_on: date, *, now: datetime) -> CheckResult:
    """Compare the birth date and begin a visit, or count a wrong answer.

    Guesses of a patient's links are judged one after another: the patient's row is locked. Raises LinkLockedRefused
    from the sixth wrong answer of a link on, and from the eleventh of a person in 24 hours.
    """
    with transaction.atomic():
        patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
        failures = link.failures.count()
        recent = FailedCheck.objects.for_practice(link.practice_id).filter(
            patient=patient, failed_at__gt=now - PERSON_WINDOW
        )
        if failures >= MOST_FAILURES or recent.count() >= MOST_PERSON_FAILURES:
            raise LinkLockedRefused("locked")
        if patient.born_on == born_on:
            return _begin(link, patient, now=now)
        FailedCheck.objects.create(practice_id=link.practice_id, link=link, patient=patient, failed_at=now)
        left = MOST_FAILURES - failures - 1
        action = "fail_patient_check" if left else "lock_patient_link"
        record(
            practice=link.practice,
            by=None,
            role=PATIENT_ROLE,
            action=action,
            subject=link.audit_subject,
            now=now,
            detail={"link": link.public_id, "tries_left": left},
        )
        return CheckResult(None, tries_left=left)


def _begin(link: PatientLink, patient: Patient, *, now: datetime) -> CheckResult:
    token = secrets.token_urlsafe(32)
    visit = PatientVisit.objects.create(
        practice_id=link.practice_id,
        link=link,
        patient=patient,
        token_digest=digest_of(token),
        language=patient.language,
        began_at=now,
        seen_at=now,
    )
    record(
        practice=link.practice,
        by=None,
        role=PATIENT_ROLE,
        action="begin_patient_visit",
        subject=link.audit_subject,
        now=now,
        detail={"link": link.public_id},
    )
    return CheckResult(visit, token)


def digest_of(token: str) -> str:
    """The stored digest of a cookie's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def visit_of(token: str, *, now: datetime) -> PatientVisit | None:
    """The visit of a cookie that is in force, kept alive; None if it ended: by the patient, idle, or after an hour."""
    if not token:
        return None
    rows = PatientVisit.objects.filter(token_digest=digest_of(token), ended_at__isnull=True)
    rows = rows.filter(seen_at__gt=now - IDLE, began_at__gt=now - LONGEST, link__revoked_at__isnull=True)
    visit = rows.select_related("patient", "practice", "link").first()
    if visit is not None and now - visit.seen_at > timedelta(seconds=30):
        PatientVisit.objects.for_practice(visit.practice_id).filter(pk=visit.pk).update(seen_at=now)
    return visit


@transaction.atomic
def end_visit(visit: PatientVisit, *, now: datetime) -> None:
    """End a visit at the patient's wish."""
    PatientVisit.objects.filter(pk=visit.pk, ended_at__isnull=True).update(ended_at=now)
    record(
        practice=visit.practice,
        by=None,
        role=PATIENT_ROLE,
        action="end_patient_visit",
        subject=visit.audit_subject,
        now=now,
        detail={"link": visit.link.public_id},
    )
