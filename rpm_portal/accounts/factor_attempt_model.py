"""Attempts at second factors and signatures, as rows."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class AttemptKind(models.TextChoices):
    """What a person tried to show. The first three are the kinds of allauth's authenticators."""

    TOTP = "totp", "authenticator app"
    WEBAUTHN = "webauthn", "security key"
    RECOVERY_CODES = "recovery_codes", "recovery code"
    SIGNATURE = "signature", "password of a signature"


class FactorAttempt(models.Model):
    """A failed attempt, or (with `used_step`) a one-time code that was accepted. No code and no password is stored.

    The rows count across all processes and need no cache. A step is a period of 30 seconds since 1970 (RFC 6238); the
    code of a step is accepted once.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=14, choices=AttemptKind)
    at = models.DateTimeField()
    used_step = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="factorattempt_step_used_once", fields=["user", "used_step"]),
            models.CheckConstraint(
                name="factorattempt_only_an_app_has_steps", condition=Q(used_step__isnull=True) | Q(kind="totp")
            ),
        ]
        indexes = [models.Index(fields=["user", "-at"], name="factorattempt_by_person")]

    def __str__(self) -> str:
        return f"attempt {self.pk}"
