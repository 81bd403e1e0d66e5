"""Model of remembered file formats: what a person chose for the files of one kind."""

from django.db import models

from rpm_portal.core.db.tenancy import PracticeModel


class RememberedFormat(PracticeModel):
    """The columns, date order, decimal sign, zone and unit that a person confirmed for files with the same header."""

    header_digest = models.CharField(max_length=64, help_text="Of the column names in their order.")
    choices = models.JSONField()
    chosen_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="rememberedformat_once", fields=["practice", "header_digest"])]

    def __str__(self) -> str:
        return f"format {self.pk}"
