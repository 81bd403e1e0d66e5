"""Changes of credentials: an audit event in each practice of the person, and a mail to the person."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import transaction
from redis import RedisError

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.accounts.notices import NOT_YOU, send_notice, time_words
from rpm_portal.audit.services import record
from rpm_portal.core.days import local_day

# Somebody else can cause some events repeatedly; these are mailed once in this time.
MAIL_AGAIN_AFTER = timedelta(minutes=10)


class Notice(NamedTuple):
    """The mail about one kind of change. The time follows `text`; `repeats` limits how often it is sent."""

    subject: str
    text: str
    repeats: bool = False


NOTICES = {
    "change_password": Notice("Your password was changed", "The password of your RPM Portal account was changed"),
    "reset_password": Notice(
        "Your password was reset", "The password of your RPM Portal account was reset by a link in a mail"
    ),
    "add_factor": Notice("A second factor was added", "A second factor ({kind}) was added to your RPM Portal account"),
    "remove_factor": Notice(
        "A second factor was removed", "A second factor ({kind}) was removed from your RPM Portal account"
    ),
    "factor_failed": Notice(
        "A second factor was refused",
        "A wrong code or security key ({kind}) was entered for your RPM Portal account, after the right password",
        repeats=True,
    ),
    "generate_recovery_codes": Notice(
        "New recovery codes were generated",
        "New recovery codes were generated for your RPM Portal account; the earlier ones no longer work. This happened",
    ),
    "use_recovery_code": Notice(
        "A recovery code was used", "A recovery code of your RPM Portal account was used; {left} are left. It was used"
    ),
    "factor_locked": Notice(
        "Your second factor is locked for five minutes",
        "After five wrong codes, the second factor of your RPM Portal account was locked for five minutes. The right "
        "password was entered before. It was locked",
        repeats=True,
    ),
    "signature_locked": Notice(
        "Signing is locked for ten minutes",
        "After five wrong passwords, signing with your RPM Portal account was locked for ten minutes",
        repeats=True,
    ),
    "sign_in_locked": Notice(
        "Sign-in was locked for ten minutes",
        "After wrong passwords, sign-in to your RPM Portal account was locked for ten minutes where they were entered",
        repeats=True,
    ),
}
FACTOR_NAMES = {"totp": "authenticator app", "webauthn": "security key", "recovery_codes": "recovery codes"}


def memberships_of(user: User, *, now: datetime) -> list[Membership]:
    """The person's roles in force, one per practice, ordered by practice: the order in which audits are written."""
    rows = Membership.objects.filter(user=user, user__is_active=True).select_related("practice__single_sign_on", "user")
    by_practice = {row.practice_id: row for row in rows if row.holds_on(local_day(now, row.practice.zone))}
    return [by_practice[key] for key in sorted(by_practice)]


def report(
    user: User,
    action: str,
    *,
    now: datetime,
    detail: dict[str, object] | None = None,
    by: User | None = None,
    mail: bool = True,
    practices: list[Practice] | None = None,
) -> None:
    """Record a change of credentials in the audit of the person's practices and mail the person after the commit.

    `by` is who did it, by default the person themselves. A person without a role in any practice gets only the mail.
    """
    detail = detail or {}
    if practices is None:
        practices = [row.practice for row in memberships_of(user, now=now)]
    for practice in practices:
        record(practice=practice, by=by or user, action=action, detail=detail, now=now)
    if mail:
        zone = practices[0].zone if practices else "UTC"
        transaction.on_commit(partial(_mail_person, user, action, detail=detail, when=time_words(now, zone)))


def is_first_recently(user: User, action: str) -> bool:
    """Whether the action is the person's first of its kind in ten minutes; True if the cache is not reachable."""
    try:
        return bool(cache.add(f"credentials:{action}:{user.pk}", True, MAIL_AGAIN_AFTER.total_seconds()))
    except RedisError:
        return True


def _mail_person(user: User, action: str, *, detail: dict[str, Any], when: str) -> None:
    notice = NOTICES[action]
    if notice.repeats and not is_first_recently(user, f"mail:{action}"):
        return
    words = notice.text.format(**{**detail, "kind": FACTOR_NAMES.get(detail.get("kind", ""), "other")})
    send_notice(to=user.email, subject=notice.subject, text=f"{words} on {when}.\n\n{NOT_YOU}")
