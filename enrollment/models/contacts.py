"""How a person may be reached: contact points, caregivers, and the ledger of consents by channel."""

from django.db import models
from django.db.models import F, Q

from rpm_portal.core.db.encrypted_fields import BlindIndexField, EncryptedTextField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class ContactChannel(models.TextChoices):
    """A way to reach somebody that has a consent of its own."""

    SMS = "sms", "texts"
    CALL_HUMAN = "call_human", "calls by a person"
    CALL_AUTO = "call_auto", "automated calls"
    EMAIL = "email", "e-mail"


class ConsentAct(models.TextChoices):
    """What a ledger row records. The last row of a person and channel is the state."""

    GIVEN = "given", "agreed"
    WITHDRAWN = "withdrawn", "asked to stop"
    ASKED = "asked", "may have asked to stop"
    BLOCKED = "blocked_by_provider", "stopped at the carrier"
    RESUMED = "resumed", "asked to start again"


class Caregiver(PracticeModel):
    """A person who may hear about a patient between two days, and with what right (45 CFR 164.510(b))."""

    public_id = PublicIdField(unique=True)
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="caregivers")
    name = models.CharField(max_length=120)
    relation = models.CharField(max_length=40)
    allowed_since = models.DateField()
    allowed_until = models.DateField(null=True, blank=True)
    may_answer = models.BooleanField("may write for the patient", default=False)
    may_sign = models.BooleanField("may sign for the patient", default=False)
    basis = models.CharField(
        max_length=24,
        choices=[("patient_agreed", "the patient agreed"), ("legal_representative", "legal representative")],
    )
    document = models.CharField(
        max_length=120, blank=True, help_text="Where the power of attorney or the court's paper is kept."
    )
    code_digest = models.CharField(max_length=128, help_text="Digest of the six digits that the caregiver was given.")
    allowed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-allowed_since", "pk"]
        constraints = [
            models.CheckConstraint(
                name="caregiver_ends_after_start",
                condition=Q(allowed_until__isnull=True) | Q(allowed_until__gte=F("allowed_since")),
            ),
            models.CheckConstraint(
                name="caregiver_signs_by_document",
                condition=Q(may_sign=False) | (Q(basis="legal_representative") & ~Q(document="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.relation})"


class ContactPoint(PracticeModel):
    """A telephone number or an e-mail address of a patient, or of a caregiver of the patient."""

    class Kind(models.TextChoices):
        """What can be done with it."""

        MOBILE = "mobile", "mobile phone"
        LANDLINE = "landline", "landline"
        EMAIL = "email", "e-mail"

    public_id = PublicIdField(unique=True)
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="contact_points")
    caregiver = models.ForeignKey(Caregiver, on_delete=models.PROTECT, null=True, blank=True, related_name="points")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = EncryptedTextField(help_text="+13125550142, or an e-mail address in lower case.")
    value_index = BlindIndexField(of="value")
    language = models.CharField(max_length=2, choices=[("en", "English"), ("es", "Spanish")], default="en")
    opens = models.PositiveSmallIntegerField("not before", default=8, help_text="Hour of the patient's day.")
    closes = models.PositiveSmallIntegerField("not after", default=21, help_text="Hour of the patient's day.")
    weekends = models.BooleanField("also on weekends", default=True)
    suspended_because = models.CharField(
        max_length=14,
        blank=True,
        choices=[
            ("wrong_number", "wrong number"),
            ("bounced", "messages did not arrive"),
            ("provider_block", "stopped at the carrier"),
            ("asked", "the person asked"),
        ],
    )
    suspended_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="contactpoint_once",
                fields=["practice", "patient", "caregiver", "kind", "value_index"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="contactpoint_hours", condition=Q(opens__gte=8, closes__lte=21, opens__lt=F("closes"))
            ),
        ]
        indexes = [models.Index(fields=["practice", "value_index"], name="contactpoint_by_value")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"


class ConsentEvent(PracticeModel):
    """One act about one channel: of a contact point, or of all points of a person if `point` is empty."""

    public_id = PublicIdField(unique=True)
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="consent_events")
    caregiver = models.ForeignKey(Caregiver, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=10, choices=ContactChannel.choices)
    act = models.CharField(max_length=20, choices=ConsentAct.choices)
    how = models.CharField(
        max_length=10,
        choices=[
            ("form", "on a form"),
            ("spoken", "in a conversation"),
            ("keyword", "by a stop word"),
            ("words", "in the person's own words"),
            ("page", "on the portal's page"),
            ("letter", "by letter"),
            ("provider", "reported by the carrier"),
        ],
    )
    text = EncryptedTextField("the words", blank=True)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    honor_by = models.DateField(null=True, blank=True, help_text="The last day to honor a request to stop.")
    honored_at = models.DateTimeField(null=True, blank=True)

    database_objects = append_only("enrollment_consentevent", marks=("honored_at",), free=("text",))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consentevent_stop_has_a_day",
                condition=~Q(act__in=["withdrawn", "asked"]) | Q(honor_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "channel", "-id"], name="consentevent_state"),
            models.Index(
                fields=["practice", "honor_by"],
                name="consentevent_open",
                condition=Q(honor_by__isnull=False, honored_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.act}"
