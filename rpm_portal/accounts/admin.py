"""Practices, people and roles in the Django admin."""

from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from rpm_portal.accounts.models import Membership, Practice, SingleSignOn, User


class NeverDeleted(SimpleHistoryAdmin):
    """Reference data with a history: ended or changed, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: rows that counted must stay readable."""
        return False


class LookOnly(admin.ModelAdmin):
    """Rows that are looked at here and changed nowhere in the admin: clinical facts and the ledger."""

    list_display: tuple[str, ...] = ("__str__", "practice")
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


# allauth's own tables of providers and tokens are not used: a provider belongs to a practice, tokens are not kept.
for _model in (SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


class SingleSignOnForm(forms.ModelForm):
    """The secret is written and never shown; empty leaves it as it is."""

    issuer = forms.URLField(assume_scheme="https", help_text=SingleSignOn._meta.get_field("issuer").help_text)
    client_secret = forms.CharField(required=False, widget=forms.PasswordInput, help_text="Empty leaves it as it is.")

    class Meta:
        model = SingleSignOn
        fields = ("practice", "issuer", "client_id", "client_secret", "domains", "vouches_for_factor", "is_on")

    def clean_client_secret(self) -> str:
        """What was written, or what stands. Raises ValidationError for a new row without one."""
        told: str = self.cleaned_data["client_secret"] or self.instance.client_secret
        if not told:
            raise forms.ValidationError("Write the secret that the provider gave for this client.")
        return told


@admin.register(SingleSignOn)
class SingleSignOnAdmin(NeverDeleted):
    """Practices' own sign-ins. Where one is not in use any more, take the tick away."""

    form = SingleSignOnForm
    list_display = ("practice", "issuer", "is_on", "vouches_for_factor", "public_id")
    list_select_related = ("practice",)
    readonly_fields = ("public_id",)


@admin.register(SocialAccount)
class BoundAccountAdmin(admin.ModelAdmin):
    """Which account of a practice's provider is bound to whom; taken away where somebody got another one there."""

    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "provider", "uid", "date_joined", "last_login")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: it is bound by the sign-in itself."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
