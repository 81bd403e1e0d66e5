"""Activities in the Django admin; the record of time to look at only."""

from django.contrib import admin

from rpm_portal.accounts.admin import LookOnlyAdmin, NeverDeleted
from timetracking.models import ActivityName, Call, CallTemplate, MonthLock, StartPolicy, TimeEntry, Visit


@admin.register(ActivityName)
class ActivityNameAdmin(NeverDeleted):
    """What a practice calls its activities. Which of them bill is the rules' to say."""

    list_display = ("label", "activity", "offered", "practice")
    list_filter = ("practice",)


@admin.register(CallTemplate)
class CallTemplateAdmin(NeverDeleted):
    """Texts a call's note begins from."""

    list_display = ("title", "condition", "offered", "practice")
    list_filter = ("practice", "condition")


@admin.register(StartPolicy)
class StartPolicyAdmin(NeverDeleted):
    """What opening a chart does to a clock that stands still, by role."""

    list_display = ("role", "starts", "practice")
    list_filter = ("practice",)


# The ledger: never edited, by anybody.
admin.site.register([TimeEntry, Call, Visit, MonthLock], LookOnlyAdmin)
