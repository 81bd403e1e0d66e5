"""Django admin of billing: payer policies and claim setup; months and lines are read-only."""

from django.contrib import admin
from django.http import HttpRequest

from billing.models import Charge, ClaimLine, ClaimSetup, MonthClose, PayerPolicy
from rpm_portal.accounts.admin import NoDeleteAdmin, ReadOnlyAdmin


@admin.register(ClaimSetup)
class ClaimSetupAdmin(NoDeleteAdmin):
    """The practice's own data on every claim, and the receiver of its files."""

    list_display = ("practice", "receiver", "test")


@admin.register(Charge)
class ChargeAdmin(NoDeleteAdmin):
    """The charge for a unit of a code from a day on."""

    list_display = ("code", "starts_on", "amount", "practice")
    list_filter = ("practice", "code")


@admin.register(PayerPolicy)
class PayerPolicyAdmin(NoDeleteAdmin):
    """Policies of payers, each from a day on."""

    list_display = ("payer", "practice", "preset", "starts_on", "ends_on")
    list_filter = ("practice", "preset")

    def get_readonly_fields(self, request: HttpRequest, obj: PayerPolicy | None = None) -> tuple[str, ...]:
        """An existing version is never edited: on the policies page it is ended and followed by another."""
        return () if obj is None else ("practice", "payer", "preset", "departures", "starts_on", "source")


# Only the portal's month page changes these, with its checks and reasons.
admin.site.register([MonthClose, ClaimLine], ReadOnlyAdmin)
