"""App configuration of the audit history."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Append-only, hash-chained events."""

    name = "rpm_portal.audit"
    label = "audit"
    verbose_name = "Audit history"
