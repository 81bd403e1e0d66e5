"""Patients, payers and coverage."""

import re
from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower

from enrollment.models.search import matches_words
from rpm_portal.core.db.encrypted_fields import BlindIndexField, EncryptedTextField
from rpm_portal.core.db.fields import PublicIdField, ZoneField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel, PracticeQuerySet
from rpm_portal.core.db.triggers import sql_function
from rpm_portal.core.plain_text import without_accents


class Payer(PracticeModel):
    """A payer: Medicare, a plan, Medicaid."""

    name = models.CharField(max_length=120)
    payer_code = models.CharField("payer id", max_length=20, blank=True, help_text="As the clearinghouse lists it.")
    filing = models.CharField(
        "kind of plan",
        max_length=2,
        choices=[
            ("MB", "Medicare Part B"),
            ("16", "Medicare Advantage (HMO)"),
            ("MC", "Medicaid"),
            ("BL", "Blue Cross Blue Shield"),
            ("CI", "commercial"),
        ],
        default="CI",
        help_text="The claim filing indicator (SBR09).",
    )
    is_medicare = models.BooleanField(default=False, help_text="Member ids are checked as Medicare identifiers.")
    history = PracticeHistory()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("practice", Lower("name"), name="payer_once_in_practice")]

    def __str__(self) -> str:
        return self.name


# The search words of a patient: names without accents and the record number, in parts, without apostrophes and without
# any separator; phone as parts and as a whole, parts of the birth date, and the practice id, so that one index lookup
# finds rows of one practice.
PATIENT_WORDS = """CREATE OR REPLACE FUNCTION patient_words(
  practice bigint, family text, given text, mrn text, phone text, born date)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(array_remove(
    regexp_split_to_array(concat_ws(' ', parts.family, parts.given, parts.mrn, lower(phone)), '[^0-9a-z]+')
    || regexp_split_to_array(translate(concat_ws(' ', parts.family, parts.given), '''’‘`´', ''), '[^0-9a-z]+')
    || ARRAY['#' || practice,
             regexp_replace(parts.family, '[^0-9a-z]', '', 'g'),
             regexp_replace(parts.given, '[^0-9a-z]', '', 'g'),
             regexp_replace(parts.mrn, '[^0-9a-z]', '', 'g'),
             regexp_replace(phone, '[^0-9]', '', 'g'),
             extract(year FROM born)::int::text,
             extract(month FROM born)::int::text,
             extract(day FROM born)::int::text,
             lpad(extract(month FROM born)::int::text, 2, '0'),
             lpad(extract(day FROM born)::int::text, 2, '0')],
    ''))
  FROM (SELECT
    translate(lower(family), 'áàâäãåāéèêëēíìîïīóòôöõøōúùûüūñçýł', 'aaaaaaaeeeeeiiiiiooooooouuuuuncyl') AS family,
    translate(lower(given), 'áàâäãåāéèêëēíìîïīóòôöõøōúùûüūñçýł', 'aaaaaaaeeeeeiiiiiooooooouuuuuncyl') AS given,
    lower(mrn) AS mrn) AS parts
$$;"""


class PatientQuerySet(PracticeQuerySet):
    """Filters of patients."""

    def matching(self, words: str, *, practice: int) -> Self:
        """Patients of which every word begins a part of the name, record number, phone or birth date.

        Words may be in any order. A birth date may be typed 1950-03-02, 3/2/1950 or 1950. Uses one index.
        """
        parts = [part for part in re.split(r"[^0-9a-z]+", without_accents(words.lower())) if part][:8]
        if not parts:
            return self
        # The practice id is one of the words, so that the index returns rows of one practice.
        query = " & ".join([f"'#{int(practice)}'", *(f"'{part}':*" for part in parts)])
        return self.filter(matches_words("enrollment_patient", query), practice=practice)


class Patient(PracticeModel):
    """A monitored person. `zone` determines the local day of a reading."""

    public_id = PublicIdField(unique=True)
    mrn = models.CharField("MRN", max_length=30)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    born_on = models.DateField("date of birth")
    sex = models.CharField(max_length=1, choices=[("F", "female"), ("M", "male"), ("U", "unknown")])
    phone = models.CharField(max_length=20, blank=True)
    street = models.CharField(max_length=55, blank=True)
    city = models.CharField(max_length=30, blank=True)
    state = models.CharField(
        max_length=2, blank=True, validators=[RegexValidator(r"^[A-Z]{2}$", "Two capitals, like IL.")]
    )
    postal_code = models.CharField(
        "ZIP",
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^\d{5}(-?\d{4})?$", "A ZIP is 60601 or 60601-1234.")],
    )
    language = models.CharField(max_length=2, choices=[("en", "English"), ("es", "Spanish")], default="en")
    no_calls = models.BooleanField(
        "do not call",
        default=False,
        help_text="The patient asked not to be called; write, or speak to who cares for them.",
    )
    zone = ZoneField("time zone", max_length=64)
    established_on = models.DateField(
        "last visit",
        null=True,
        blank=True,
        help_text="A visit with this practice; RPM needs an established patient.",
    )
    established_by = models.CharField(
        "document of the visit", max_length=120, blank=True, help_text="Where the visit is documented."
    )
    died_on = models.DateField("date of death", null=True, blank=True, help_text="No service counts after this day.")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="merged_from"
    )
    words = models.GeneratedField(
        expression=Func(
            *(F(name) for name in ("practice", "family_name", "given_name", "mrn", "phone", "born_on")),
            function="patient_words",
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    history = PracticeHistory(excluded_fields=["words"])

    objects = PatientQuerySet.as_manager()  # type: ignore[misc]

    database_objects = (sql_function("patient_words", PATIENT_WORDS),)

    class Meta:
        ordering = ["family_name", "given_name", "pk"]
        constraints = [models.UniqueConstraint(name="patient_mrn_once_in_practice", fields=["practice", "mrn"])]
        indexes = [
            models.Index(fields=["practice", "family_name", "given_name", "id"], name="patient_by_name"),
            GinIndex(fields=["words"], name="patient_by_words"),
            # For the Spanish filter of the worklist, which matches few rows.
            models.Index(fields=["practice"], name="patient_spanish", condition=models.Q(language="es")),
        ]

    def __str__(self) -> str:
        return f"{self.family_name.upper()}, {self.given_name}"

    def age_on(self, day: date) -> int:
        """Whole years on a day."""
        return day.year - self.born_on.year - ((day.month, day.day) < (self.born_on.month, self.born_on.day))


class Coverage(PracticeModel):
    """The payer of a patient in a span of days."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="coverages")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="+")
    plan = models.CharField(max_length=80, blank=True)
    member_id = EncryptedTextField(max_length=30, validators=[MaxLengthValidator(30)])
    member_index = BlindIndexField(of="member_id")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    history = PracticeHistory(excluded_fields=["member_index"])

    class Meta:
        indexes = [models.Index(fields=["practice", "member_index"], name="coverage_by_member")]
        constraints = [
            models.CheckConstraint(
                name="coverage_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            # One primary payer a day. Secondary payers would need a rank column.
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
