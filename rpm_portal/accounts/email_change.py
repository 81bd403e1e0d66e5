"""Changes of a sign-in address: entered by an administrator, and confirmed if it opens more than their practice."""

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from rpm_portal.accounts.credentials import memberships_of
from rpm_portal.accounts.email_change_model import ConfirmedBy
from rpm_portal.accounts.models import EmailChange, Membership, User
from rpm_portal.accounts.notices import send_notice, time_words
from rpm_portal.audit.services import record
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

CHANGE_VALID_FOR = timedelta(days=7)
MIN_REASON_LENGTH = 10
MAX_REASON_LENGTH = 200
MAX_EMAIL_LENGTH = 254  # the column's length
EMAIL_TAKEN = "Another person signs in with this address. Enter an address that only this person uses."
CHANGE_NOT_OPEN = "This change of address is not open anymore. Ask an administrator of your practice to enter it again."


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def needs_confirmation(member: Membership, *, now: datetime) -> bool:
    """Whether the address opens more than the member's practice: a role in another one, or the Django admin."""
    if member.user.is_staff or member.user.is_superuser:
        return True
    others = Membership.objects.filter(user=member.user_id, ended_at__isnull=True).exclude(practice=member.practice_id)
    return any(
        row.ends_on is None or row.ends_on >= local_day(now, row.practice.zone)
        for row in others.select_related("practice")
    )


def _email_error(member: Membership, email: str) -> str:
    """Why a lowercase address cannot be the member's new one; empty if it can be."""
    try:
        validate_email(email)
    except ValidationError:
        return "Enter an e-mail address like name@clinic.example."
    if len(email) > MAX_EMAIL_LENGTH:
        return f"Enter an e-mail address of at most {MAX_EMAIL_LENGTH} characters."
    if email == member.user.email:
        return "This person signs in with this address already. Enter another one."
    return EMAIL_TAKEN if User.objects.filter(email=email).exists() else ""


@transaction.atomic
def ask_email_change(
    *, member: Membership, email: str, reason: str, by: Membership, now: datetime
) -> tuple[EmailChange, str]:
    """Change a member's sign-in address, or store a change that the old address or the operator must confirm.

    Returns the change and the secret of the link for the old address; the secret is empty if the change was applied at
    once. An earlier open change of the member is withdrawn. Raises ValidationError with what to correct, and Refused.
    """
    # Two administrators who act at once run one after the other.
    member.user = User.objects.select_for_update().get(pk=member.user_id)
    if not member.holds_on(local_day(now, by.practice.zone)):
        raise Refused("This person has no role in the practice today. The address was not changed.")
    reason, errors = reason.strip(), {}
    if len(reason) < MIN_REASON_LENGTH:
        errors["reason"] = f"Enter a reason of at least {MIN_REASON_LENGTH} characters."
    new_email = email.strip().lower()
    if email_error := _email_error(member, new_email):
        errors["email"] = email_error
    if errors:
        raise ValidationError(errors)
    for row in (
        EmailChange.objects.for_practice(by.practice)
        .select_for_update()
        .filter(membership=member, applied_at__isnull=True, withdrawn_at__isnull=True)
    ):
        withdraw_email_change(change=row, by=by, now=now)
    change = EmailChange(
        practice=by.practice,
        membership=member,
        old_email=member.user.email,
        new_email=new_email,
        reason=reason[:MAX_REASON_LENGTH],
        asked_at=now,
        asked_by=by.user,
    )
    if not needs_confirmation(member, now=now):
        change.save(force_insert=True)
        return _apply(change, confirmed_by=None, by=by, now=now), ""
    secret = secrets.token_urlsafe(32)
    change.secret_digest, change.expires_at = _digest(secret), now + CHANGE_VALID_FOR
    change.save(force_insert=True)
    _record(change, "ask_email_change", by=by, now=now)
    return change, secret


def open_email_change(public_id: str, secret: str, *, now: datetime) -> EmailChange | None:
    """The change that a link opens; None for a wrong, expired, used or withdrawn one."""
    rows = EmailChange.objects.select_related("practice", "membership__user", "asked_by")
    row = rows.filter(public_id=public_id).first()
    if row is None or not secrets.compare_digest(row.secret_digest or "", _digest(secret)):
        return None
    return row if is_open(row, now=now) else None


