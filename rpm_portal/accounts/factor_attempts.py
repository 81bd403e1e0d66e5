"""Second factors and signatures with a limit for each person, counted in rows (`FactorAttempt`).

Attempts of one person are checked one after another, so parallel requests get no further tries. A failure is stored in
a transaction of its own: call these functions outside of any other.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.db import transaction

from rpm_portal.accounts.credentials import report
from rpm_portal.accounts.factor_attempt_model import AttemptKind, FactorAttempt
from rpm_portal.accounts.models import User
from rpm_portal.core.refusals import Refused


class AttemptLimit(NamedTuple):
    """How many failures of these kinds in a time lock the person, and the audit action of the lock."""

    kinds: tuple[AttemptKind, ...]
    failures: int
    window: timedelta
    action: str
    message: str


# Five guesses in five minutes are at most 1,440 a day against a million codes (OWASP ASVS 5.0, 6.6.3: rate limits of
# one-time codes).
FACTOR_LIMIT = AttemptLimit(
    (AttemptKind.TOTP, AttemptKind.WEBAUTHN, AttemptKind.RECOVERY_CODES),
    5,
    timedelta(minutes=5),
    "factor_locked",
    "Too many wrong codes. Wait five minutes, then try again. If it was not you, change your password.",
)
SIGNATURE_LIMIT = AttemptLimit(
    (AttemptKind.SIGNATURE,),
    5,
    timedelta(minutes=10),
    "signature_locked",
    "Too many wrong passwords. Wait ten minutes, or ask an administrator.",
)


class FactorLocked(Refused):
    """The person has too many failures; nothing was checked."""


def try_credential(
    user: User, kind: AttemptKind, check: Callable[[], bool], *, limit: AttemptLimit, now: datetime, field: str = ""
) -> bool:
    """The result of `check`. A failure is stored; the one that reaches the limit is recorded and mailed.

    Raises FactorLocked, without a check, if the person has reached the limit.
    """
    failures = FactorAttempt.objects.filter(
        user=user.pk, kind__in=limit.kinds, at__gt=now - limit.window, used_step__isnull=True
    )
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        count = failures.count()
        if count >= limit.failures:
            raise FactorLocked(limit.message, field=field)
        if check():
            return True
        FactorAttempt.objects.create(user=user, kind=kind, at=now)
    if count + 1 == limit.failures:
        report(user, limit.action, now=now)
    return False


def use_code(
    user: User, code: str, *, now: datetime, kinds: Sequence[str] = ("totp", "recovery_codes")
) -> Authenticator | None:
    """The factor that a code belongs to; the code then is used up, in every process. None for a wrong or used one.

    A failure is recorded in the audit. Raises FactorLocked after five failures in five minutes.
    """
    # An app comes before recovery codes, so a failure is reported for the app.
    factors = list(Authenticator.objects.filter(user=user, type__in=kinds).order_by("-type"))
    if not factors:
        return None
    used: list[Authenticator] = []

    def _check() -> bool:
        for factor in factors:
            is_app = factor.type == Authenticator.Type.TOTP
            if _use_step(factor, code, now=now) if is_app else factor.wrap().validate_code(code):
                factor.user = user
                used.append(factor)
                return True
        return False

    kind = AttemptKind(factors[0].type)
    if not try_credential(user, kind, _check, limit=FACTOR_LIMIT, now=now, field="code"):
        report(user, "factor_failed", now=now, detail={"kind": factors[0].type})
        return None
    return used[0]


def _use_step(factor: Authenticator, code: str, *, now: datetime) -> bool:
    """Whether the code is that of a current step that was not used yet; stores that it is used now."""
    secret = decrypt(factor.data["secret"])
    for step in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            if FactorAttempt.objects.filter(user=factor.user_id, used_step=step).exists():
                return False
            FactorAttempt.objects.create(user_id=factor.user_id, kind=AttemptKind.TOTP, at=now, used_step=step)
            return True
    return False
