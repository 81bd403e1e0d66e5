"""The worklist app."""

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    """The clinician's first page and the chart: reads every room, is imported by none."""

    name = "rpm_portal.pages.worklist"
    label = "worklist"
    verbose_name = "Worklist"

    def ready(self) -> None:
        """Rooms that must know which facts moved ask the corridor; the counts are kept with the worklist's rows."""
        from rpm_portal.core.fact_counters import told_by
        from rpm_portal.pages.worklist.cache.refresh import counted_moves

        told_by(counted_moves)
