"""Services that create practices, members and users."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.db.history import save_with_reason


@transaction.atomic
def open_practice(
    *, name: str, zone: str, npi: str = "", tax_id: str = "", by: User | None, **settings: object
) -> Practice:
    """Create a practice with these settings. Raises ValidationError for an invalid zone, NPI or tax id."""
    practice = Practice(name=name, zone=zone, npi=npi, tax_id=tax_id, **settings)
    practice.full_clean()
    save_with_reason(practice, reason="Practice opened", by=by)
    return practice


def practice_named(name: str) -> Practice:
    """The practice with this public id or name. Raises Practice.DoesNotExist with a sentence."""
    practice = Practice.objects.filter(public_id=name).first() or Practice.objects.filter(name=name).first()
    if practice is None:
        raise Practice.DoesNotExist(f"There is no practice {name!r}.")
    return practice


@transaction.atomic
def add_member(
    *,
    practice: Practice,
    user: User,
    role: str,
    starts_on: date,
    credential: str = "",
    npi: str = "",
    ends_on: date | None = None,
    by: User | None,
) -> Membership:
    """Give a user a role in a practice from a day. Raises ValidationError with what to correct."""
    membership = Membership(
        practice=practice,
        user=user,
        role=role,
        credential=credential,
        npi=npi,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    membership.full_clean()
    save_with_reason(membership, reason=f"Joined as {membership.get_role_display()}", by=by)
    return membership


def make_user(*, email: str, given_name: str, family_name: str, password: str | None, **fields: object) -> User:
    """Create a person; without a password they cannot sign in yet. Raises ValidationError if the e-mail is taken."""
    if User.objects.filter(email=email.lower()).exists():
        raise ValidationError({"email": "Another person already signs in with this e-mail address."})
    return User.objects.create_user(email, password, given_name=given_name, family_name=family_name, **fields)
