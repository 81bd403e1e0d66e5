"""Where claims go and in whose name: clearinghouses, billing profiles of clinics and payers, taxonomy, form margins.

Each row is in force from its first day until the next one of the same kind. All but the margins are written by two
persons (`policies/billing_settings.py`).
"""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from rpm_portal.core.db.fields import NPIField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel

state_shape = RegexValidator(r"^[A-Z]{2}\Z", "Enter two capitals, like IL.")
nine_digit_zip = RegexValidator(r"^\d{5}-?\d{4}\Z", "Enter nine digits, like 60601-1234.")
taxonomy_shape = RegexValidator(r"^[0-9A-Z]{9}X\Z", "Enter ten characters that end in X, like 207Q00000X.")
phone_shape = RegexValidator(r"^(\D*\d){10}\D*\Z", "Enter a number of ten digits.")
place_shape = RegexValidator(r"^[0-9]{2}\Z", "Enter two digits, like 11.")
id_shape = RegexValidator(r"^[0-9A-Za-z .\-]+\Z", "Enter letters, digits, periods and hyphens only.")
# ISA05 and ISA07: what kind of number identifies sender or receiver.
QUALIFIERS = [("ZZ", "ZZ, agreed between both"), ("01", "01, Dun & Bradstreet"), ("14", "14, D&B with suffix")]
QUALIFIERS += [("20", "20, health industry number"), ("27", "27, carrier"), ("28", "28, fiscal intermediary")]
QUALIFIERS += [("29", "29, Medicare provider"), ("30", "30, federal tax ID"), ("33", "33, NAIC company")]


class ClearinghouseChannel(PracticeModel):
    """A clearinghouse or Medicare contractor that files are sent to: sender, receiver, their numbers, from a day on.

    The row of the day on which a file is written is used. Empty numbers are those of sender and receiver.
    """

    name = models.CharField("clearinghouse", max_length=40)
    starts_on = models.DateField("from")
    submitter_id = models.CharField("sender ID (ISA06)", max_length=15, validators=[id_shape])
    submitter_qualifier = models.CharField("kind of sender ID (ISA05)", max_length=2, choices=QUALIFIERS, default="ZZ")
    receiver = models.CharField("name of the receiver", max_length=60)
    receiver_id = models.CharField("receiver ID (ISA08)", max_length=15, validators=[id_shape])
    receiver_qualifier = models.CharField("kind of receiver ID (ISA07)", max_length=2, choices=QUALIFIERS, default="ZZ")
    group_sender = models.CharField("sender of the group (GS02)", max_length=15, blank=True, validators=[id_shape])
    group_receiver = models.CharField("receiver of the group (GS03)", max_length=15, blank=True, validators=[id_shape])
    submitter_number = models.CharField("submitter number (NM1*41)", max_length=40, blank=True, validators=[id_shape])
    receiver_number = models.CharField("receiver number (NM1*40)", max_length=40, blank=True, validators=[id_shape])
    acknowledged = models.BooleanField("ask for an interchange acknowledgment (ISA14)", default=False)
    contact = models.CharField("contact person", max_length=60)
    phone = models.CharField("phone of the contact", max_length=20, validators=[phone_shape])
    history = PracticeHistory()

    class Meta:
        ordering = ["name", "-starts_on"]
        constraints = [models.UniqueConstraint(name="channel_once_from", fields=["practice", "name", "starts_on"])]

    def __str__(self) -> str:
        return f"{self.name} from {self.starts_on}"


