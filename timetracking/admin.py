"""Django admin of time tracking: its settings. It shows no time, calls or visits."""

from django.contrib import admin

from rpm_portal.accounts.audited_admin import NoDeleteAdmin, ReadOnlyAdmin
from timetracking.models import ActivityName, CallTemplate, MessageTemplate, StartPolicy, TimePolicy


@admin.register(ActivityName)
class ActivityNameAdmin(NoDeleteAdmin):
    """A practice's names for its activities. The billing rules decide which of them are billable."""

    list_display = ("label", "activity", "offered", "practice")
    list_filter = ("practice",)


@admin.register(CallTemplate)
class CallTemplateAdmin(NoDeleteAdmin):
    """Text templates for call notes."""

    list_display = ("title", "condition", "offered", "practice")
    list_filter = ("practice", "condition")


@admin.register(MessageTemplate)
class MessageTemplateAdmin(NoDeleteAdmin):
    """Text templates of messages to patients, in English and Spanish."""

    list_display = ("title", "offered", "practice")
    list_filter = ("practice",)


@admin.register(StartPolicy)
class StartPolicyAdmin(ReadOnlyAdmin):
    """What opening a chart does if no timer runs, by role. Changed as `TimePolicy`."""

    list_display = ("role", "starts", "practice")
    list_filter = ("practice",)


@admin.register(TimePolicy)
class TimePolicyAdmin(ReadOnlyAdmin):
    """A practice's rules for time entries. Two persons change them on their page (staff_days/time_rules.py)."""

    list_display = ("practice", "joint_work", "time_approved", "day_limit_minutes", "call_idle_minutes")
