"""The monitoring app."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Readings, alerts and senders."""

    name = "monitoring"

    def ready(self) -> None:
        """Match readings that waited for a device when it is assigned."""
        from enrollment.events import DeviceAssigned
        from monitoring.intake.replay import queue_for_device
        from rpm_portal.core.events import register

        register(DeviceAssigned, queue_for_device)
