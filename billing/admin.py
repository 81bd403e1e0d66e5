"""Payer policies in the Django admin; months and lines to look at only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from billing.models import ClaimLine, MonthClose, PayerPolicy
from rpm_portal.accounts.admin import NeverDeleted


@admin.register(PayerPolicy)
class PayerPolicyAdmin(NeverDeleted):
    """Which payer follows which policy from when."""

    list_display = ("payer", "practice", "preset", "starts_on", "ends_on")
    list_filter = ("practice", "preset")


@admin.register(MonthClose, ClaimLine)
class LookOnlyAdmin(NeverDeleted):
    """The portal's month page changes these, with its checks and reasons."""

    list_display = ("__str__", "practice", "state")
    list_filter = ("practice", "state")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
