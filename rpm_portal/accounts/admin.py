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
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from simple_history.admin import SimpleHistoryAdmin

from rpm_portal.accounts.credentials import report
from rpm_portal.accounts.models import Membership, Practice, SingleSignOn, User


class AllConstraintsForm(forms.ModelForm):
    """A form that also checks constraints on fields that it does not show.

    Django leaves those fields out. A constraint that names one then cannot be checked: an exclusion constraint raises
    FieldError, a check or unique constraint is skipped and fails in the database. Both are an error 500.
    """

    def _get_validation_exclusions(self) -> set[str]:
        """Django's set, without the hidden fields that a constraint's condition names."""
        named = {
            reference[0]
            for constraint in self._meta.model._meta.constraints
            if (condition := getattr(constraint, "condition", None)) is not None
            for reference in self._meta.model._get_expr_references(condition)
        }
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - (named - set(self.fields))


class NoDeleteAdmin(SimpleHistoryAdmin):
    """Reference data with a history: rows are changed or ended, never deleted."""

    form = AllConstraintsForm

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """False: decisions refer to these rows."""
        return False


class ReadOnlyAdmin(admin.ModelAdmin):
    """Read-only admin for clinical facts and the ledger."""

    list_display: tuple[str, ...] = ("__str__", "practice")
    list_filter = ("practice",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """False."""
        return False


@admin.register(Practice)
class PracticeAdmin(NoDeleteAdmin):
    """Practices."""

    list_display = ("name", "zone", "npi", "close_day")
    search_fields = ("name",)


@admin.register(Membership)
class MembershipAdmin(NoDeleteAdmin):
    """Roles and their dates."""

    list_display = ("user", "practice", "role", "credential", "npi", "starts_on", "ends_on")
    list_filter = ("practice", "role")
    list_select_related = ("user", "practice")
    autocomplete_fields = ("user", "practice")
    search_fields = ("user__email", "user__family_name")


@admin.register(User)
class PersonAdmin(admin.ModelAdmin):
    """People who sign in. Password and address cannot be set here: either would allow acting in that person's name."""

    form = AllConstraintsForm
    ordering = ("family_name", "given_name")
    list_display = ("email", "given_name", "family_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "given_name", "family_name")
    fields = ("email", "given_name", "family_name", "is_active", "is_staff", "is_superuser")

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:
        """The address of an existing person: it is changed on the portal's page, with reason, messages and audit."""
        return ("email",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: User, form: object, change: object) -> None:
        """Give a new person an unusable password; they choose one through a link in a mail."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """False: signatures refer to the person."""
        return False


# Tables of packages that the product does not use (a provider belongs to a practice, tokens are not stored, a person
# has one address, permissions follow from roles), or that are shown differently below.
for _model in (SocialAccount, SocialApp, SocialToken, EmailAddress, Group, Authenticator, UserSession):
    admin.site.unregister(_model)


class DeleteOnlyAdmin(ReadOnlyAdmin):
    """Rows that can be viewed and deleted, always through `delete_model`."""

    list_filter = ()  # type: ignore[assignment]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether the person has Django's delete permission."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """Delete each row through `delete_model`."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(UserSession)
class SessionAdmin(DeleteOnlyAdmin):
    """Sessions. Deleting one ends it."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    list_select_related = ("user",)
    search_fields = ("user__email", "ip")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """End the session, which also deletes the row."""
        obj.end()


@admin.register(Authenticator)
class FactorAdmin(DeleteOnlyAdmin):
    """Second factors without their secrets. An operator deletes one that its person lost."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the factor, end the person's sessions, record it in the audit and mail the person."""
        obj.delete()
        for session in UserSession.objects.filter(user=obj.user):
            session.end()
        by = cast(User, request.user)
        report(obj.user, "remove_factor", now=timezone.now(), detail={"kind": obj.type, "by": "an operator"}, by=by)


class SingleSignOnForm(AllConstraintsForm):
    """The form of a practice's provider. The secret is write-only; an empty field keeps the stored one."""

    issuer = forms.URLField(assume_scheme="https", help_text=SingleSignOn._meta.get_field("issuer").help_text)
    client_secret = forms.CharField(required=False, widget=forms.PasswordInput, help_text="Empty leaves it as it is.")

    class Meta:
        model = SingleSignOn
        fields = ("practice", "issuer", "client_id", "client_secret", "domains", "vouches_for_factor", "is_on")

    def clean_client_secret(self) -> str:
        """The new secret, or the stored one. Raises ValidationError if there is neither."""
        secret: str = self.cleaned_data["client_secret"] or self.instance.client_secret
        if not secret:
            raise forms.ValidationError("Write the secret that the provider gave for this client.")
        return secret


@admin.register(SingleSignOn)
class SingleSignOnAdmin(NoDeleteAdmin):
    """Practices' own sign-ins. One that is no longer used is switched off, not deleted."""

    form = SingleSignOnForm
    list_display = ("practice", "issuer", "is_on", "vouches_for_factor", "public_id")
    list_select_related = ("practice",)
    readonly_fields = ("public_id",)


@admin.register(SocialAccount)
class BoundAccountAdmin(admin.ModelAdmin):
    """Accounts of practices' providers, each with its person. Deleted if the person gets another account there."""

    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "provider", "uid", "date_joined", "last_login")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """False: the sign-in itself creates the row."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """False."""
        return False
