"""Practices, people and roles in the Django admin."""

from functools import partial
from typing import cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from rpm_portal.accounts.audited_admin import (
    AllConstraintsForm,
    AuditedAdmin,
    DeleteOnlyAdmin,
    NoDeleteAdmin,
    ReadOnlyAdmin,
)
from rpm_portal.accounts.credentials import report
from rpm_portal.accounts.models import Membership, Practice, SingleSignOn, User


@admin.register(Practice)
class PracticeAdmin(ReadOnlyAdmin):
    """Practices. A new one is opened by `manage.py open_practice`.

    Two persons of the practice change its security settings (accounts/security_settings.py) and the data that reach
    claims (billing/policies/billing_settings.py); its units are on the page Display.
    """

    list_display = ("name", "zone", "npi", "close_day")
    list_filter = ()  # type: ignore[assignment]
    search_fields = ("name",)


@admin.register(Membership)
class MembershipAdmin(NoDeleteAdmin):
    """Roles and their dates. A role is given by an invitation and ended on the page of people, not here."""

    list_display = ("user", "practice", "role", "credential", "npi", "starts_on", "ends_on")
    list_filter = ("practice", "role")
    list_select_related = ("user", "practice")
    search_fields = ("user__email", "user__family_name")
    readonly_fields = ("practice", "user", "role", "credential", "npi", "starts_on", "ends_on")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """False: a role that signs, seals or approves has two persons (accounts/invitations.py)."""
        return False


@admin.register(User)
class PersonAdmin(AuditedAdmin):
    """People who sign in. Password and address cannot be set here: either would allow acting in that person's name.

    Nor can access to the admin itself: `manage.py createsuperuser` gives it on the server.
    """

    form = AllConstraintsForm
    ordering = ("family_name", "given_name")
    list_display = ("email", "given_name", "family_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "given_name", "family_name")
    fields = ("email", "given_name", "family_name", "is_active", "is_staff", "is_superuser")

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:
        """Access to the admin, and the address of an existing person, which is changed on the portal's page."""
        return ("is_staff", "is_superuser", "email") if obj is not None else ("is_staff", "is_superuser")

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
for _model in (
    SocialAccount,
    SocialApp,
    SocialToken,
    EmailAddress,
    Group,
    Authenticator,
    UserSession,
    AccessAttempt,
    AccessLog,
    AccessFailureLog,
):
    admin.site.unregister(_model)


@admin.register(AccessAttempt)
class AttemptAdmin(DeleteOnlyAdmin):
    """Wrong passwords at sign-in. Deleting a row unlocks the sign-in that it locked."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("username", "ip_address")
    fields = readonly_fields = ("username", "ip_address", "failures_since_start", "attempt_time", "path_info")


@admin.register(UserSession)
class SessionAdmin(DeleteOnlyAdmin):
    """Sessions. Deleting one ends it."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    list_select_related = ("user",)
    search_fields = ("user__email", "ip")

    def delete_model(self, request: HttpRequest, obj: UserSession) -> None:
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
    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Delete the factor, end the person's sessions, record it in the audit and mail the person."""
        obj.delete()
        for session in UserSession.objects.filter(user=obj.user):
            session.end()
        by = cast(User, request.user)
        report(obj.user, "remove_factor", now=timezone.now(), detail={"kind": obj.type, "by": "an operator"}, by=by)


class SingleSignOnForm(AllConstraintsForm):
    """The form of a practice's provider. The secret is write-only; an empty field keeps the stored one."""

    client_secret = forms.CharField(required=False, widget=forms.PasswordInput, help_text="Empty leaves it as it is.")

    class Meta:
        model = SingleSignOn
        fields = ("practice", "issuer", "client_id", "client_secret", "domains", "vouches_for_factor")
        field_classes = {"issuer": partial(forms.URLField, assume_scheme="https")}

    def clean_client_secret(self) -> str:
        """The new secret, or the stored one. Raises ValidationError if there is neither."""
        secret: str = self.cleaned_data["client_secret"] or self.instance.client_secret
        if not secret:
            raise forms.ValidationError("Write the secret that the provider gave for this client.")
        return secret


@admin.register(SingleSignOn)
class SingleSignOnAdmin(NoDeleteAdmin):
    """Practices' own sign-ins, set up by the operator while they are off.

    Two administrators of the practice switch one on or off. While it is on, only its secret can be replaced.
    """

    form = SingleSignOnForm
    list_display = ("practice", "issuer", "is_on", "vouches_for_factor", "public_id")
    list_select_related = ("practice",)

    def get_readonly_fields(self, request: HttpRequest, obj: SingleSignOn | None = None) -> tuple[str, ...]:
        """The switch; and all that says who may sign in, while it is on."""
        if obj is not None and obj.is_on:
            return ("public_id", "is_on", "practice", "issuer", "client_id", "domains", "vouches_for_factor")
        return ("public_id", "is_on", "practice") if obj is not None else ("public_id", "is_on")


@admin.register(SocialAccount)
class BoundAccountAdmin(DeleteOnlyAdmin):
    """Accounts of practices' providers, each with its person. Deleted if the person gets another account there."""

    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "provider", "uid", "date_joined", "last_login")
