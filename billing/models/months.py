"""A practice's month, its work in chunks, and the signatures over its lines."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.seal_triggers import ATTESTATION_TRIGGERS, CHUNK_TRIGGERS, MONTH_TRIGGERS
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class CloseState(models.TextChoices):
    """The state of a month."""

    OPEN = "open", "open"
    COMPUTING = "computing", "calculating"
    PAUSED = "paused", "calculation paused"
    IN_REVIEW = "in_review", "in review"
    PREPARED = "prepared", "awaiting lock"
    SEALED = "sealed", "locked"
    SENT = "sent", "submitted"


# In such a month the lines are final: they are what was billed.
CLOSED_STATES = (CloseState.SEALED, CloseState.SENT)
# In such a month the database refuses changes of claims, lines and the month itself (`seal_triggers.py`).
LOCKED_STATES = (CloseState.PREPARED, *CLOSED_STATES)


class MonthClose(PracticeModel):
    """A practice's month. `run` counts its computations; the last one is reviewed and sealed."""

    month = models.DateField(help_text="The first day of the month.")
    zone = models.CharField(max_length=64, help_text="The practice's zone as it was when the month was first computed.")
    state = models.CharField(max_length=10, choices=CloseState, default=CloseState.OPEN)
    run = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    computed_at = models.DateTimeField(null=True)
    prepared_at = models.DateTimeField(null=True)
    prepared_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    single_person_reason = models.CharField(
        max_length=300, blank=True, help_text="Why the person who submitted the month for lock also locked it."
    )
    sealed_at = models.DateTimeField(null=True)
    facts_at = models.DateTimeField(null=True, help_text="The database's clock when the month was locked.")
    sealed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    engine = models.CharField(max_length=20, blank=True)
    facts_digest = models.CharField(max_length=64, blank=True)
    policies_digest = models.CharField(max_length=64, blank=True)
    codes_digest = models.CharField(max_length=64, blank=True)
    output_digest = models.CharField(max_length=64, blank=True)
    history = PracticeHistory()

    database_objects = MONTH_TRIGGERS

    class Meta:
        constraints = [
            models.UniqueConstraint(name="monthclose_once", fields=["practice", "month"]),
            models.CheckConstraint(
                name="monthclose_sealed_by_somebody",
                condition=~Q(state__in=["sealed", "sent"]) | Q(sealed_at__isnull=False, sealed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="monthclose_sealed_by_two_or_with_a_reason",
                condition=~Q(state__in=["sealed", "sent"])
                | ~Q(prepared_by=F("sealed_by"))
                | ~Q(single_person_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events: the practice's month."""
        return f"month:{self}"


class MonthSeal(PracticeModel):
    """One seal of a month, from the moment its facts were read until the month was reopened, if it was.

    Both moments are the database's. They show which months' lines counted at a past moment.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="seals", **PAIR_KEY)
    taken_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    lift_reason = models.CharField(max_length=300, null=True)

    database_objects = append_only("billing_monthseal", marks=("lifted_at", "lifted_by_id", "lift_reason"))

    class Meta:
        ordering = ["taken_at"]
        constraints = [
            models.UniqueConstraint(
                name="monthseal_one_in_force", fields=["close"], condition=Q(lifted_at__isnull=True)
            ),
            models.CheckConstraint(
                name="monthseal_lifted_after_it_was_taken",
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gt=F("taken_at")),
            ),
            models.CheckConstraint(
                name="monthseal_lifted_by_a_person_with_a_reason",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lift_reason__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False, lift_reason__isnull=False)
                & Q(lift_reason__regex=r".{10}"),
            ),
        ]
        indexes = [models.Index(fields=["close"], name="monthseal_by_close")]

    def __str__(self) -> str:
        return f"locked {self.taken_at:%Y-%m-%d}"


class DeviceAnchor(PracticeModel):
    """The first day of an enrollment's first sealed device period: from that seal on its 30-day windows never move.

    `fixed_at` is the database's moment, so that a month sealed before it can be decided again without it.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    enrollment = models.OneToOneField(
        "enrollment.Enrollment", on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    starts_on = models.DateField()
    fixed_by = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="anchors", **PAIR_KEY)
    fixed_at = models.DateTimeField(db_default=Now())

    database_objects = append_only("billing_deviceanchor")

    class Meta:
        ordering = ["fixed_at"]

    def __str__(self) -> str:
        return f"windows from {self.starts_on}"


class ChunkState(models.TextChoices):
    """The state of a chunk."""

    PENDING = "pending", "pending"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class CloseChunk(PracticeModel):
    """Some of a month's enrollments to compute. The work is this row; the broker only signals that it waits."""

    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="chunks")
    run = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    enrollment_ids = ArrayField(models.BigIntegerField())
    recompute_all = models.BooleanField(default=False, help_text="Read and decide all of it, changed or not.")
    state = models.CharField(max_length=8, choices=ChunkState, default=ChunkState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    signaled_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    facts_digest = models.CharField(max_length=64, blank=True)
    output_digest = models.CharField(max_length=64, blank=True)

    database_objects = CHUNK_TRIGGERS

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(name="closechunk_once", fields=["close", "run", "number"])]
        indexes = [models.Index(fields=["state", "signaled_at"], name="closechunk_waiting")]

    def __str__(self) -> str:
        return f"chunk {self.number} of run {self.run}"


class Attestation(PracticeModel):
    """A billing provider's signature over lines of a month whose policy asks for it."""

    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="attestations")
    provider = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    statement = models.TextField()
    version = models.PositiveSmallIntegerField(default=1, help_text="The version of the statement.")
    signed_as = models.CharField(max_length=200)
    signed_at = models.DateTimeField()
    line_ids = ArrayField(models.BigIntegerField(), help_text="A line that is computed again is another line.")

    database_objects = (*append_only("billing_attestation"), *ATTESTATION_TRIGGERS)

    class Meta:
        ordering = ["signed_at"]

    def __str__(self) -> str:
        return f"{self.signed_as}, {len(self.line_ids)} lines"
