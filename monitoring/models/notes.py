"""Model of the notes that staff write about a patient."""

from django.db import models
from django.db.models import Q

from rpm_portal.core.access import Role
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class Note(PracticeModel):
    """A note, written once; a wrong one is voided by its writer and remains readable."""

    public_id = PublicIdField(unique=True)
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    text = models.TextField(max_length=4000)
    written_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role)
    written_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=300, null=True)

    database_objects = append_only("monitoring_note", marks=("voided_at", "void_reason"))

    class Meta:
        ordering = ["-written_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="note_void_says_why",
                condition=Q(voided_at__isnull=True, void_reason__isnull=True)
                | Q(voided_at__isnull=False, void_reason__isnull=False) & ~Q(void_reason=""),
            ),
            models.CheckConstraint(name="note_says_something", condition=~Q(text="")),
        ]
        indexes = [models.Index(fields=["enrollment", "-written_at"], name="note_of_enrollment")]

    def __str__(self) -> str:
        return f"note {self.public_id}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events: the enrollment it is about."""
        return f"enrollment:{self.enrollment.public_id}"
