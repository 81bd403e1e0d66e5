"""Condition templates in the Django admin; readings and alerts to look at only."""

from django.contrib import admin

from monitoring.models import Alert, ConditionTemplate, Reading, Threshold
from rpm_portal.accounts.admin import LookOnly, NeverDeleted


@admin.register(ConditionTemplate)
class ConditionTemplateAdmin(NeverDeleted):
    """Limits and goals to begin from."""

    list_display = ("name", "practice")
    list_filter = ("practice",)


@admin.register(Reading, Alert, Threshold)
class LookOnlyAdmin(LookOnly):
    """What was measured is never edited; limits are set on the patient's own page."""
