"""The physician or NPP who certified a therapy plan of care: the referring provider of the claim.

Source: Noridian, "Certifying Physician: Identify for Claim Processing" (on professional claims the certifying physician
is the referring provider, and one claim-level referring NPI is present),
https://med.noridianmedicare.com/web/jea/provider-types/outpatient-therapy/certifying-physician-identify-for-claim-processing
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from billing.claims.formats.content import THERAPY_MODIFIERS, ProviderName, Service
from enrollment.models import PlanOfCare


class Certifiers:
    """Who certified the plans of care of some enrollments. One statement when it is made."""

    def __init__(self, enrollments: Collection[int]) -> None:
        self._plans: dict[int, list[tuple[date, date, ProviderName]]] = defaultdict(list)
        rows = PlanOfCare.objects.filter(enrollment__in=enrollments, voided_at__isnull=True).order_by("starts_on", "pk")
        for enrollment, first, last, family, given, npi in rows.values_list(
            "enrollment", "starts_on", "ends_on", "certified_by", "certified_given", "certified_npi"
        ):
            self._plans[enrollment].append((first, last, ProviderName(family, given, npi)))

    def on(self, enrollment: int, modifiers: Iterable[str], dos: date) -> ProviderName | None:
        """Who certified the plan of a therapy line; None for another line, or if no plan covers its date of service."""
        if THERAPY_MODIFIERS.isdisjoint(modifiers):
            return None
        plans = [name for first, last, name in self._plans[enrollment] if first <= dos <= last]
        return plans[-1] if plans else None


def claim_level(services: tuple[Service, ...]) -> tuple[ProviderName | None, tuple[Service, ...]]:
    """The referring provider of a claim, that of its first therapy line; lines keep their own only if it differs."""
    first = next((line.referring for line in services if line.referring is not None), None)
    return first, tuple(replace(line, referring=None) if line.referring == first else line for line in services)
