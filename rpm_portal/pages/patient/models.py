"""Models of the patient's page: links, wrong answers to the second check, and visits."""

from django.db import models

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class PatientLink(PracticeModel):
    """A link to the patient's page. Its secret is not stored: it follows from the selector and a secret key."""

    public_id = PublicIdField(unique=True)
    selector = models.CharField(max_length=12, unique=True)
    generation = models.PositiveSmallIntegerField(default=1)
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="links")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "-expires_at"], name="link_of_patient")]

    def __str__(self) -> str:
        return f"link {self.public_id}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events: the patient."""
        return f"patient:{self.patient.public_id}"


class FailedCheck(PracticeModel):
    """A wrong answer to the second check of a link; five lock the link, ten in a day the patient's links."""

    link = models.ForeignKey(PatientLink, on_delete=models.PROTECT, related_name="failures")
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="+")
    failed_at = models.DateTimeField()

    database_objects = append_only("patient_page_failedcheck")

    class Meta:
        indexes = [models.Index(fields=["patient", "failed_at"], name="failedcheck_of_patient")]

    def __str__(self) -> str:
        return f"failed {self.failed_at:%Y-%m-%d %H:%M}"


class PatientVisit(PracticeModel):
    """A visit that a passed check began. The cookie's token is stored as a digest."""

    link = models.ForeignKey(PatientLink, on_delete=models.PROTECT, related_name="visits")
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=2, choices=[("en", "English"), ("es", "Spanish")])
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "-began_at"], name="visit_of_patient_page")]

    def __str__(self) -> str:
        return f"visit {self.began_at:%Y-%m-%d %H:%M}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events: the patient."""
        return f"patient:{self.patient.public_id}"