def is_open(change: EmailChange, *, now: datetime) -> bool:
    """Whether the change is unconfirmed and has not expired."""
    waiting = change.applied_at is None and change.withdrawn_at is None
    return waiting and change.expires_at is not None and change.expires_at > now


@transaction.atomic
def confirm_email_change(*, change: EmailChange, confirmed_by: ConfirmedBy, now: datetime) -> EmailChange:
    """Apply an open change. Raises Refused if it is not open or no longer possible."""
    change = EmailChange.objects.select_for_update(of=("self",)).select_related("practice").get(pk=change.pk)
    if not is_open(change, now=now):
        raise Refused(CHANGE_NOT_OPEN)
    if not change.membership.holds_on(local_day(now, change.practice.zone)):
        raise Refused("The person's role in the practice that asked for this change has ended.")
    return _apply(change, confirmed_by=confirmed_by, by=None, now=now)


@transaction.atomic
def withdraw_email_change(*, change: EmailChange, by: Membership | None, now: datetime) -> None:
    """Close an open change: an administrator withdrew it, or (`by` None) the old address refused it."""
    change = EmailChange.objects.select_for_update(of=("self",)).select_related("practice").get(pk=change.pk)
    if change.applied_at or change.withdrawn_at:
        raise Refused(CHANGE_NOT_OPEN)
    change.withdrawn_at = now
    change.save(update_fields=["withdrawn_at"])
    _record(change, "withdraw_email_change" if by else "refuse_email_change", by=by, now=now)


def _apply(
    change: EmailChange, *, confirmed_by: ConfirmedBy | None, by: Membership | None, now: datetime
) -> EmailChange:
    """Write the new address, end the person's sessions and record it. Reset links become invalid."""
    user = User.objects.select_for_update().get(pk=change.membership.user_id)
    if user.email != change.old_email:
        raise Refused("The person's address was changed in the meantime. Enter the change again.")
    user.email = change.new_email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError:
        raise Refused(EMAIL_TAKEN) from None
    EmailAddress.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    change.applied_at, change.confirmed_by = now, confirmed_by
    change.save(update_fields=["applied_at", "confirmed_by"])
    _record(change, "change_email", by=by, now=now)
    return change


def _record(change: EmailChange, action: str, *, by: Membership | None, now: datetime) -> None:
    """Write an event in each practice of the person. Only the practice that asked gets the reason."""
    detail = {"from": change.old_email, "to": change.new_email}
    if change.confirmed_by:
        detail["confirmed_by"] = str(change.confirmed_by)
    members = {row.practice_id: row for row in memberships_of(change.membership.user, now=now)}
    members[change.practice_id] = change.membership
    for practice_id in sorted(members):
        member, ours = members[practice_id], practice_id == change.practice_id
        record(
            practice=member.practice,
            by=by.user if by else None,
            role=by.role if by and ours else "",
            action=action,
            now=now,
            subject=f"membership:{member.public_id}",
            detail={**detail, "reason": change.reason} if ours else {**detail, "asked_by": "another practice"},
        )


def notify_both_addresses(change: EmailChange) -> bool:
    """Mail the old and the new address that the change was applied; returns whether both mails were accepted."""
    when = time_words(change.applied_at or change.asked_at, change.practice.zone)
    old = send_notice(
        to=change.old_email,
        subject="Your sign-in address was changed",
        text=(
            f"Your RPM Portal account now signs in with {change.new_email}, no longer with this address. It was "
            f"changed on {when} for {change.practice.name}. All sessions were ended.\n\nIf you do not know of this, "
            f"tell an administrator of {change.practice.name} now."
        ),
    )
    new = send_notice(
        to=change.new_email,
        subject="You now sign in with this address",
        text=(
            f"From {when} an RPM Portal account of {change.practice.name} signs in with this address. The password and "
            f"the second factor stay as they were.\n\nIf you do not know of this, tell {change.practice.name}."
        ),
    )
    return old and new


def mail_confirmation_link(change: EmailChange, link: str) -> bool:
    """Mail the link to the old address; returns whether the mail was accepted."""
    return send_notice(
        to=change.old_email,
        subject="Confirm your new sign-in address",
        text=(
            f"An administrator of {change.practice.name} entered {change.new_email} as your new sign-in address for "
            "RPM Portal. You have access beyond this practice, so the change waits for you.\n\nOpen this link within "
            f"seven days to confirm or refuse it:\n{link}\n\nThe link works once. If you do not know of this change, "
            "refuse it and tell your administrator."
        ),
    )
