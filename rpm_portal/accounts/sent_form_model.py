"""Forms that were sent: the key of each, so that a repeated POST is answered and not done again."""

from django.conf import settings
from django.db import models


class SentForm(models.Model):
    """A form that a person sent and whose action was done, by the key in the form; kept for two days.

    Only the status and the address of the answer are stored: an answer itself may name patients.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    body_digest = models.CharField(max_length=64, help_text="Keyed, because a form may have a password.")
    status = models.PositiveSmallIntegerField(default=200)
    location = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="sentform_once", fields=["user", "key"])]

    def __str__(self) -> str:
        return f"form of {self.sent_at:%Y-%m-%d}"
