"""The user model."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from rpm_portal.core.db.triggers import table_constraint

if TYPE_CHECKING:
    from rpm_portal.accounts.models import Membership

_SESSION_SALT = "rpm_portal.accounts.User.get_session_auth_hash"


def short_name(given_name: str, family_name: str, email: str) -> str:
    """The short name of a person: R. Cole, or the e-mail without a family name."""
    return f"{given_name[:1]}. {family_name}" if family_name else email


class UserManager(BaseUserManager["User"]):
    """Creates users. The e-mail is the user name."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a user with this e-mail. Without a password they cannot sign in yet."""
        if not email:
            raise ValueError("A user needs an e-mail address")
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a user with every permission in the Django admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. Their permissions follow from their memberships."""

    email = models.EmailField(unique=True)
    given_name = models.CharField(max_length=80, blank=True)
    family_name = models.CharField(max_length=80, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may enter the Django admin", default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    # Set for the user of a request (`PortalBackend`); no column.
    memberships_found: "list[Membership] | None" = None

    # allauth signs in by any address in its table; the foreign key allows only the person's own address there.
    database_objects = (
        table_constraint(
            "account_emailaddress",
            "emailaddress_is_its_persons_own",
            "FOREIGN KEY (user_id, email) REFERENCES accounts_user(id, email) ON UPDATE CASCADE ON DELETE CASCADE",
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_in_any_case"),
            # Users are looked up by the lowercase address, so no other spelling is stored.
            models.CheckConstraint(name="user_email_is_lowercase", condition=Q(email=Lower("email"))),
            # Required by the foreign key of allauth's addresses (`database_objects`).
            models.UniqueConstraint(name="user_id_and_email", fields=["id", "email"]),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def clean(self) -> None:
        """Lowercase the address before a form checks that it is unique."""
        super().clean()
        self.email = self.email.lower()

    def get_session_auth_hash(self) -> str:
        """The value a session is bound to. It depends on the address, so that a new address ends every session."""
        return salted_hmac(_SESSION_SALT, f"{self.password}\n{self.email}", algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        """The full name: Rosa Cole."""
        return f"{self.given_name} {self.family_name}".strip()

    def get_short_name(self) -> str:
        """The short name: R. Cole, or the e-mail without a family name."""
        return short_name(self.given_name, self.family_name, self.email)
