"""Payers' answers: the files as received, the transactions in them, and what each said of a claim or line."""

from django.db import models
from django.db.models import Q

from billing.models.claim_states import ClaimState, Level
from billing.models.claim_versions import ClaimVersion
from billing.models.lines import ClaimLine
from billing.models.submissions import Submission
from rpm_portal.core.db.encrypted_fields import EncryptedBytesField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class AnswerFile(PracticeModel):
    """An answer file as it was received. The same bytes again change nothing."""

    public_id = PublicIdField(unique=True)
    sha256 = models.CharField(max_length=64)
    body = EncryptedBytesField()
    source = models.CharField(max_length=7, choices=[("upload", "upload"), ("command", "command")], default="upload")
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_answerfile", free=("body",))

    class Meta:
        ordering = ["-posted_at", "-pk"]
        constraints = [models.UniqueConstraint(name="answerfile_once", fields=["practice", "sha256"])]

    def __str__(self) -> str:
        return f"answer file of {self.posted_at:%Y-%m-%d}"


class PostingVerdict(models.TextChoices):
    """What was done with a transaction of an answer file."""

    POSTED = "posted", "posted"
    HELD = "held", "held"
    REFUSED = "refused", "refused"
    NOT_OURS = "not_ours", "not ours"
    AGAIN = "again", "posted before"
    TRIAL = "trial", "trial, no effect"


class AnswerTransaction(PracticeModel):
    """One transaction of an answer file (ST to SE, or a TA1), or an interchange that could not be read.

    A held one is posted later by a person with a reason; nothing else of it ever changes.
    """

    public_id = PublicIdField(unique=True)
    file = models.ForeignKey(AnswerFile, on_delete=models.PROTECT, related_name="transactions")
    place = models.PositiveIntegerField(help_text="From 1, in the file.")
    kind = models.CharField(max_length=40)
    interchange = models.CharField("ISA13", max_length=9, blank=True)
    sender = models.CharField("ISA06", max_length=15, blank=True)
    sent_at = models.CharField("ISA09 and ISA10", max_length=10, blank=True)
    on = models.DateField(null=True, help_text="The payer's own date.")
    trace = models.CharField(max_length=50, blank=True)
    payer_id = models.CharField(max_length=30, blank=True)
    payer = models.CharField(max_length=60, blank=True)
    payee = models.CharField(max_length=80, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    verdict = models.CharField(max_length=8, choices=PostingVerdict)
    reasons = models.JSONField(default=list, help_text="Sentences: why it was held or refused, and findings.")
    key = models.CharField(max_length=160, help_text="The transaction's identity; posted once.")
    posted_at = models.DateTimeField(null=True)
    posted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    post_reason = models.CharField(max_length=300, null=True, help_text="Why a held one was posted.")

    database_objects = append_only("billing_answertransaction", marks=("posted_at", "posted_by_id", "post_reason"))

    class Meta:
        ordering = ["file", "place"]
        constraints = [
            models.UniqueConstraint(
                name="answertransaction_posted_once",
                fields=["practice", "key"],
                condition=Q(posted_at__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["practice", "verdict"], name="answertransaction_by_verdict")]

    def __str__(self) -> str:
        return f"{self.kind} {self.trace}".strip()

    @property
    def waits(self) -> bool:
        """Whether a person must decide on it."""
        return self.verdict == PostingVerdict.HELD and self.posted_at is None


class Answer(PracticeModel):
    """What one answer said of a whole submission, a version of a claim, or one line of it. Append-only.

    The state of a version is derived from all of them by level and the payer's own date, never by upload order.
    """

    transaction = models.ForeignKey(AnswerTransaction, on_delete=models.PROTECT, null=True, related_name="answers")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, null=True, related_name="answers")
    version = models.ForeignKey(ClaimVersion, on_delete=models.PROTECT, null=True, related_name="answers")
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="answers")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="parts", **PAIR_KEY)
    is_line = models.BooleanField(default=False, help_text="About one line, even if it could not be matched.")
    level = models.PositiveSmallIntegerField(choices=Level)
    status = models.CharField(max_length=14, choices=ClaimState)
    on = models.DateField(help_text="The payer's own date.")
    order = models.CharField(max_length=40, help_text="ISA date, time and number, and place: the order of one day.")
    code = models.CharField(max_length=30, blank=True, help_text="CLP02, or the procedure of a line.")
    charge = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    paid = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    allowed = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    payer_rank = models.CharField(max_length=1, default="P")
    payer_control = models.CharField("payer's number of the claim", max_length=50, blank=True)
    reasons = models.JSONField(default=list, help_text="Adjustments and remarks.")
    codes = models.JSONField(default=list, help_text="Status codes of a 277CA, 999 or TA1, as received.")
    matched_by = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=200, help_text="The same answer is stored once.")
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_answer")

    class Meta:
        ordering = ["answered_at", "pk"]
        constraints = [
            models.UniqueConstraint(name="answer_once", fields=["practice", "key"]),
            models.CheckConstraint(
                name="answer_of_a_submission_or_a_version",
                condition=Q(submission__isnull=True) ^ Q(version__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["practice", "payer_control"], name="answer_by_payer_control")]

    def __str__(self) -> str:
        return f"{self.status}"
