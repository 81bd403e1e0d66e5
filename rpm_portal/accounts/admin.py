"""Practices, people and roles in the Django admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from rpm_portal.accounts.models import Membership, Practice, User


class NeverDeleted(SimpleHistoryAdmin):
    """Reference data with a history: ended or changed, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: rows that counted must stay readable."""
        return False


class LookOnly(admin.ModelAdmin):
    """Rows that are looked at here and changed nowhere in the admin: clinical facts and the ledger."""

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


@admin.register(Practice)
class PracticeAdmin(NeverDeleted):
    """Practices."""

    list_display = ("name", "zone", "npi", "close_day")
    search_fields = ("name",)


@admin.register(Membership)
class MembershipAdmin(NeverDeleted):
    """Roles with their dates."""

    list_display = ("user", "practice", "role", "credential", "npi", "starts_on", "ends_on")
    list_filter = ("practice", "role")
    list_select_related = ("user", "practice")
    autocomplete_fields = ("user", "practice")
    search_fields = ("user__email", "user__family_name")


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People who sign in."""

    ordering = ("family_name", "given_name")
    list_display = ("email", "given_name", "family_name", "is_active", "is_staff", "last_login")
    search_fields = ("email", "given_name", "family_name")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Name", {"fields": ("given_name", "family_name")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "given_name", "family_name", "usable_password", "password1", "password2")},
        ),
    )
    filter_horizontal = ()
    list_filter = ("is_active", "is_staff")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a person's name stays on what they signed."""
        return False
