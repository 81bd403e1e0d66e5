"""The app of reports."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports read every app, and no app imports them."""

    name = "rpm_portal.pages.reports"
    label = "reports"
    verbose_name = "Reports"
