"""Services that record and withdraw a patient's consent."""

import hashlib
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment.models import Consent, ConsentPaper, Enrollment
from enrollment.services.dates import check_backdating, translate_lock_error
from rpm_portal.accounts.models import User
from rpm_portal.audit.services import record_change

# Allowed types of a paper by its first bytes; the file name is not trusted.
PDF_START = b"%PDF-"
PAPER_TYPES = {PDF_START: "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
MAX_PAPER_BYTES = 5 * 1024 * 1024
DISCLOSURES = {
    "cost_told": "what it may cost",
    "one_provider_told": "that only one practice may bill it",
    "right_to_stop_told": "that it can be stopped at any time",
}


@transaction.atomic
def record_consent(
    *,
    enrollment: Enrollment,
    given_on: date,
    mode: str,
    taken_by: User,
    now: datetime,
    because: str = "",
    paper: bytes | None = None,
    **facts: Any,
) -> Consent:
    """Store the patient's consent. Raises ValidationError naming the field: a day in the future or too far back, an
    invalid paper, or a disclosure that was not made."""
    reason = check_backdating(given_on, field="given_on", because=because, practice=enrollment.practice, now=now)
    for name, words in DISCLOSURES.items():
        if not facts.get(name):
            raise ValidationError({name: f"Consent is valid only if the patient was told {words}."})
    if facts.get("given_by") == "caregiver" and not facts.get("given_by_name", "").strip():
        raise ValidationError({"given_by_name": "Write who answered for the patient."})
    consent = Consent(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        given_on=given_on,
        mode=mode,
        taken_by=taken_by,
        recorded_at=now,
        backdated_because=reason,
        given_by=facts.pop("given_by", "patient"),
        **facts,
    )
    consent.full_clean()
    with translate_lock_error("given_on"):
        consent.save(force_insert=True)
    if paper is not None:
        _store_paper(consent, paper)
    record_change(enrollment, "record_consent", by=taken_by, now=now)
    return consent


def check_paper(body: bytes, *, field: str) -> str:
    """The media type of an uploaded document, by its first bytes. Raises ValidationError for another or a large one."""
    kind = next((kind for start, kind in PAPER_TYPES.items() if body.startswith(start)), None)
    # A file that two kinds of programs open differently shows each reader something else.
    if kind is None or (b"%PDF-" in body[len(PDF_START) :] and kind != PAPER_TYPES[PDF_START]):
        raise ValidationError({field: "A paper is a PDF, JPEG or PNG. Scan it as one of these."})
    if len(body) > MAX_PAPER_BYTES:
        raise ValidationError({field: "A paper may have 5 MB. Scan it in grey or with fewer dots."})
    return kind


def _store_paper(consent: Consent, body: bytes) -> None:
    kind = check_paper(body, field="paper")
    ConsentPaper(
        practice_id=consent.practice_id,
        consent=consent,
        kind=kind,
        sha256=hashlib.sha256(body).hexdigest(),
        body=body,
    ).save(force_insert=True)


@transaction.atomic
def withdraw_consent(*, enrollment: Enrollment, on: date, by: User, now: datetime) -> Consent:
    """Record the day on which the patient withdrew. Later work is not billed. Raises ValidationError."""
    consent: Consent | None = (
        Consent.objects.select_for_update()
        .filter(enrollment=enrollment, withdrawn_on__isnull=True)
        .order_by("-given_on", "-pk")
        .first()
    )
    if consent is None:
        raise ValidationError("There is no consent to withdraw.")
    if on < consent.given_on:
        raise ValidationError({"on": "A consent cannot be withdrawn before it was given."})
    check_backdating(on, field="on", because="withdrawn by the patient", practice=enrollment.practice, now=now)
    consent.withdrawn_on = on
    with translate_lock_error("on"):
        consent.save(update_fields=["withdrawn_on"])
    record_change(enrollment, "withdraw_consent", by=by, now=now)
    return consent
