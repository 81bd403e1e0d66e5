"""What a report may be narrowed by: clinics, regions, providers, payers, codes, programs and states on file."""

from collections.abc import Iterable
from typing import NamedTuple

from billing.models import ClaimLine
from enrollment.models import Clinic, Payer, Program
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.access import Permission, Role, may
from rpm_portal.pages.reports.definition import ReportDefinition

_LABELS = {
    "clinic": "Clinic",
    "region": "Region",
    "provider": "Billing provider",
    "payer": "Payer",
    "program": "Program",
    "code": "Code",
    "state": "State",
}
_BILLING_ROLES = [role for role in Role if may(role, Permission.ATTEST)]


class FilterChoice(NamedTuple):
    """One filter: its name, label, chosen value, and the values with their words."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


def filter_choices(practice: Practice, definition: ReportDefinition) -> list[FilterChoice]:
    """The filters of a report's subject. At most five statements."""
    options = {
        "clinic": _same(Clinic.objects.for_practice(practice).values_list("name", flat=True)),
        "region": _same(_regions(practice)),
        "provider": _providers(practice),
        "payer": _same(Payer.objects.for_practice(practice).values_list("name", flat=True)),
        "program": _same(Program.values),
        "code": _same(_codes(practice)),
        "state": sorted(definition.subject.states.items(), key=lambda pair: pair[1]),
    }
    return [
        FilterChoice(name, _label(definition, name), definition.filters.get(name, ""), options[name])
        for name in definition.subject.filters
    ]


def _label(definition: ReportDefinition, name: str) -> str:
    return definition.subject.column("state").label if name == "state" else _LABELS[name]


def _same(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


def _regions(practice: Practice) -> Iterable[str]:
    rows = Clinic.objects.for_practice(practice).exclude(region="")
    return rows.order_by("region").values_list("region", flat=True).distinct()


def _codes(practice: Practice) -> Iterable[str]:
    return ClaimLine.objects.for_practice(practice).order_by("code").values_list("code", flat=True).distinct()


def _providers(practice: Practice) -> list[tuple[str, str]]:
    rows = Membership.objects.for_practice(practice).filter(role__in=_BILLING_ROLES).select_related("user")
    return [(row.public_id, row.signature) for row in rows.order_by("user__family_name", "user__given_name", "pk")]
