"""Files of charges, postings and remittances for a practice-management system, with the proof that it took them."""

from django.db import models
from django.db.models import Q

from billing.models.answers import AnswerFile
from billing.models.ledger import LedgerEntry
from rpm_portal.core.db.encrypted_fields import EncryptedBytesField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class HandOver(PracticeModel):
    """One archive for one system: what is new in the ledger since the last one. Append-only; its proof is set once."""

    public_id = PublicIdField(unique=True)
    system = models.CharField(max_length=40, help_text="The name of the practice-management system.")
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    body = EncryptedBytesField()
    sha256 = models.CharField(max_length=64)
    charges = models.PositiveIntegerField()
    charges_total = models.DecimalField(max_digits=14, decimal_places=2)
    postings = models.PositiveIntegerField()
    postings_total = models.DecimalField(max_digits=14, decimal_places=2, help_text="The sum of payments.")
    remittances = models.PositiveIntegerField()
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    proof = models.CharField(max_length=200, null=True, help_text="The batch number that the system shows.")

    database_objects = append_only("billing_handover", marks=("taken_at", "taken_by_id", "proof"), free=("body",))

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(name="handover_numbered", fields=["practice", "system", "number"]),
            models.CheckConstraint(
                name="handover_taken_with_proof",
                condition=Q(taken_at__isnull=True, taken_by__isnull=True, proof__isnull=True)
                | Q(taken_at__isnull=False, taken_by__isnull=False, proof__isnull=False) & ~Q(proof=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.number}"


class HandedEntry(PracticeModel):
    """A ledger entry in a hand-over: each is handed to a system once."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="entries")
    system = models.CharField(max_length=40)
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="hand_overs")

    database_objects = append_only("billing_handedentry")

    class Meta:
        constraints = [models.UniqueConstraint(name="handedentry_once", fields=["entry", "system"])]

    def __str__(self) -> str:
        return f"{self.system}"


class HandedFile(PracticeModel):
    """A remittance file in a hand-over, unchanged: each is handed to a system once."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="files")
    system = models.CharField(max_length=40)
    file = models.ForeignKey(AnswerFile, on_delete=models.PROTECT, related_name="hand_overs")

    database_objects = append_only("billing_handedfile")

    class Meta:
        constraints = [models.UniqueConstraint(name="handedfile_once", fields=["file", "system"])]

    def __str__(self) -> str:
        return f"{self.system}"
