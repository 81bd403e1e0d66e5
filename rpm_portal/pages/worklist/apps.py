"""The worklist app."""

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    """The clinician's first page. It reads every app, and no app imports it."""

    name = "rpm_portal.pages.worklist"
    label = "worklist"
    verbose_name = "Worklist"

    def ready(self) -> None:
        """Register the function that reads the versions of facts for apps that must not import the worklist."""
        from rpm_portal.core.fact_counters import register_counter
        from rpm_portal.pages.worklist.refresh import fact_versions

        register_counter(fact_versions)
