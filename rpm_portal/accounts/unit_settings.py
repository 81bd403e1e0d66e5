"""The units in which a practice reads weights and temperatures, and who changed them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused
from rpm_portal.core.unit_systems import UnitSystem


@dataclass(frozen=True, slots=True)
class UnitChange:
    """One change of the setting, with the person who made it; empty if a command did."""

    at: datetime
    by: str
    units: str


@transaction.atomic
def set_units(*, units: str, by: Membership, now: datetime) -> Practice:
    """Set the practice's units; no stored value changes. Raises Refused for unknown units, or those it has already."""
    practice = Practice.objects.select_for_update(no_key=True).get(pk=by.practice_id)
    if units not in UnitSystem.values:
        raise Refused("Not saved. Choose the units.", field="units")
    before = practice.units
    if units == before:
        raise Refused("Not saved. The practice uses these units already.", field="units")
    practice.units = units
    save_with_reason(practice, reason="Display units changed", by=by.user, fields=["units"])
    record_change(None, "change_display_units", by=by, now=now, before=before, units=units)
    return practice


def unit_changes(practice: Practice) -> list[UnitChange]:
    """Each change of the units, the latest first; not the value that the practice began with. One statement."""
    rows = practice.history.select_related("history_user").order_by("history_date", "history_id")
    changes, before = [], None
    for row in rows:
        if before is not None and row.units != before:
            name = str(row.history_user) if row.history_user else ""
            changes.append(UnitChange(row.history_date, name, row.get_units_display()))
        before = row.units
    return changes[::-1]
