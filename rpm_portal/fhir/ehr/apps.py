"""The EHR app."""

from django.apps import AppConfig


class EhrConfig(AppConfig):
    """The EHRs that launch the portal, and the accounts and patients in them."""

    name = "rpm_portal.fhir.ehr"
    label = "ehr"
    verbose_name = "EHR"
