"""Consents, the scripts read to patients, and signed papers."""

from django.db import models
from django.db.models import F, Q

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only

LANGUAGES = [("en", "English"), ("es", "Spanish")]


class ConsentScript(PracticeModel):
    """The text read to the patient, in one language and version. A new wording is a new version."""

    language = models.CharField(max_length=2, choices=LANGUAGES)
    version = models.CharField(max_length=10)
    program = models.CharField(max_length=3, choices=[("RPM", "RPM"), ("RTM", "RTM"), ("CCM", "CCM")], default="RPM")
    text = models.TextField(max_length=5000)
    in_use = models.BooleanField(default=True)
    history = PracticeHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="consentscript_once", fields=["practice", "program", "language", "version"])
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.get_language_display()}, version {self.version}"


class Consent(PracticeModel):
    """The patient's dated agreement. Withdrawn by a date, never deleted."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="consents")
    given_on = models.DateField()
    mode = models.CharField(
        "how",
        max_length=10,
        choices=[
            ("phone", "by phone"),
            ("visit", "at a visit"),
            ("paper", "on paper"),
            ("portal", "by portal"),
        ],
    )
    given_by = models.CharField(
        "who answered", max_length=10, choices=[("patient", "patient"), ("caregiver", "caregiver")]
    )
    given_by_name = models.CharField("name of the caregiver", max_length=120, blank=True)
    language = models.CharField(max_length=2, choices=LANGUAGES, default="en")
    script_version = models.CharField(max_length=10, default="1")
    cost_told = models.BooleanField("told what it may cost", default=False)
    one_provider_told = models.BooleanField("told that only one practice may bill it", default=False)
    right_to_stop_told = models.BooleanField("told that it can be stopped at any time", default=False)
    taken_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    backdated_because = models.CharField(max_length=200, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)

    database_objects = append_only("enrollment_consent", marks=("withdrawn_on",))

    class Meta:
        ordering = ["-given_on"]
        constraints = [
            models.CheckConstraint(
                name="consent_withdrawn_after_given",
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=F("given_on")),
            )
        ]

    def __str__(self) -> str:
        return f"consent of {self.given_on}"


class ConsentPaper(PracticeModel):
    """The uploaded scan of a signed paper, stored unchanged and served as a download."""

    public_id = PublicIdField(unique=True)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="paper")
    kind = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    body = models.BinaryField()

    database_objects = append_only("enrollment_consentpaper")

    def __str__(self) -> str:
        return f"paper of {self.consent}"
