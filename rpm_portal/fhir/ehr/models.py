"""Models: a practice's EHRs, the accounts and patients in them that belong to ours, and launches."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rpm_portal.core.db.encrypted_fields import EncryptedJSONField, EncryptedTextField
from rpm_portal.core.db.fields import DomainField, IssuerField, PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel

NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
# The data that a launch reads: who launches, and the patient. No refresh token (offline_access) is asked for.
LAUNCH_SCOPES = "launch openid fhirUser patient/Patient.read user/Practitioner.read"


class EhrLink(PracticeModel):
    """An EHR that launches the portal for one practice.

    Its address is fixed: accounts that are bound to persons would otherwise belong to whoever runs the new address.
    """

    public_id = PublicIdField(unique=True)
    name = models.CharField(max_length=60)
    fhir_base = IssuerField(
        "FHIR address (iss)", max_length=200, help_text="As the EHR states it, like https://fhir.harbor.example/r4."
    )
    client_id = models.CharField("client id", max_length=200)
    client_secret = EncryptedTextField("client secret", blank=True)
    scopes = models.CharField(max_length=300, default=LAUNCH_SCOPES)
    mrn_system = models.CharField(
        "identifier system of the MRN", max_length=200, help_text="The system of the identifier that equals our MRN."
    )
    npi_system = models.CharField("identifier system of the NPI", max_length=200, default=NPI_SYSTEM)
    email_domains = ArrayField(DomainField(max_length=120), default=list, blank=True)
    vouches_for_factor = models.BooleanField(
        "its second factor replaces ours",
        default=False,
        help_text="Only where the EHR says in each launch that one was shown (amr).",
    )
    is_on = models.BooleanField("in use", default=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    # What the EHR published last, and when it was read: addresses (smart-configuration) and public keys.
    configuration = models.JSONField(default=dict, editable=False)
    configuration_at = models.DateTimeField(null=True, editable=False)
    key_set = models.JSONField(default=dict, editable=False)
    key_set_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="ehrlink_address_once", fields=["practice", "fhir_base"]),
            models.UniqueConstraint(name="ehrlink_name_once", fields=["practice", "name"]),
        ]

    def __str__(self) -> str:
        return self.name


class EhrUser(PracticeModel):
    """An account of an EHR (`sub`) that belongs to one of our persons, who confirmed it with their password."""

    link = models.ForeignKey(EhrLink, on_delete=models.PROTECT, related_name="accounts")
    sub = models.CharField(max_length=255)
    fhir_user = models.CharField(max_length=300)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    bound_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="ehruser_sub_once", fields=["link", "sub"]),
            models.UniqueConstraint(name="ehruser_person_once", fields=["link", "user"]),
        ]

    def __str__(self) -> str:
        return f"account {self.pk}"


class EhrPatient(PracticeModel):
    """A patient of an EHR that is one of our patients, and how that was decided."""

    class How(models.TextChoices):
        """Why the two are the same person."""

        MRN = "mrn", "MRN, date of birth and family name are equal"
        CONFIRMED = "confirmed", "name, date of birth and sex are equal; a person confirmed it"
        DECIDED = "decided", "a person decided with a reason"

    link = models.ForeignKey(EhrLink, on_delete=models.PROTECT, related_name="patients")
    ehr_id = models.CharField(max_length=64)
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=10, choices=How)
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="ehrpatient_once", fields=["link", "ehr_id"])]

    def __str__(self) -> str:
        return f"patient {self.pk}"


class EhrLaunch(PracticeModel):
    """One launch: from the redirect to the EHR to the open chart. It expires after ten minutes.

    `found` holds the patient as the EHR sent it, only until the chart opens.
    """

    public_id = PublicIdField(unique=True)
    link = models.ForeignKey(EhrLink, on_delete=models.PROTECT, related_name="+")
    state_digest = models.CharField(max_length=64, unique=True)
    nonce_digest = models.CharField(max_length=64)
    verifier = EncryptedTextField()
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    sub = models.CharField(max_length=255, blank=True)
    fhir_user = models.CharField(max_length=300, blank=True)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    is_bound = models.BooleanField(default=False)
    has_factor = models.BooleanField(default=False)
    found = EncryptedJSONField(blank=True)
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"launch {self.public_id}"
