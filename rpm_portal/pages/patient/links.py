"""Links to the patient's page: made for a message or by staff, with a secret that no row contains."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from enrollment.models import Patient
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.pages.patient.models import PatientLink
from timetracking.threads.events import MessageWritten

LINK_DAYS = timedelta(days=7)
MOST_FAILURES = 5  # wrong answers of one link
_SECRET_LENGTH = 22  # base64 characters: 132 bits of the digest


def secret_of(link: PatientLink) -> str:
    """The secret of a link, which follows `#` in its address."""
    return _secret(settings.LINK_KEYS[0], link.selector, link.generation)


def _secret(key: bytes, selector: str, generation: int) -> str:
    digest = hmac.new(key, f"{selector}|{generation}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_SECRET_LENGTH]


def link_path(link: PatientLink) -> str:
    """The path of the link with its secret as fragment: browsers do not send what follows `#`."""
    return f"/m/{link.selector}/#{secret_of(link)}"


def page_origin() -> str:
    """The origin of the patient's page: its own host, else the portal's public address."""
    scheme = "https" if settings.SECURE else "http"
    return f"{scheme}://{settings.PATIENT_HOST}" if settings.PATIENT_HOST else str(settings.PUBLIC_URL).rstrip("/")


def find_link(selector: str, secret: str, *, now: datetime) -> PatientLink | None:
    """The link, if the secret is right and it is in force; None for any other reason. The same work for each."""
    link = PatientLink.objects.filter(selector=selector[:12]).select_related("patient", "practice").first()
    generation = link.generation if link is not None else 0
    is_right = False
    for key in settings.LINK_KEYS:
        is_right |= hmac.compare_digest(_secret(key, selector, generation).encode(), secret.strip().encode())
    if link is None or not is_right or link.revoked_at is not None or link.expires_at <= now:
        return None
    return link


@transaction.atomic
def make_link(patient: Patient, *, by: Membership | None, now: datetime) -> PatientLink:
    """A new link for a patient; earlier ones stay until they expire. With an event."""
    link = PatientLink.objects.create(
        practice_id=patient.practice_id,
        patient=patient,
        selector=new_public_id()[:8],
        made_at=now,
        expires_at=now + LINK_DAYS,
    )
    record_change(link, "make_patient_link", by=by, now=now, link=link.public_id)
    return link


@transaction.atomic
def revoke_links(patient: Patient, *, by: Membership, now: datetime) -> int:
    """End all links of a patient that are in force, and their visits; returns how many."""
    rows = PatientLink.objects.for_practice(patient.practice_id).filter(patient=patient, revoked_at__isnull=True)
    links = list(rows.filter(expires_at__gt=now).select_for_update().select_related(None))
    for link in links:
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
        link.visits.filter(ended_at__isnull=True).update(ended_at=now)
        link.patient = patient
        record_change(link, "revoke_patient_link", by=by, now=now, link=link.public_id)
    return len(links)


def current_link(patient: Patient, *, now: datetime) -> PatientLink | None:
    """The patient's newest link that is in force and not locked."""
    rows = PatientLink.objects.for_practice(patient.practice_id).filter(patient=patient, revoked_at__isnull=True)
    link = rows.filter(expires_at__gt=now).select_related("patient", "practice").order_by("-made_at", "-pk").first()
    return link if link is not None and link.failures.count() < MOST_FAILURES else None


def link_for_message(event: MessageWritten) -> PatientLink:
    """The link for a message of the care team: the one in force, for seven more days, or a new one."""
    patient = event.message.thread.enrollment.patient
    link = current_link(patient, now=event.at)
    if link is None:
        return make_link(patient, by=None, now=event.at)
    link.expires_at = event.at + LINK_DAYS
    link.save(update_fields=["expires_at"])
    return link
