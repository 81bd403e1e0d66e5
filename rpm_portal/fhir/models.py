"""Models: clients of the FHIR server, their access tokens and used assertions, and what was disclosed to them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class FhirClient(PracticeModel):
    """A program that reads and writes one practice's data over FHIR, with its public keys and its scopes.

    What it writes arrives through its own source of readings (`source`), which nobody has a key of.
    """

    public_id = PublicIdField(unique=True)
    name = models.CharField(max_length=60)
    source = models.OneToOneField("monitoring.Source", on_delete=models.PROTECT, related_name="+")
    jwks = models.JSONField("public keys", help_text="A JSON Web Key Set with public keys only.")
    scopes = ArrayField(models.CharField(max_length=60), help_text="As system/Patient.rs, at most one for a resource.")
    clinics = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="Clinics whose patients it sees; empty for all."
    )
    per_minute = models.PositiveIntegerField("requests a minute", default=600)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_refused_at = models.DateTimeField(null=True, blank=True)
    last_refusal = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="fhirclient_name_once", fields=["practice", "name"])]

    def __str__(self) -> str:
        return self.name


class FhirToken(PracticeModel):
    """An access token, as its digest. It is valid for five minutes and ends at once with its client."""

    client = models.ForeignKey(FhirClient, on_delete=models.PROTECT, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=60))
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"token {self.pk}"


class FhirAssertion(PracticeModel):
    """The number (jti) of an assertion that a client has used, kept until the assertion expires."""

    client = models.ForeignKey(FhirClient, on_delete=models.PROTECT, related_name="+")
    jti = models.CharField(max_length=200)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="fhirassertion_once", fields=["client", "jti"])]

    def __str__(self) -> str:
        return f"assertion {self.pk}"


class FhirDisclosure(PracticeModel):
    """What one request disclosed of a patient to a client: the type of resource and how many.

    For the accounting of disclosures (45 CFR 164.528).
    """

    client = models.ForeignKey(FhirClient, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="+")
    resource = models.CharField(max_length=30)
    count = models.PositiveIntegerField()
    at = models.DateTimeField()

    database_objects = append_only("fhir_fhirdisclosure")

    class Meta:
        indexes = [models.Index(fields=["patient", "-at"], name="fhirdisclosure_of_patient")]

    def __str__(self) -> str:
        return f"{self.count} {self.resource}"
