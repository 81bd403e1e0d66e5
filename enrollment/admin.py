"""Reference data and read-only looks at clinical rows in the Django admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from enrollment.models import Coverage, Device, DeviceModel, Enrollment, Order, Patient, Payer
from rpm_portal.accounts.admin import NeverDeleted


@admin.register(Payer, DeviceModel, Device)
class ReferenceAdmin(NeverDeleted):
    """Payers, device models and devices."""

    list_display = ("__str__", "practice")
    list_filter = ("practice",)


@admin.register(Patient, Coverage, Enrollment, Order)
class LookOnlyAdmin(NeverDeleted):
    """Clinical rows: the portal's own pages change them, with their checks and reasons."""

    list_display = ("__str__", "practice")
    list_filter = ("practice",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
