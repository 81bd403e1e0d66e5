"""The app of the outbox's tables."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Rows that leave the portal, and what other systems reported about them."""

    name = "rpm_portal.core.outbox"
    label = "outbox"
    verbose_name = "Outbox"
