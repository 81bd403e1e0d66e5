"""The patient's agreement: asked with a script, dated, withdrawn by a date."""

import hashlib
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment.models import Consent, ConsentPaper, Enrollment
from enrollment.services.dates import backdated, closed_months_in_words
from rpm_portal.accounts.models import User
from rpm_portal.audit.services import record_change

# What a paper may be, by its first bytes; the name it came with says nothing.
KINDS = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
LARGEST_PAPER = 5 * 1024 * 1024
TOLD = {
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
    **told: Any,
) -> Consent:
    """Keep the patient's agreement. Raises ValidationError naming the field: a day to come, one too far back, a paper
    that is none, or something the patient was not told."""
    reason = backdated(given_on, field="given_on", because=because, practice=enrollment.practice, now=now)
    for name, words in TOLD.items():
        if not told.get(name):
            raise ValidationError({name: f"A consent stands only where the patient was told {words}."})
    if told.get("given_by") == "caregiver" and not told.get("given_by_name", "").strip():
        raise ValidationError({"given_by_name": "Write who answered for the patient."})
    consent = Consent(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        given_on=given_on,
        mode=mode,
        taken_by=taken_by,
        recorded_at=now,
        backdated_because=reason,
        given_by=told.pop("given_by", "patient"),
        **told,
    )
    consent.full_clean()
    with closed_months_in_words("given_on"):
        consent.save(force_insert=True)
    if paper is not None:
        _keep_paper(consent, paper)
    record_change(enrollment, "record_consent", by=taken_by, now=now)
    return consent


def _keep_paper(consent: Consent, body: bytes) -> None:
    kind = next((kind for start, kind in KINDS.items() if body.startswith(start)), None)
    if kind is None:
        raise ValidationError({"paper": "A paper is a PDF, JPEG or PNG. Scan it as one of these."})
    if len(body) > LARGEST_PAPER:
        raise ValidationError({"paper": "A paper may have 5 MB. Scan it in grey or with fewer dots."})
    ConsentPaper(
        practice_id=consent.practice_id,
        consent=consent,
        kind=kind,
        sha256=hashlib.sha256(body).hexdigest(),
        body=body,
    ).save(force_insert=True)


@transaction.atomic
def withdraw_consent(*, enrollment: Enrollment, on: date, by: User, now: datetime) -> Consent:
    """Note the day the patient took the consent back. Work after it is not billed. Raises ValidationError."""
    consent = (
        Consent.objects.select_for_update()
        .filter(enrollment=enrollment, withdrawn_on__isnull=True)
        .order_by("-given_on", "-pk")
        .first()
    )
    if consent is None:
        raise ValidationError("There is no consent to withdraw.")
    if on < consent.given_on:
        raise ValidationError({"on": "A consent cannot be withdrawn before it was given."})
    backdated(on, field="on", because="withdrawn by the patient", practice=enrollment.practice, now=now)
    consent.withdrawn_on = on
    with closed_months_in_words("on"):
        consent.save(update_fields=["withdrawn_on"])
    record_change(enrollment, "withdraw_consent", by=by, now=now)
    return consent
