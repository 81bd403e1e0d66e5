"""The worklist app."""

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    """The clinician's first page and the chart: reads every room, is imported by none."""

    name = "rpm_portal.worklist"
    label = "worklist"
    verbose_name = "Worklist"
