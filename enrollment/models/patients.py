"""The person, who pays, and from when to when."""

from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from rpm_portal.identifiers import validate_zone
from rpm_portal.tenancy import PracticeModel, PracticeQuerySet, new_public_id


class Payer(PracticeModel):
    """Who pays: Medicare, a plan, Medicaid."""

    name = models.CharField(max_length=120)
    payer_code = models.CharField("payer id", max_length=20, blank=True, help_text="As the clearinghouse lists it.")
    is_medicare = models.BooleanField(default=False, help_text="Member ids are checked as Medicare identifiers.")
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("practice", Lower("name"), name="payer_once_in_practice")]

    def __str__(self) -> str:
        return self.name


class PatientQuerySet(PracticeQuerySet):
    """Patients, narrowed."""

    def matching(self, words: str) -> Self:
        """Those whose name or record number holds every word."""
        found = self
        for word in words.split()[:5]:
            found = found.filter(Q(family_name__icontains=word) | Q(given_name__icontains=word) | Q(mrn__iexact=word))
        return found


class Patient(PracticeModel):
    """A person who is monitored. `zone` decides on which local day a reading falls."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    mrn = models.CharField("record number", max_length=30)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    born_on = models.DateField("date of birth")
    sex = models.CharField(max_length=1, choices=[("F", "female"), ("M", "male"), ("U", "unknown")])
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=2, choices=[("en", "English"), ("es", "Spanish")], default="en")
    zone = models.CharField("time zone", max_length=64, validators=[validate_zone])
    established_on = models.DateField(
        "last visit",
        null=True,
        blank=True,
        help_text="A visit with this practice; RPM needs an established patient.",
    )
    history = HistoricalRecords()

    objects = PatientQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["family_name", "given_name", "pk"]
        constraints = [models.UniqueConstraint(name="patient_mrn_once_in_practice", fields=["practice", "mrn"])]
        indexes = [models.Index(fields=["practice", "family_name", "given_name", "id"], name="patient_by_name")]

    def __str__(self) -> str:
        return f"{self.family_name.upper()}, {self.given_name}"

    def age_on(self, day: date) -> int:
        """Whole years on a day."""
        return day.year - self.born_on.year - ((day.month, day.day) < (self.born_on.month, self.born_on.day))


class Coverage(PracticeModel):
    """The payer that answers for a patient on certain days."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="coverages")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="+")
    member_id = models.CharField(max_length=30)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="coverage_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            # One primary payer a day; a second payer will be a rank of its own.
            ExclusionConstraint(
                name="coverage_one_primary_a_day",
                expressions=[
                    (
                        Func(F("patient"), F("patient"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="This patient already has a payer on these days; end that coverage first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} from {self.starts_on}"
