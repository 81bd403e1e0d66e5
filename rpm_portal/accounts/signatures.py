"""Signatures: the password is checked again, and five wrong ones in ten minutes lock signing."""

from datetime import datetime

from rpm_portal.accounts.factor_attempt_model import AttemptKind
from rpm_portal.accounts.factor_attempts import SIGNATURE_LIMIT, FactorLocked, try_credential
from rpm_portal.accounts.models import Membership
from rpm_portal.core.refusals import Refused


def check_signature_password(by: Membership, password: str, *, field: str, act: str, now: datetime) -> None:
    """Check the password of the person who signs. Raises Refused naming the field.

    A wrong password is counted (so call this before a transaction begins) and raises SignatureRefused, which the caller
    records in the audit.
    """
    user = by.user
    if not password:
        raise Refused("Enter your password to sign.", field=field)
    try:
        is_right = try_credential(
            user, AttemptKind.SIGNATURE, lambda: user.check_password(password), limit=SIGNATURE_LIMIT, now=now
        )
    except FactorLocked as refusal:
        raise SignatureRefused(refusal.message, field=field, by=by, act=act) from None
    if not is_right:
        raise SignatureRefused("This is not your password. Nothing was signed.", field=field, by=by, act=act)


class SignatureRefused(Refused):
    """A wrong password at a signature. The caller records it outside the transaction that is rolled back:
    `record_change(None, "signature_refused", by=refusal.by, now=now, act=refusal.act)`.
    """

    def __init__(self, message: str, *, field: str, by: Membership, act: str) -> None:
        super().__init__(message, field=field)
        self.by, self.act = by, act
