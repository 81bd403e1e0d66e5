"""Django admin of monitoring: condition templates, alert responsibility, senders. It shows no readings or alerts."""

from django.contrib import admin

from monitoring.models import ConditionTemplate, Source, Watch
from rpm_portal.accounts.audited_admin import NoDeleteAdmin, ReadOnlyAdmin


@admin.register(ConditionTemplate)
class ConditionTemplateAdmin(NoDeleteAdmin):
    """Limits and goals to start from."""

    list_display = ("name", "practice")
    list_filter = ("practice",)


@admin.register(Watch)
class WatchAdmin(NoDeleteAdmin):
    """Who is notified of an alert, and after how many minutes."""

    list_display = ("practice", "first", "backup", "on_call", "critical_minutes", "high_minutes", "low_minutes")
    list_filter = ("practice",)


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    """Senders and their keys: created, renewed and revoked by the practice on the page of senders. No key is shown."""

    list_display = ("name", "practice", "shape", "made_at", "revoked_at", "per_minute")
    exclude = ("key_digest", "signature_secret")
