"""Practices, people and roles in the Django admin."""

from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from simple_history.admin import SimpleHistoryAdmin

from rpm_portal.accounts.credentials import report
from rpm_portal.accounts.models import Membership, Practice, SingleSignOn, User


class AllConstraintsForm(forms.ModelForm):
    """A form that checks the model's constraints with the values of the fields it does not show as well.

    Django leaves those fields out. A constraint that names one then cannot be checked: an exclusion constraint raises
    FieldError, a check or unique constraint is skipped and fails in the database. Both are an error 500.
    """

    def _get_validation_exclusions(self) -> set[str]:
        """Django's own set, without the fields that a constraint's condition names and the form does not show."""
        named = {
            reference[0]
            for constraint in self._meta.model._meta.constraints
            if (condition := getattr(constraint, "condition", None)) is not None
            for reference in self._meta.model._get_expr_references(condition)
        }
        found: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return found - (named - set(self.fields))


class NeverDeleted(SimpleHistoryAdmin):
    """Reference data with a history: ended or changed, never deleted."""

    form = AllConstraintsForm

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: rows that counted must stay readable."""
        return False


class LookOnlyAdmin(admin.ModelAdmin):
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
class PersonAdmin(admin.ModelAdmin):
    """People who sign in. Nobody sets another's password or address here: both would sign in that person's name."""

    form = AllConstraintsForm
    ordering = ("family_name", "given_name")
    list_display = ("email", "given_name", "family_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "given_name", "family_name")
    fields = ("email", "given_name", "family_name", "is_active", "is_staff", "is_superuser")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The address is changed on the portal's own page, with reason, messages and audit."""
        return ("email",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        """A new person has a password that nobody knows, and chooses one by a link in a mail."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a person's name stays on what they signed."""
        return False


# Tables of packages that are not used (a provider belongs to a practice, tokens are not kept, an address is the
# person's own, rights are roles), or that are shown differently below.
for _model in (SocialAccount, SocialApp, SocialToken, EmailAddress, Group, Authenticator, UserSession):
    admin.site.unregister(_model)


class TakenAway(LookOnlyAdmin):
    """Rows that are looked at and taken away, each through one method."""

    list_filter = ()  # type: ignore[assignment]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has the right to."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Take several away as each alone."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(UserSession)
class SessionAdmin(TakenAway):
    """Sessions. One that is deleted here has ended."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    list_select_related = ("user",)
    search_fields = ("user__email", "ip")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """End the session, not its row alone."""
        obj.end()


@admin.register(Authenticator)
class FactorAdmin(TakenAway):
    """Second factors, without their secrets. One is deleted for a person who lost it."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete it, end the person's sessions, write it into the audit and mail the person."""
        obj.delete()
        for session in UserSession.objects.filter(user=obj.user):
            session.end()
        by = cast(User, request.user)
        report(obj.user, "remove_factor", now=timezone.now(), detail={"kind": obj.type, "by": "an operator"}, by=by)


class SingleSignOnForm(AllConstraintsForm):
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
