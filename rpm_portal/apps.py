"""App configuration of the portal: loads Celery and registers database extensions."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The app of the management commands and template tags."""

    name = "rpm_portal"
    label = "rpm_portal"

    def ready(self) -> None:
        """Load the Celery application, and register the lookup `any_of` and the timestamp loader."""
        from rpm_portal import celery  # noqa: F401 - the import binds shared tasks to our application
        from rpm_portal.core.db import any_of, timestamp_loader

        any_of.register()
        timestamp_loader.register()
