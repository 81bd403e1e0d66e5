"""App configuration of the audit history."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Append-only, hash-chained events."""

    name = "rpm_portal.audit"
    label = "audit"
    verbose_name = "Audit history"

    def ready(self) -> None:
        """Register the check of the deployment."""
        from rpm_portal.audit import checks  # noqa: F401 - the import registers it
