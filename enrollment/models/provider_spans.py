"""Who billed and supervised an enrollment before somebody else took over, so that earlier days keep their provider."""

from datetime import date
from typing import NamedTuple

from django.db import models

from enrollment.models.billing_facts import BillingFact, withdrawable
from enrollment.models.fact_kinds import BILLING_FACTS
from enrollment.models.orders import Enrollment


class EarlierProvider(BillingFact):
    """The billing provider and the supervisor of an enrollment up to a day; recorded when one of them changes."""

    title = "earlier billing provider"

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    billing_provider = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    supervised_by = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ends_on = models.DateField("to")

    database_objects = withdrawable("enrollment_earlierprovider")


class ProviderSpan(NamedTuple):
    """An earlier provider up to a day, with the facts of both memberships that the rules need."""

    enrollment_id: int
    ends_on: date
    billing_provider_id: int
    provider_user_id: int
    provider_role: str
    provider_ends_on: date | None
    supervised_by_id: int | None
    supervisor_ends_on: date | None

    @classmethod
    def of(cls, row: EarlierProvider) -> "ProviderSpan":
        """The span of a loaded row; reads both memberships."""
        provider, supervisor = row.billing_provider, row.supervised_by
        return cls(
            row.enrollment_id,
            row.ends_on,
            row.billing_provider_id,
            provider.user_id,
            provider.role,
            provider.ends_on,
            row.supervised_by_id,
            supervisor.ends_on if supervisor is not None else None,
        )


# Every model of recorded facts.
RECORDED_FACTS: tuple[type[BillingFact], ...] = (*BILLING_FACTS.values(), EarlierProvider)
# The columns of a span besides the last day, each with its path from the row.
SPAN_PATHS = {
    "enrollment_id": "enrollment_id",
    "billing_provider_id": "billing_provider_id",
    "provider_user_id": "billing_provider__user_id",
    "provider_role": "billing_provider__role",
    "provider_ends_on": "billing_provider__ends_on",
    "supervised_by_id": "supervised_by_id",
    "supervisor_ends_on": "supervised_by__ends_on",
}
