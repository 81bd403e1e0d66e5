"""The FHIR app."""

from django.apps import AppConfig


class FhirConfig(AppConfig):
    """Clients of the FHIR server with their tokens, and what was disclosed to them."""

    name = "rpm_portal.fhir"
    label = "fhir"
    verbose_name = "FHIR"
