"""Facts of a patient that billing needs and that only a person can record: authorizations, other practices' claims,
stays, visits and therapy plans. Each row says who recorded it, when, and how it is known.

A row never changes. One that is wrong or out of date is withdrawn with a reason, and a new one is recorded.
"""

from datetime import date, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from enrollment.models.orders import Enrollment
from enrollment.models.patients import Patient, Payer
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import DatabaseObject, append_only

code_shape = RegexValidator(r"^[0-9A-Z][0-9]{3}[0-9A-Z]$", "Write the code as 99454 or G0557.")
npi_shape = RegexValidator(r"^\d{10}$", "An NPI has ten digits.")
# Medicare Benefit Policy Manual, chapter 15, section 220.1.3: a certification covers at most 90 days; since 2025-01-01
# a signed order and a plan that was sent within 30 days of the evaluation take the place of the first signature.
CERTIFIED_DAYS, SENT_WITHIN = timedelta(days=89), timedelta(days=30)
SIGNED_ORDER_SUFFICES_FROM = date(2025, 1, 1)


def withdrawable(table: str) -> tuple[DatabaseObject, ...]:
    """Triggers of a table of facts: a row is only withdrawn, or moved with its patient's merged record."""
    return append_only(table, marks=("voided_at", "voided_by_id", "void_reason"), free=("patient_id",))


