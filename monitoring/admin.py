"""Condition templates in the Django admin; readings and alerts to look at only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from monitoring.models import Alert, ConditionTemplate, Reading, Threshold
from rpm_portal.accounts.admin import NeverDeleted


@admin.register(ConditionTemplate)
class ConditionTemplateAdmin(NeverDeleted):
    """Limits and goals to begin from."""

    list_display = ("name", "practice")
    list_filter = ("practice",)


@admin.register(Reading, Alert, Threshold)
class LookOnlyAdmin(admin.ModelAdmin):
    """What was measured is never edited; limits are set on the patient's own page."""

    list_display = ("__str__", "practice")
    list_filter = ("practice",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
