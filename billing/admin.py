"""Django admin of billing: read-only, except the margins of the form. It shows no claims."""

from django.contrib import admin

from billing.models import (
    BillingProfile,
    Charge,
    ClearinghouseChannel,
    FormMargins,
    PayerPolicy,
    PlaceOfService,
    ProviderTaxonomy,
)
from rpm_portal.accounts.audited_admin import NoDeleteAdmin, ReadOnlyAdmin


@admin.register(BillingProfile, ClearinghouseChannel, ProviderTaxonomy, Charge, PlaceOfService)
class BillingSettingsAdmin(ReadOnlyAdmin):
    """Settings that reach a claim: two persons change them on the pages of the billing settings."""


@admin.register(FormMargins)
class FormMarginsAdmin(NoDeleteAdmin):
    """The margins of the CMS-1500 form, which change no claim."""

    list_display = ("practice", "left", "top")


@admin.register(PayerPolicy)
class PayerPolicyAdmin(ReadOnlyAdmin):
    """Policies of payers. A policy is put in force, ended and replaced by two persons on the page of policies."""

    list_display = ("payer", "practice", "preset", "starts_on", "ends_on")
