"""Invitations into a practice by a mailed link, and the end of roles."""

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from rpm_portal.accounts.models import Invitation, Membership, User
from rpm_portal.accounts.second_person import check_operator
from rpm_portal.accounts.services import add_member, make_user
from rpm_portal.audit.services import record, record_change
from rpm_portal.core.access import Permission, Role
from rpm_portal.core.days import local_day
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

INVITATION_VALID_FOR = timedelta(days=7)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def invite(*, row: Invitation, by: Membership, now: datetime) -> str:
    """Store an invitation and return the secret of its link, which is stored nowhere else.

    The secret is empty for a role that signs, seals or approves: the link is made by `approve`. `row` contains the
    person, role and credential. An earlier open invitation of the person is withdrawn. Raises Refused, or
    ValidationError with what to correct.
    """
    if row.role == Role.ADMIN and by.role != Role.ADMIN:
        raise Refused("Only an administrator invites an administrator.")
    today = local_day(now, by.practice.zone)
    row.practice, row.email = by.practice, row.email.strip().lower()
    row.invited_by, row.invited_at, row.expires_at = by.user, now, now + INVITATION_VALID_FOR
    secret = "" if row.waits else secrets.token_urlsafe(32)
    row.secret_digest = _digest(secret) if secret else None
    if row.role == Role.AUDITOR and row.ends_on is None:
        raise ValidationError({"ends_on": "An auditor's access needs a last day."})
    if row.ends_on is not None and row.ends_on < today:
        raise ValidationError({"ends_on": "The last day is over already."})
    current_roles = Membership.objects.for_practice(by.practice).in_force(today).filter(user__email=row.email)
    if current_roles.exists():
        raise ValidationError({"email": "This person has a role in the practice already."})
    _check_npi(row, today=today)
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


def _check_npi(row: Invitation, *, today: date) -> None:
    """Raise ValidationError if another person of the practice has the NPI: one human must not count as two."""
    if not row.npi:
        return
    rows = Membership.objects.for_practice(row.practice).filter(npi=row.npi, ended_at__isnull=True)
    rows = rows.exclude(user__email=row.email).exclude(ends_on__lt=today)
    other = rows.select_related("user").first()
    if other is not None:
        raise ValidationError({"npi": f"{other.user} has this NPI in the practice. Check the number."})


@transaction.atomic
def approve(*, row: Invitation, by: Membership, now: datetime) -> str:
    """Approve an invitation as its second person; returns the secret of its link. Raises Refused."""
    row = _unapproved(row, now=now)
    if row.invited_by_id == by.user_id or row.email == by.user.email:
        raise Refused("Not approved. You invited this person, so a colleague decides on it.")
    if row.role == Role.ADMIN and by.role != Role.ADMIN:
        raise Refused("Only an administrator approves an administrator.")
    row.approved_by = by.user
    secret = _store_approval(row, now=now)
    record_change(row, "approve_invitation", by=by, now=now, role=row.role)
    return secret


@transaction.atomic
def approve_as_operator(*, row: Invitation, operator: str, now: datetime) -> str:
    """Approve an invitation of a practice without a second person who could; returns the secret of its link.

    Raises Refused if the practice has one.
    """
    row = _unapproved(row, now=now)
    row.operator = check_operator(operator, row.practice, Permission.MANAGE_PEOPLE, now=now, role=row.role)
    secret = _store_approval(row, now=now)
    record_change(row, "approve_invitation", by=None, now=now, role=row.role, operator=row.operator)
    return secret


def _unapproved(row: Invitation, *, now: datetime) -> Invitation:
    row = Invitation.objects.select_for_update(of=("self",)).select_related("practice", "invited_by").get(pk=row.pk)
    if row.accepted_at or row.withdrawn_at or row.expires_at <= now or not row.waits:
        raise Refused("This invitation does not wait for approval any more.")
    return row


def _store_approval(row: Invitation, *, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    row.approved_at, row.secret_digest = now, _digest(secret)
    row.save(update_fields=["approved_at", "approved_by", "operator", "secret_digest"])
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


def invitation_mail(row: Invitation, link: str) -> tuple[str, str]:
    """Subject and text of the mail with an invitation's link."""
    return f"Your invitation to {row.practice.name}", (
        f"{row.invited_by} has invited you to join {row.practice.name} on RPM Portal as "
        f"{row.get_role_display()}.\n\nOpen this link within seven days to begin:\n{link}\n\n"
        "It works once. Do not forward this message. Anyone with the link can use it."
    )


def open_invitation(public_id: str, secret: str, *, now: datetime) -> Invitation | None:
    """The invitation a link opens; None for a wrong, expired, used or withdrawn one, which cannot be distinguished."""
    row = Invitation.objects.select_related("practice", "invited_by").filter(public_id=public_id).first()
    if row is None or not secrets.compare_digest(row.secret_digest or "", _digest(secret)):
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
        user = make_user(email=row.email, given_name=row.given_name, family_name=row.family_name, password=password)
    elif user.email.lower() != row.email:
        raise Refused("Another person is signed in here. Sign out, then open the link again.")
    today = local_day(now, row.practice.zone)
    member = add_member(
        practice=row.practice,
        user=user,
        role=row.role,
        starts_on=today,
        credential=row.credential,
        npi=row.npi,
        ends_on=row.ends_on,
        by=user,
    )
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
        practice=by.practice,
        by=by.user,
        role=by.role,
        action="end_role",
        now=now,
        subject=f"membership:{member.public_id}",
        detail={"last_day": str(member.ends_on), "reason": reason},
    )
