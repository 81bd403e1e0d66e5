"""Invitations into a practice by a mailed link, and the end of roles."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from rpm_portal.accounts.models import Invitation, Membership, User
from rpm_portal.accounts.services import add_member, make_user
from rpm_portal.audit.services import record, record_change
from rpm_portal.core.access import Role
from rpm_portal.core.days import local_day
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

INVITATION_VALID_FOR = timedelta(days=7)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def invite(*, row: Invitation, by: Membership, now: datetime) -> str:
    """Store an invitation and return the secret of its link, which is stored nowhere else.

    `row` contains the person, role and credential. An earlier open invitation of the person is withdrawn. Raises
    Refused, or ValidationError with what to correct.
    """
    if row.role == Role.ADMIN and by.role != Role.ADMIN:
        raise Refused("Only an administrator invites an administrator.")
    today = local_day(now, by.practice.zone)
    row.practice, row.email = by.practice, row.email.strip().lower()
    row.invited_by, row.invited_at, row.expires_at = by.user, now, now + INVITATION_VALID_FOR
    secret = secrets.token_urlsafe(32)
    row.secret_digest = _digest(secret)
    if row.role == Role.AUDITOR and row.ends_on is None:
        raise ValidationError({"ends_on": "An auditor's access needs a last day."})
    if row.ends_on is not None and row.ends_on < today:
        raise ValidationError({"ends_on": "The last day is over already."})
    current_roles = Membership.objects.for_practice(by.practice).in_force(today).filter(user__email=row.email)
    if current_roles.exists():
        raise ValidationError({"email": "This person has a role in the practice already."})
    for earlier in (
        Invitation.objects.for_practice(by.practice)
        .select_for_update()
        .filter(email=row.email, accepted_at__isnull=True, withdrawn_at__isnull=True)
    ):
        withdraw(row=earlier, by=by, now=now)
    row.full_clean(validate_constraints=False)
    row.save(force_insert=True)
    record_change(row, "invite", by=by, now=now, role=row.role)
    return secret


@transaction.atomic
def withdraw(*, row: Invitation, by: Membership, now: datetime) -> None:
    """Invalidate the link of an invitation. Raises Refused if it was accepted or withdrawn."""
    row = Invitation.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.accepted_at or row.withdrawn_at:
        raise Refused("This invitation is not open any more.")
    row.withdrawn_at, row.withdrawn_by = now, by.user
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    record_change(row, "withdraw_invitation", by=by, now=now, role=row.role)


def open_invitation(public_id: str, secret: str, *, now: datetime) -> Invitation | None:
    """The invitation a link opens; None for a wrong, expired, used or withdrawn one, which cannot be distinguished."""
    row = Invitation.objects.select_related("practice", "invited_by").filter(public_id=public_id).first()
    if row is None or not secrets.compare_digest(row.secret_digest, _digest(secret)):
        return None
    return None if row.accepted_at or row.withdrawn_at or row.expires_at <= now else row


@transaction.atomic
def accept(*, row: Invitation, user: User | None, password: str = "", now: datetime) -> Membership:
    """Give the role to the signed-in person it was meant for, or to a new person with this password.

    Raises Refused if the invitation is no longer open or somebody else is signed in, ValidationError for a weak
    password.
    """
    row = Invitation.objects.select_for_update(of=("self",)).select_related("practice").get(pk=row.pk)
    if row.accepted_at or row.withdrawn_at or row.expires_at <= now:
        raise Refused("This invitation is not open any more. Ask for a new one.")
    if user is None:
        person = User(email=row.email, given_name=row.given_name, family_name=row.family_name)
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise ValidationError({"password": error.messages}) from error
        user = make_user(
            email=row.email, given_name=row.given_name, family_name=row.family_name, password=password
        )  # fmt: skip
    elif user.email.lower() != row.email:
        raise Refused("Somebody else is signed in here. Sign out, then open the link again.")
    today = local_day(now, row.practice.zone)
    member = add_member(
        practice=row.practice, user=user, role=row.role, starts_on=today, credential=row.credential, npi=row.npi,
        ends_on=row.ends_on, by=user,
    )  # fmt: skip
    row.accepted_at, row.accepted_as = now, member
    row.save(update_fields=["accepted_at", "accepted_as"])
    record_change(row, "accept_invitation", by=member, now=now, role=row.role)
    return member


@transaction.atomic
def end_role(*, member: Membership, reason: str, by: Membership, now: datetime) -> None:
    """End a role at once: its last day becomes yesterday, or it ends now if it began today. Raises Refused."""
    today = local_day(now, by.practice.zone)
    member = Membership.objects.select_for_update(of=("self",)).select_related("user", "practice").get(pk=member.pk)
    if member.user_id == by.user_id:
        raise Refused("Nobody ends their own role; ask a colleague.")
    if member.role == Role.ADMIN and by.role != Role.ADMIN:
        raise Refused("Only an administrator ends an administrator's role.")
    if len(reason.strip()) < 3:
        raise Refused("Say why the role ends; it stays in the history.")
    if not member.holds_on(today):
        raise Refused("This role has ended already.")
    member.ends_on, reason = max(member.starts_on, today - timedelta(days=1)), reason.strip()[:90]
    member.ended_at = now if member.starts_on == today else None
    save_with_reason(member, reason=reason, by=by.user, fields=["ends_on", "ended_at"])
    record(
        practice=by.practice, by=by.user, role=by.role, action="end_role", now=now,
        subject=f"membership:{member.public_id}", detail={"last_day": str(member.ends_on), "reason": reason},
    )  # fmt: skip
