"""`manage.py open_practice`: create a practice with its first administrator."""

from datetime import datetime
from typing import TypedDict, Unpack

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.accounts.notices import send_notice
from rpm_portal.accounts.services import add_member, make_user, open_practice
from rpm_portal.audit.services import record
from rpm_portal.core.access import Role
from rpm_portal.core.days import local_day
from rpm_portal.management.commands.load_reference import REFERENCE_LOADERS


class _Options(TypedDict):
    """The options of the command."""

    name: str
    zone: str
    email: str
    given_name: str
    family_name: str
    npi: str
    tax_id: str
    url: str
    existing_person: bool
    print_link: bool


class Command(BaseCommand):
    """Create a practice in one transaction: reference texts, the first administrator, and a link to set a password."""

    help = "Open a practice with its first administrator, who gets a link by mail to choose a password."

    def add_arguments(self, parser: CommandParser) -> None:
        """The practice, its administrator, and the portal's address."""
        parser.add_argument("--name", required=True)
        parser.add_argument("--zone", required=True, help="IANA time zone, like America/Chicago")
        parser.add_argument("--email", required=True, help="sign-in address of the first administrator")
        parser.add_argument("--given-name", required=True)
        parser.add_argument("--family-name", required=True)
        parser.add_argument("--npi", default="", help="group NPI")
        parser.add_argument("--tax-id", default="", help="like 12-3456789")
        parser.add_argument("--url", default="", help="address of the portal, like https://portal.clinic.example")
        parser.add_argument(
            "--existing-person", action="store_true", help="give the role to somebody who signs in with this address"
        )
        parser.add_argument(
            "--print-link", action="store_true", help="print the link instead of mailing it; it is a secret"
        )

    def handle(self, *args: object, **options: Unpack[_Options]) -> None:
        """Create the practice and send the link. Raises CommandError with what to correct; nothing is changed then."""
        now, site = timezone.now(), site_address(options["url"])
        with transaction.atomic():
            member, known = _create(options, now=now)
            if known:
                text = f"You are now an administrator of {member.practice} on RPM Portal. Sign in at {site} as before."
            else:
                link = site + password_path(member.user)
                text = (
                    f"{member.practice} was opened on RPM Portal, and you are its first administrator. You sign in "
                    f"with this address.\n\nOpen this link within three days to choose a password:\n{link}\n\nThe link "
                    f'works once. After that, select "I forgot my password" at {site} for a new one.'
                )
            if options["print_link"] and not known:
                self.stdout.write(link)
            elif not send_notice(to=member.user.email, subject=f"{member.practice} on RPM Portal", text=text):
                raise CommandError(
                    "Nothing was changed: the mail could not be sent. Check PORTAL_EMAIL_URL, or add --print-link."
                )
        self.stdout.write(
            f"Practice {member.practice.public_id} opened. First administrator: {member.user.email}."
            + ("" if options["print_link"] or known else " A link to choose a password was sent.")
        )


def site_address(given: str) -> str:
    """The portal's address without a final slash: as given, or from PORTAL_ORIGINS, or PORTAL_HOSTS.

    Raises CommandError if none of them has a host.
    """
    origins = [origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin]
    hosts = [host for host in settings.ALLOWED_HOSTS if host and host[0] not in "*."]
    scheme = "https" if settings.SECURE else "http"
    address = given or next(iter(origins), "") or (f"{scheme}://{hosts[0]}" if hosts else "")
    if not address.startswith(("https://", "http://")) or "?" in address:
        raise CommandError("Nothing was changed: name the portal's address, like --url https://portal.clinic.example.")
    return address.rstrip("/")


def password_path(user: User) -> str:
    """The path of the link to choose a password, the same as for a password reset."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=key)


def _create(options: _Options, *, now: datetime) -> tuple[Membership, bool]:
    """Create the practice; returns its first administrator, and whether they had an account before."""
    name, email = " ".join(options["name"].split()), options["email"].strip().lower()
    if Practice.objects.filter(name__iexact=name).exists():
        raise CommandError(f"Nothing was changed: there is a practice named {name!r} already. Choose another name.")
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(
            f"Nothing was changed: {options['email']!r} is no e-mail address. Write it like name@clinic.example."
        ) from None
    user = User.objects.filter(email=email).first()
    if user is not None and not options["existing_person"]:
        raise CommandError(
            f"Nothing was changed: {user.get_full_name() or 'somebody'} signs in with {email} already. Name another "
            "address, or add --existing-person to make that person the administrator."
        )
    if user is None and options["existing_person"]:
        raise CommandError(f"Nothing was changed: nobody signs in with {email}. Leave --existing-person out.")
    if user is not None and not user.is_active:
        raise CommandError(f"Nothing was changed: the account of {email} is inactive.")
    known = user is not None
    try:
        practice = open_practice(name=name, zone=options["zone"], npi=options["npi"], tax_id=options["tax_id"], by=None)
        for add in REFERENCE_LOADERS:
            add(practice=practice, by=None)
        if user is None:
            names = {"given_name": options["given_name"].strip(), "family_name": options["family_name"].strip()}
            if not all(names.values()):
                raise CommandError("Nothing was changed: enter the administrator's given name and family name.")
            User(email=email, password=UNUSABLE_PASSWORD_PREFIX, **names).full_clean()
            user = make_user(email=email, password=None, **names)
        member = add_member(
            practice=practice, user=user, role=Role.ADMIN, starts_on=local_day(now, practice.zone), by=None
        )
    except ValidationError as error:
        raise CommandError("Nothing was changed: " + _messages_of(error)) from None
    record(
        practice=practice,
        by=None,
        action="open_practice",
        now=now,
        subject=f"membership:{member.public_id}",
        detail={"first_administrator": email, "known_before": known},
    )
    return member, known


def _messages_of(error: ValidationError) -> str:
    """The messages of a ValidationError, each with the name of its field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())
