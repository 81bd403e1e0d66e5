"""Services for settings by people: sources and keys, limits, rules, who looks after a patient, and reviews."""

import hashlib
import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment.models import Enrollment
from monitoring.ingest.registry import vendors
from monitoring.models import AlertRule, Conclusion, Review, Source, Standing, Threshold
from monitoring.readings.store import lock_standings
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.clock import database_now
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

# Settings of a source that stay when its key is replaced.
TRANSPORT_SETTINGS = (
    "per_minute",
    "allowed_networks",
    "signature_algorithm",
    "signature_header",
    "signature_encoding",
    "signature_secret",
)


def digest_of(key: str) -> str:
    """The digest of a source's key, which is stored instead of the key."""
    return hashlib.sha256(key.encode()).hexdigest()


def open_source(
    *,
    practice: Practice,
    name: str,
    shape: str,
    now: datetime,
    by: User | None = None,
    weight_unit: str = "",
    temperature_unit: str = "",
    glucose_unit: str = "",
    renews: Source | None = None,
    **more: object,
) -> tuple[Source, str]:
    """Create a sender and its key. The key is returned only here; only its digest is stored.

    `more` are further settings of the source.
    """
    key = secrets.token_urlsafe(32)
    source = Source.objects.create(
        practice=practice,
        name=name,
        shape=shape,
        key_digest=digest_of(key),
        made_at=now,
        made_by=by,
        weight_unit=weight_unit,
        temperature_unit=temperature_unit,
        glucose_unit=glucose_unit,
        renews_id=renews.sender_id if renews else None,
        **more,
    )
    return source, key


def people_source(practice_id: int, shape: str, *, now: datetime) -> Source:
    """The source for files and values that people of a practice enter; nobody knows its key."""
    source: Source | None = Source.objects.filter(practice=practice_id, shape=shape).first()
    if source is not None:
        return source
    label = vendors()[shape].label
    digest = digest_of(f"{shape}:{practice_id}:{secrets.token_urlsafe(32)}")
    return Source.objects.create(
        practice_id=practice_id,
        name=label[:1].upper() + label[1:],
        shape=shape,
        key_digest=digest,
        made_at=now,
    )


@transaction.atomic
def revoke_source(*, source: Source, by: User, now: datetime) -> Source:
    """Revoke a key at once. Its readings stay. Raises Refused if it was revoked already."""
    source = Source.objects.select_for_update().get(pk=source.pk)
    if source.revoked_at is not None:
        raise Refused("This key was revoked already.")
    source.revoked_at, source.revoked_by = now, by
    source.save(update_fields=["revoked_at", "revoked_by"])
    return source


@transaction.atomic
def renew_key(*, source: Source, by: User, now: datetime) -> tuple[Source, str]:
    """Replace a sender's key: revoke the old source and open another. Raises Refused."""
    old = revoke_source(source=source, by=by, now=now)
    return open_source(
        practice=old.practice,
        name=old.name,
        shape=old.shape,
        now=now,
        by=by,
        weight_unit=old.weight_unit,
        temperature_unit=old.temperature_unit,
        glucose_unit=old.glucose_unit,
        renews=old,
        **{name: getattr(old, name) for name in TRANSPORT_SETTINGS},
    )


@transaction.atomic
def set_source(*, source: Source, secret: str = "", **settings: object) -> str:
    """Set the rate, unit, allowed networks and signature of a source. Returns a secret that was generated, or "".

    An empty `secret` keeps the present one; without one a secret is generated and returned only here. Raises Refused.
    """
    source = Source.objects.select_for_update().get(pk=source.pk)
    if source.revoked_at is not None:
        raise Refused("This key was revoked already.")
    for name, value in settings.items():
        setattr(source, name, value)
    generated = ""
    if not source.signature_algorithm:
        source.signature_secret = source.signature_header = ""
    elif secret:
        source.signature_secret = secret
    elif not source.signature_secret:
        generated = source.signature_secret = secrets.token_urlsafe(32)
    source.save(update_fields=[*settings, "signature_secret", "signature_header"])
    return generated


def set_threshold(*, enrollment: Enrollment, metric: str, by: User, part: int = 1, **limits: object) -> Threshold:
    """Set a patient's range for a metric; the previous range stays in its history. Raises ValidationError."""
    threshold = Threshold.objects.filter(enrollment=enrollment, metric=metric, part=part).first() or Threshold(
        practice_id=enrollment.practice_id, enrollment=enrollment, metric=metric, part=part
    )
    for name, value in limits.items():
        setattr(threshold, name, value)
    threshold.set_by = by
    threshold.full_clean()
    save_with_reason(threshold, reason="Limits set", by=by)
    return threshold


def add_rule(*, enrollment: Enrollment, spec: dict[str, object], severity: str, by: User) -> AlertRule:
    """Set a rule over more than one value. Raises ValidationError if it is invalid or in force already."""
    rule = AlertRule(practice_id=enrollment.practice_id, enrollment=enrollment, spec=spec, severity=severity, set_by=by)
    # clean() first, so that the uniqueness check does not compare an invalid spec.
    rule.clean()
    if AlertRule.objects.filter(enrollment=enrollment, spec=spec, ended_at__isnull=True).exists():
        raise ValidationError({"spec": "This rule exists already."})
    rule.full_clean()
    save_with_reason(rule, reason="Rule set", by=by)
    return rule


@transaction.atomic
def end_rule(*, rule: AlertRule, by: User, now: datetime) -> AlertRule:
    """End a rule; its alerts stay. Raises Refused if it was ended already."""
    rule = AlertRule.objects.select_for_update().get(pk=rule.pk)
    if rule.ended_at is not None:
        raise Refused("This rule was ended already.")
    rule.ended_at = now
    save_with_reason(rule, reason="Rule ended", by=by, fields=["ended_at"])
    return rule


@transaction.atomic
def look_after(*, enrollment: Enrollment, member: Membership | None, by: User) -> Enrollment:
    """Set who looks after a patient: the owner of new alerts, and the worklist's filter for own patients."""
    enrollment = Enrollment.objects.select_for_update().get(pk=enrollment.pk)
    enrollment.looked_after_by = member
    save_with_reason(enrollment, reason="Assigned to another person", by=by, fields=["looked_after_by"])
    return enrollment


@transaction.atomic
def mark_reviewed(*, enrollment: Enrollment, by: User, now: datetime, note: str = "") -> Review:
    """Record that the readings up to this moment were reviewed."""
    lock_standings(enrollment.practice_id, [enrollment.pk])
    Standing.objects.filter(enrollment=enrollment).update(reviewed_to=now)
    return Review.objects.create(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        conclusion=Conclusion.READ,
        note=note,
        reviewed_to=now,
        reviewed_by=by,
        reviewed_at=now,
    )


def lock_readings(enrollment_ids: list[int]) -> datetime:
    """Block new readings of these enrollments until the transaction ends; returns the database's clock now.

    Intake locks the same rows first, in the same order: a transaction that has started finishes, a later one waits.
    """
    list(Standing.objects.filter(enrollment__in=enrollment_ids).order_by("enrollment_id").select_for_update())
    return database_now()
