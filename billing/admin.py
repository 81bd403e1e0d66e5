"""Payer policies in the Django admin; months and lines to look at only."""

from django.contrib import admin
from django.http import HttpRequest

from billing.models import Charge, ClaimLine, ClaimSetup, MonthClose, PayerPolicy
from rpm_portal.accounts.admin import LookOnlyAdmin, NeverDeleted


@admin.register(ClaimSetup)
class ClaimSetupAdmin(NeverDeleted):
    """What every claim says of the practice, and where its files go."""

    list_display = ("practice", "receiver", "test")


@admin.register(Charge)
class ChargeAdmin(NeverDeleted):
    """What a unit of a code is charged from a day on."""

    list_display = ("code", "starts_on", "amount", "practice")
    list_filter = ("practice", "code")


@admin.register(PayerPolicy)
class PayerPolicyAdmin(NeverDeleted):
    """Which payer follows which policy from when."""

    list_display = ("payer", "practice", "preset", "starts_on", "ends_on")
    list_filter = ("practice", "preset")

    def get_readonly_fields(self, request: HttpRequest, obj: PayerPolicy | None = None) -> tuple[str, ...]:
        """A version that exists is ended and followed by another (policies page), never edited."""
        return () if obj is None else ("practice", "payer", "preset", "departures", "starts_on", "source")


# The portal's month page changes these, with its checks and reasons.
admin.site.register([MonthClose, ClaimLine], LookOnlyAdmin)
