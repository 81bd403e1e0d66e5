"""Facts of the CMS ACCESS model: with which organization a patient is aligned, and its updates that were reviewed."""

from django.db import models
from django.db.models import F, Q

from enrollment.models.billing_facts import BillingFact, ends_after_it_starts, withdrawable


class AccessTrack(models.TextChoices):
    """A clinical track of the model."""

    ECKM = "eCKM", "eCKM: early cardio-kidney-metabolic"
    CKM = "CKM", "CKM: cardio-kidney-metabolic"
    MSK = "MSK", "MSK: musculoskeletal"
    BH = "BH", "BH: behavioral health"


class AccessAlignment(BillingFact):
    """A patient's alignment in a track, with this practice or its affiliate, or with another organization."""

    title = "ACCESS alignment"

    participant = models.CharField(
        "aligned with",
        max_length=5,
        choices=[("ours", "this practice or its affiliate"), ("other", "another organization")],
    )
    organization = models.CharField("name of the organization", max_length=120, blank=True)
    track = models.CharField(max_length=4, choices=AccessTrack)
    starts_on = models.DateField("from")
    ends_on = models.DateField("to", null=True, blank=True)

    database_objects = withdrawable("enrollment_accessalignment")

    class Meta(BillingFact.Meta):
        constraints = [ends_after_it_starts("accessalignment_ends_after_it_starts")]


class AccessUpdate(BillingFact):
    """An update that came from the other organization, and the day on which the practice reviewed it."""

    title = "ACCESS update"

    track = models.CharField(max_length=4, choices=AccessTrack)
    kind = models.CharField(
        "update at",
        max_length=10,
        choices=[
            ("start", "the start of care"),
            ("transition", "a transition of care"),
            ("completion", "the completion of care"),
        ],
    )
    received_on = models.DateField("received on")
    done_on = models.DateField("reviewed and acted on")

    database_objects = withdrawable("enrollment_accessupdate")

    class Meta(BillingFact.Meta):
        constraints = [
            models.CheckConstraint(
                name="accessupdate_reviewed_after_it_came",
                condition=Q(done_on__gte=F("received_on")),
                violation_error_message="The update was reviewed before it came. Check both days.",
            )
        ]
