"""Practices, memberships, invitations, emergency access and single sign-on."""

from datetime import date
from typing import Self
from urllib.parse import urlsplit

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, NullIf

from rpm_portal.accounts.email_change_model import EmailChange as EmailChange
from rpm_portal.accounts.factor_attempt_model import FactorAttempt as FactorAttempt
from rpm_portal.accounts.sent_form_model import SentForm as SentForm
from rpm_portal.accounts.setting_change_model import SettingChange as SettingChange
from rpm_portal.accounts.user_model import User as User
from rpm_portal.accounts.user_model import UserManager as UserManager
from rpm_portal.core.access import SECOND_PERSON_ROLES, Credential, Permission, Role
from rpm_portal.core.db.encrypted_fields import EncryptedTextField
from rpm_portal.core.db.fields import DomainField, IssuerField, NPIField, PublicIdField, ZoneField, range_of_one
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only
from rpm_portal.core.unit_systems import UnitSystem


class SecondFactor(models.TextChoices):
    """Who must sign in with a second factor."""

    EVERYBODY = "everybody", "everybody"
    SIGNERS = "signers", "who signs, locks, sends, exports or manages"
    NOBODY = "nobody", "nobody"


class Practice(models.Model):
    """The billing organization, and the tenant: no row is visible to another practice."""

    public_id = PublicIdField(unique=True)
    name = models.CharField(max_length=120)
    npi = NPIField("group NPI", max_length=10, blank=True)
    tax_id = models.CharField(
        "tax id",
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^\d{2}-?\d{7}$", "Write the tax id as 12-3456789.")],
    )
    zone = ZoneField("time zone", max_length=64, default="America/New_York")
    close_day = models.PositiveSmallIntegerField(
        "close the month on day",
        default=2,
        help_text="Day of the next month on which the close is computed by itself.",
    )
    days_signed = models.BooleanField(
        "lines wait for signed days",
        default=True,
        help_text="A claim line is not locked while a day it depends on lacks its person's signature.",
    )
    second_factor = models.CharField(
        max_length=10,
        choices=SecondFactor,
        default=SecondFactor.EVERYBODY,
        help_text="Who signs in with a code or a key besides the password.",
    )
    own_sign_in_only = models.BooleanField(
        "people come in through the practice's own sign-in only",
        default=False,
        help_text="A password then opens this practice to nobody. Counts while single sign-on is switched on.",
    )
    units = models.CharField(
        "units of weight and temperature", max_length=10, choices=UnitSystem, default=UnitSystem.US
    )
    history = PracticeHistory()

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(name="practice_close_day_range", condition=Q(close_day__range=(1, 28)))]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Filters of memberships."""

    def for_practice(self, practice: Practice) -> Self:
        """Memberships of one practice."""
        return self.filter(practice=practice)

    def in_force(self, day: date) -> Self:
        """Memberships in force on a day, of active users."""
        open_ended = Q(ends_on__isnull=True) | Q(ends_on__gte=day)
        return self.filter(open_ended, starts_on__lte=day, ended_at__isnull=True, user__is_active=True)

    def billers_of_service(self) -> Self:
        """Memberships with an NPI under which a service may be billed."""
        return self.exclude(npi="").filter(role__in=[Role.PHYSICIAN, Role.QHP, Role.THERAPIST])


class Membership(models.Model):
    """A user's role in one practice, with credential, NPI and dates."""

    public_id = PublicIdField(unique=True)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    credential = models.CharField(max_length=10, choices=Credential, blank=True)
    npi = NPIField("NPI", max_length=10, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Set where a role ended on the day it began."
    )
    shift_minutes = models.PositiveSmallIntegerField(
        "shift, minutes a day", null=True, blank=True, help_text="My day shows the work against it; nothing else does."
    )
    history = PracticeHistory()

    # Set for a request with open emergency access; no columns.
    glass: "EmergencyAccess | None" = None
    in_emergency: frozenset[Permission] = frozenset()

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="membership_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message="The last day must not come before the first.",
            ),
            ExclusionConstraint(
                name="membership_one_at_a_time",
                expressions=[
                    (range_of_one(F("user")), RangeOperators.OVERLAPS),
                    (range_of_one(F("practice")), RangeOperators.OVERLAPS),
                    (Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at__isnull=True),
                violation_error_message="This person already has a role in the practice on these days; end it first.",
            ),
            # One human with two accounts must not count as two persons.
            ExclusionConstraint(
                name="membership_npi_of_one_person",
                expressions=[
                    (range_of_one(Cast(NullIf("npi", Value("")), models.BigIntegerField())), RangeOperators.OVERLAPS),
                    (range_of_one(F("practice")), RangeOperators.OVERLAPS),
                    (Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at__isnull=True) & ~Q(npi=""),
                violation_error_message="Another person in the practice has this NPI on these days. Check the number.",
            ),
            models.CheckConstraint(
                name="membership_auditor_expires",
                condition=~Q(role=Role.AUDITOR) | Q(ends_on__isnull=False),
                violation_error_message="An auditor's access needs a last day.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.credential or self.get_role_display()}"

    def holds_on(self, day: date) -> bool:
        """Whether the role is in force on a local day of its practice."""
        if self.ended_at is not None:
            return False
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @property
    def signature(self) -> str:
        """The name in a signature: Rosa Cole, RN."""
        return f"{self.user}, {self.credential}" if self.credential else str(self.user)


class Invitation(PracticeModel):
    """A role offered by mail, accepted once or withdrawn. Only a digest of the link's secret is stored.

    A role that signs, locks or approves has no link before a second person approved it. Sending again withdraws it.
    """

    public_id = PublicIdField(unique=True)
    email = models.EmailField()
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    role = models.CharField(max_length=20, choices=Role)
    credential = models.CharField(max_length=10, choices=Credential, blank=True)
    npi = NPIField("NPI", max_length=10, blank=True)
    ends_on = models.DateField("last day", null=True, blank=True)
    secret_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    invited_at = models.DateTimeField()
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    operator = models.CharField("approved by the operator", max_length=80, null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_as = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    database_objects = append_only(
        "accounts_invitation",
        marks=(
            *("secret_digest", "approved_at", "approved_by_id", "operator"),
            *("accepted_at", "accepted_as_id", "withdrawn_at", "withdrawn_by_id"),
        ),
    )

    class Meta:
        ordering = ["-invited_at"]
        constraints = [
            models.UniqueConstraint(
                name="invitation_one_open_a_person",
                fields=["practice", "email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="invitation_accepted_or_withdrawn",
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="invitation_approved_by_a_second_person",
                condition=Q(approved_at__isnull=True, approved_by__isnull=True, operator__isnull=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False) & ~Q(approved_by=F("invited_by"))
                | Q(approved_at__isnull=False, operator__isnull=False),
            ),
            models.CheckConstraint(
                name="invitation_signer_needs_a_second_person",
                condition=Q(secret_digest__isnull=True) & Q(accepted_at__isnull=True)
                | Q(approved_at__isnull=False)
                | ~Q(role__in=SECOND_PERSON_ROLES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def waits(self) -> bool:
        """Whether a second person has not yet approved the role."""
        return self.role in SECOND_PERSON_ROLES and self.approved_at is None


class EmergencyAccess(PracticeModel):
    """An hour of reading charts that the role does not allow, with the reason; the practice is notified."""

    public_id = PublicIdField(unique=True)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="emergencies")
    reason = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    database_objects = append_only("accounts_emergencyaccess", marks=("closed_at",))

    class Meta:
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"emergency access {self.public_id}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"emergency:{self.public_id}"


class SingleSignOn(models.Model):
    """A practice's own sign-in: the OpenID Connect provider that identifies its people, and only those."""

    public_id = PublicIdField(unique=True)
    practice = models.OneToOneField(Practice, on_delete=models.PROTECT, related_name="single_sign_on")
    issuer = IssuerField(help_text="As the provider states it, like https://login.harbor.example.")
    client_id = models.CharField("client id", max_length=200)
    client_secret = EncryptedTextField("client secret")
    domains = ArrayField(
        DomainField(max_length=120),
        help_text="Whose e-mail addresses it vouches for, separated by commas: harbor.example, harborclinic.example.",
    )
    vouches_for_factor = models.BooleanField(
        "its second factor replaces ours",
        default=False,
        help_text="Only where the provider says in each sign-in that one was shown (amr).",
    )
    is_on = models.BooleanField("in use", default=False)
    history = PracticeHistory(excluded_fields=["client_secret"])

    class Meta:
        verbose_name = verbose_name_plural = "single sign-on"

    def __str__(self) -> str:
        return f"{self.practice}: {self.issuer}"

    @property
    def host(self) -> str:
        """The host name of the provider: login.harbor.example."""
        return urlsplit(self.issuer).hostname or ""
