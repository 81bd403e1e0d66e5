"""Payer policies in the Django admin; months and lines to look at only."""

from django.contrib import admin

from billing.models import ClaimLine, MonthClose, PayerPolicy
from rpm_portal.accounts.admin import LookOnly, NeverDeleted


@admin.register(PayerPolicy)
class PayerPolicyAdmin(NeverDeleted):
    """Which payer follows which policy from when."""

    list_display = ("payer", "practice", "preset", "starts_on", "ends_on")
    list_filter = ("practice", "preset")


@admin.register(MonthClose, ClaimLine)
class LookOnlyAdmin(LookOnly):
    """The portal's month page changes these, with its checks and reasons."""
