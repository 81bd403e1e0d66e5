"""Signatures: the password is checked again, and five wrong ones in ten minutes lock signing."""

from datetime import datetime, timedelta

from rpm_portal.accounts.models import Membership
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused

MAX_WRONG_PASSWORDS = 5
WRONG_PASSWORD_WINDOW = timedelta(minutes=10)


def recent_refusals(by: Membership, *, now: datetime) -> int:
    """How many wrong passwords this person entered at signatures in the last ten minutes. One statement."""
    return Event.objects.filter(
        practice=by.practice_id, actor=by.user_id, action="signature_refused", at__gt=now - WRONG_PASSWORD_WINDOW
    ).count()


def check_signature_password(by: Membership, password: str, *, field: str, act: str, now: datetime) -> None:
    """Check the password of the person who signs. Raises Refused naming the field.

    A wrong password raises SignatureRefused, which the caller records in the audit.
    """
    if recent_refusals(by, now=now) >= MAX_WRONG_PASSWORDS:
        text = "Too many wrong passwords. Wait ten minutes, or ask an administrator."
        raise SignatureRefused(text, field=field, by=by, act=act)
    if not password:
        raise Refused("Enter your password to sign.", field=field)
    if not by.user.check_password(password):
        raise SignatureRefused("This is not your password. Nothing was signed.", field=field, by=by, act=act)


class SignatureRefused(Refused):
    """A wrong password at a signature. The caller records it outside the transaction that is rolled back:
    `record_change(None, "signature_refused", by=refusal.by, now=now, act=refusal.act)`.
    """

    def __init__(self, message: str, *, field: str, by: Membership, act: str) -> None:
        super().__init__(message, field=field)
        self.by, self.act = by, act
