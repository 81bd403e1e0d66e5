"""The kinds of facts that people record for billing, by the names of the page."""

from enrollment.models.access_facts import AccessAlignment, AccessUpdate
from enrollment.models.billing_facts import (
    BillingFact,
    CareStatus,
    OtherBillingAnswer,
    OutsideClaim,
    PlanOfCare,
    PriorAuthorization,
    QualifyingVisit,
)
from enrollment.models.care_plans import CarePlan

BILLING_FACTS: dict[str, type[BillingFact]] = {
    "authorization": PriorAuthorization,
    "answer": OtherBillingAnswer,
    "claim": OutsideClaim,
    "status": CareStatus,
    "visit": QualifyingVisit,
    "plan": PlanOfCare,
    "alignment": AccessAlignment,
    "update": AccessUpdate,
    "care_plan": CarePlan,
}
