"""Loads Celery with Django, so that shared tasks find their application."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The corridor as an app: its management commands and template tags."""

    name = "rpm_portal"
    label = "rpm_portal"

    def ready(self) -> None:
        """Bind the Celery application, teach keys `any_of`, and connections to read moments."""
        from rpm_portal import celery  # noqa: F401 - the import binds shared tasks to our application
        from rpm_portal.core.db import any_of, timestamp_loader

        any_of.register()
        timestamp_loader.register()
