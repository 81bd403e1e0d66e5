"""Django admin of billing: claim setup and charges; payer policies are read-only. It shows no claims."""

from django.contrib import admin

from billing.models import Charge, ClaimSetup, PayerPolicy, PlaceOfService
from rpm_portal.accounts.audited_admin import NoDeleteAdmin, ReadOnlyAdmin


@admin.register(ClaimSetup)
class ClaimSetupAdmin(NoDeleteAdmin):
    """The practice's own data on every claim, and the receiver of its files."""

    list_display = ("practice", "receiver")


@admin.register(Charge)
class ChargeAdmin(NoDeleteAdmin):
    """The charge for a unit of a code from a day on."""

    list_display = ("code", "starts_on", "amount", "practice")
    list_filter = ("practice", "code")


@admin.register(PlaceOfService)
class PlaceOfServiceAdmin(NoDeleteAdmin):
    """The place of service by payer and code from a day on."""

    list_display = ("payer", "code", "place", "starts_on", "practice")
    list_filter = ("practice",)


@admin.register(PayerPolicy)
class PayerPolicyAdmin(ReadOnlyAdmin):
    """Policies of payers. A policy is put in force, ended and replaced by two persons on the page of policies."""

    list_display = ("payer", "practice", "preset", "starts_on", "ends_on")
