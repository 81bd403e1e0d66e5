"""Care plans of care management: chronic, principal or advanced primary care."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from enrollment.models.billing_facts import BillingFact, ends_after_it_starts, withdrawable
from enrollment.models.orders import icd10_shape


class CarePlan(BillingFact):
    """A comprehensive care plan that the patient has a copy of; it decides under which codes the month is billed."""

    title = "care plan"

    program = models.CharField(
        max_length=4,
        choices=[
            ("CCM", "chronic care management (CCM)"),
            ("PCM", "principal care management (PCM)"),
            ("APCM", "advanced primary care management (APCM)"),
        ],
    )
    conditions = ArrayField(models.CharField(max_length=8, validators=[icd10_shape]))
    is_complex = models.BooleanField("decisions are of moderate or high complexity (complex CCM)", default=False)
    starts_on = models.DateField("made and given to the patient on")
    ends_on = models.DateField("to", null=True, blank=True)

    database_objects = withdrawable("enrollment_careplan")

    class Meta(BillingFact.Meta):
        constraints = [
            ends_after_it_starts("careplan_ends_after_it_starts"),
            models.CheckConstraint(
                name="careplan_has_conditions",
                condition=Q(conditions__len__gte=1),
                violation_error_message="Enter the conditions of the plan as ICD-10-CM codes.",
            ),
        ]
