"""Activities in the Django admin; the record of time to look at only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from rpm_portal.accounts.admin import NeverDeleted
from timetracking.models import ActivityName, Call, MonthLock, TimeEntry, Visit


@admin.register(ActivityName)
class ActivityNameAdmin(NeverDeleted):
    """What a practice calls its activities. Which of them bill is the rules' to say."""

    list_display = ("label", "activity", "offered", "practice")
    list_filter = ("practice",)


@admin.register(TimeEntry, Call, Visit, MonthLock)
class LookOnlyAdmin(admin.ModelAdmin):
    """The ledger: never edited, by anybody."""

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