class BillingFact(PracticeModel):
    """What a person recorded about a patient, with the source; withdrawn by a mark, never changed or deleted."""

    # How the pages name it.
    title: ClassVar[str] = ""

    public_id = PublicIdField(unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    source = models.CharField("how it is known", max_length=200)
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    void_reason = models.CharField(max_length=200, null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-recorded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.title} {self.public_id}"


def ends_after_it_starts(name: str, first: str = "starts_on", last: str = "ends_on") -> models.CheckConstraint:
    """The constraint that a row does not end before it starts."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__gte": F(first)}),
        violation_error_message="The last day is before the first. Check both days.",
    )


class PriorAuthorization(BillingFact):
    """A payer's answer to a request for authorization. Without codes it covers every code, without units any number."""

    title = "prior authorization"

    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(
        max_length=9, choices=[("approved", "approved"), ("requested", "requested, no answer"), ("denied", "denied")]
    )
    number = models.CharField("authorization number", max_length=50, blank=True)
    codes = ArrayField(models.CharField(max_length=5, validators=[code_shape]), default=list, blank=True)
    units = models.PositiveIntegerField(null=True, blank=True)
    starts_on = models.DateField("from")
    ends_on = models.DateField("to", null=True, blank=True)

    database_objects = withdrawable("enrollment_priorauthorization")

    class Meta(BillingFact.Meta):
        constraints = [
            ends_after_it_starts("priorauthorization_ends_after_it_starts"),
            models.CheckConstraint(
                name="priorauthorization_approved_has_number",
                condition=~Q(outcome="approved") | ~Q(number=""),
                violation_error_message="An approved authorization has a number. Enter it as the payer wrote it.",
            ),
        ]


class OtherBillingAnswer(BillingFact):
    """Whether another practice bills the patient's monitoring, as somebody answered on a day."""

    title = "answer about other practices"

    asked_on = models.DateField()
    asked_of = models.CharField(
        max_length=8,
        choices=[("patient", "the patient or caregiver"), ("practice", "the other practice"), ("payer", "the payer")],
    )
    answer = models.CharField(
        max_length=7,
        choices=[("none", "nobody else bills"), ("some", "another practice bills"), ("unknown", "they do not know")],
    )

    database_objects = withdrawable("enrollment_otherbillinganswer")


class OutsideClaim(BillingFact):
    """A claim that this portal did not make: of another practice, or of this one before it used the portal."""

    title = "claim from outside the portal"

    biller = models.CharField(
        "billed by", max_length=5, choices=[("other", "another practice"), ("ours", "this practice, before the portal")]
    )
    biller_name = models.CharField("name of the practice", max_length=120, blank=True)
    code = models.CharField(max_length=5, validators=[code_shape])
    units = models.PositiveSmallIntegerField(default=1)
    dos = models.DateField("date of service")
    period_start = models.DateField("device period from", null=True, blank=True)

    database_objects = withdrawable("enrollment_outsideclaim")

    class Meta(BillingFact.Meta):
        constraints = [
            ends_after_it_starts("outsideclaim_period_ends_after_it_starts", "period_start", "dos"),
            models.CheckConstraint(
                name="outsideclaim_has_units",
                condition=Q(units__gte=1),
                violation_error_message="Enter the units billed, at least 1.",
            ),
        ]


class CareKind(models.TextChoices):
    """A state of the patient's care or coverage that bears on what may be billed."""

    INPATIENT = "inpatient", "hospital inpatient stay"
    SNF = "snf", "skilled nursing facility stay (Part A)"
    HOME_HEALTH = "home_health", "home health episode"
    HOSPICE = "hospice", "hospice election"
    SURGERY = "surgery", "global surgical period"
    QMB = "qmb", "Qualified Medicare Beneficiary"


class CareStatus(BillingFact):
    """A stay, hospice election, home health episode, surgical period, or QMB status in a span of days."""

    title = "stay or status"

    kind = models.CharField(max_length=11, choices=CareKind)
    starts_on = models.DateField("from")
    ends_on = models.DateField("to", null=True, blank=True)
    place = models.CharField("facility, agency, or surgeon", max_length=120, blank=True)
    same_practitioner = models.BooleanField("surgery by the billing provider, or in the same specialty", default=False)
    related = models.BooleanField("monitoring belongs to the surgery or the terminal illness", default=False)

    database_objects = withdrawable("enrollment_carestatus")

    class Meta(BillingFact.Meta):
        constraints = [ends_after_it_starts("carestatus_ends_after_it_starts")]


class QualifyingVisit(BillingFact):
    """A face-to-face visit of the same group and specialty: it makes the patient established, or began the service."""

    title = "visit"

    visited_on = models.DateField("visit on")
    kind = models.CharField(
        max_length=10,
        choices=[
            ("office", "office visit (E/M)"),
            ("wellness", "annual wellness visit"),
            ("welcome", "initial preventive examination"),
            ("transition", "transitional care visit"),
            ("other", "other face-to-face visit"),
        ],
    )
    seen_by = models.CharField("seen by", max_length=120)
    initiating = models.BooleanField("it began the monitoring", default=False)
    # The visit recorded in the portal, if it is one: `timetracking` is a later app, so the row has its public ID.
    linked_visit = models.CharField(max_length=12, blank=True)

    database_objects = withdrawable("enrollment_qualifyingvisit")


class VisitDocument(PracticeModel):
    """The uploaded document of a visit, stored unchanged and served as a download."""

    visit = models.OneToOneField(QualifyingVisit, on_delete=models.PROTECT, related_name="document")
    kind = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    body = models.BinaryField()

    database_objects = append_only("enrollment_visitdocument")

    def __str__(self) -> str:
        return f"document of {self.visit}"


class PlanOfCare(BillingFact):
    """A therapy plan of care with its certification; it covers at most ninety days."""

    title = "plan of care"

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    discipline = models.CharField(max_length=3, choices=[("PT", "PT"), ("OT", "OT"), ("SLP", "SLP")])
    kind = models.CharField(
        max_length=9, choices=[("initial", "initial certification"), ("renewal", "recertification")], default="initial"
    )
    starts_on = models.DateField("plan set up on")
    ends_on = models.DateField("plan ends on")
    certified_by = models.CharField("certifying physician or NPP, family name", max_length=120)
    certified_given = models.CharField("given name", max_length=60, blank=True)
    certified_npi = models.CharField("NPI", max_length=10, blank=True, validators=[npi_shape])
    sent_on = models.DateField("sent to the physician on", null=True, blank=True)
    order_signed_on = models.DateField("order or referral signed on", null=True, blank=True)
    signed_on = models.DateField("plan signed on", null=True, blank=True)

    database_objects = withdrawable("enrollment_planofcare")

    class Meta(BillingFact.Meta):
        constraints = [
            ends_after_it_starts("planofcare_ends_after_it_starts"),
            models.CheckConstraint(
                name="planofcare_ninety_days",
                condition=Q(ends_on__lte=F("starts_on") + CERTIFIED_DAYS),
                violation_error_message="A plan of care covers at most 90 days. Record the next one when it is set up.",
            ),
        ]

    @property
    def is_certified(self) -> bool:
        """Whether it is certified: signed or, initially, ordered in writing and sent in time."""
        if self.signed_on is not None:
            return True
        if self.kind != "initial" or self.order_signed_on is None or self.sent_on is None:
            return False
        return self.starts_on >= SIGNED_ORDER_SUFFICES_FROM and self.sent_on <= self.starts_on + SENT_WITHIN
