"""A change of a person's sign-in address."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class ConfirmedBy(models.TextChoices):
    """Who confirmed a change of an address that opens more than the practice that asked for it."""

    OLD_ADDRESS = "old_address", "the old address"
    OPERATOR = "operator", "the operator"


class EmailChange(PracticeModel):
    """A new sign-in address that an administrator entered for a member, with the reason.

    It is applied at once, or it waits until the old address or the operator confirms it (then `expires_at` and
    `secret_digest` are set; only a digest of the link's secret is stored). Applied once, or withdrawn.
    """

    public_id = PublicIdField(unique=True)
    membership = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="email_changes")
    old_email = models.EmailField()
    new_email = models.EmailField()
    reason = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    secret_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=11, choices=ConfirmedBy, null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    database_objects = append_only("accounts_emailchange", marks=("applied_at", "confirmed_by", "withdrawn_at"))

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                name="emailchange_one_open_a_member",
                fields=["membership"],
                condition=Q(applied_at__isnull=True, withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="emailchange_applied_or_withdrawn",
                condition=Q(applied_at__isnull=True) | Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="emailchange_is_lowercase",
                condition=Q(new_email=Lower("new_email")),
            ),
        ]

    def __str__(self) -> str:
        return f"change of address {self.public_id}"