class BillingProfile(PracticeModel):
    """In whose name the claims of a clinic and payer are billed, from a day on, and the clearinghouse they go to.

    The row of the date of service is used: of clinic and payer, else of the clinic, else of the payer, else of the
    practice. Without a name, NPI or tax ID the practice's own is billed.
    """

    clinic = models.ForeignKey(
        "enrollment.Clinic", on_delete=models.PROTECT, null=True, blank=True, related_name="+", **PAIR_KEY
    )
    payer = models.ForeignKey(
        "enrollment.Payer", on_delete=models.PROTECT, null=True, blank=True, related_name="+", **PAIR_KEY
    )
    starts_on = models.DateField("from")
    channel = models.CharField("clearinghouse", max_length=40)
    name = models.CharField("name of the billing provider", max_length=60, blank=True)
    npi = NPIField("NPI", max_length=10, blank=True)
    tax_id = models.CharField(
        "tax ID", max_length=11, blank=True, validators=[RegexValidator(r"^(\d-?){9}\Z", "Enter nine digits.")]
    )
    tax_id_kind = models.CharField(
        "kind of tax ID", max_length=2, choices=[("EI", "employer (EIN)"), ("SY", "social security")], default="EI"
    )
    taxonomy = models.CharField("taxonomy code", max_length=10, validators=[taxonomy_shape])
    street = models.CharField(max_length=55, help_text="A street address, not a PO box.")
    city = models.CharField(max_length=30)
    state = models.CharField(max_length=2, validators=[state_shape])
    postal_code = models.CharField("ZIP of nine digits", max_length=10, validators=[nine_digit_zip])
    phone = models.CharField(max_length=20, validators=[phone_shape], help_text="Box 33 of the form, and letters.")
    pay_to_street = models.CharField("pay-to street or PO box", max_length=55, blank=True)
    pay_to_city = models.CharField("pay-to city", max_length=30, blank=True)
    pay_to_state = models.CharField("pay-to state", max_length=2, blank=True, validators=[state_shape])
    pay_to_postal_code = models.CharField("pay-to ZIP", max_length=10, blank=True, validators=[nine_digit_zip])
    place_of_service = models.CharField(max_length=2, default="11", validators=[place_shape])
    location_name = models.CharField("service location", max_length=60, blank=True)
    location_npi = NPIField("NPI of the service location", max_length=10, blank=True)
    location_street = models.CharField("street of the location", max_length=55, blank=True)
    location_city = models.CharField("city of the location", max_length=30, blank=True)
    location_state = models.CharField("state of the location", max_length=2, blank=True, validators=[state_shape])
    location_postal_code = models.CharField(
        "ZIP of the location", max_length=10, blank=True, validators=[nine_digit_zip]
    )
    history = PracticeHistory()

    class Meta:
        ordering = ["clinic", "payer", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                name="billingprofile_once_from",
                fields=["practice", "clinic", "payer", "starts_on"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="billingprofile_pay_to_complete",
                condition=Q(pay_to_street="", pay_to_city="", pay_to_state="", pay_to_postal_code="")
                | ~Q(pay_to_street="") & ~Q(pay_to_city="") & ~Q(pay_to_state="") & ~Q(pay_to_postal_code=""),
                violation_error_message="Enter the whole pay-to address, or none.",
            ),
            models.CheckConstraint(
                name="billingprofile_location_complete",
                condition=Q(location_name="", location_npi="", location_street="", location_city="")
                & Q(location_state="", location_postal_code="")
                | ~Q(location_name="")
                & ~Q(location_street="")
                & ~Q(location_city="")
                & ~Q(location_state="")
                & ~Q(location_postal_code=""),
                violation_error_message="Enter name and whole address of the service location, or none.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clinic or 'every clinic'}, {self.payer or 'every payer'}, from {self.starts_on}"


class ProviderTaxonomy(PracticeModel):
    """The taxonomy code of a person who renders services, from a day on; without one a claim names none."""

    member = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField("from")
    taxonomy = models.CharField("taxonomy code", max_length=10, validators=[taxonomy_shape])
    history = PracticeHistory()

    class Meta:
        verbose_name_plural = "provider taxonomies"
        ordering = ["member", "-starts_on"]
        constraints = [models.UniqueConstraint(name="providertaxonomy_once_from", fields=["member", "starts_on"])]

    def __str__(self) -> str:
        return f"{self.taxonomy} from {self.starts_on}"


class FormMargins(PracticeModel):
    """The margins in points with which the practice's printer meets the CMS-1500 form. They change no claim."""

    left = models.PositiveSmallIntegerField("left margin", default=24, help_text="In points.")
    top = models.PositiveSmallIntegerField("top margin", default=20, help_text="In points.")
    history = PracticeHistory()

    class Meta:
        verbose_name_plural = "CMS-1500 margins"
        constraints = [models.UniqueConstraint(name="formmargins_once", fields=["practice"])]

    def __str__(self) -> str:
        return f"{self.left}, {self.top}"
