"""Models of a practice's rules for time: what opening a chart starts, joint work, limits, and approval of entries."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from rpm_portal.accounts.idle import longest_call_idle
from rpm_portal.core.access import Role
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only, trigger, trigger_function


class StartRule(models.TextChoices):
    """What opening a chart does if no timer runs."""

    OFF = "off", "nothing"
    ASK = "ask", "offer to start it"
    AUTOMATIC = "automatic", "start it after five seconds"


class StartPolicy(PracticeModel):
    """What opening a chart starts, by role. Nothing is started for a role without a row."""

    role = models.CharField(max_length=20, choices=Role)
    starts = models.CharField(max_length=10, choices=StartRule, default=StartRule.OFF)
    history = PracticeHistory()

    class Meta:
        verbose_name_plural = "start policies"
        constraints = [models.UniqueConstraint(name="startpolicy_once", fields=["practice", "role"])]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.get_starts_display()}"


class LeavingRule(models.TextChoices):
    """What happens if a page elsewhere is opened while a timer runs on a patient."""

    ASK = "ask", "ask; without an answer the timer ends there"
    END = "end", "stop the timer"
    NOTHING = "nothing", "nothing"


class TimePolicy(PracticeModel):
    """A practice's rules for time entries. A practice without a row has the defaults."""

    joint_work = models.BooleanField(
        "two people may work on one patient for two programs at once",
        default=False,
        help_text="An entry then needs a reason, which stays on the entry.",
    )
    time_approved = models.BooleanField(
        "a second person approves time entries",
        default=False,
        help_text="A claim line is not locked while a time entry it depends on waits for approval.",
    )
    day_limit_minutes = models.PositiveSmallIntegerField(
        "minutes a day after which a person's day is flagged",
        default=600,
        help_text="For people without a shift of their own. Nothing is refused.",
    )
    call_idle_minutes = models.PositiveSmallIntegerField(
        "minutes of a call without input after which the portal asks",
        default=10,
        help_text="A timer on a call without an answer is stopped at the last input.",
    )
    leaving = models.CharField(
        "leaving the patient's pages", max_length=8, choices=LeavingRule, default=LeavingRule.ASK
    )
    history = PracticeHistory()

    class Meta:
        verbose_name_plural = "time policies"
        constraints = [
            models.UniqueConstraint(name="timepolicy_once", fields=["practice"]),
            models.CheckConstraint(
                name="timepolicy_within_a_day",
                condition=Q(day_limit_minutes__range=(60, 1440), call_idle_minutes__range=(2, 58)),
                violation_error_message="The day has 60 to 1440 minutes, a call without input 2 to 58.",
            ),
        ]

    def __str__(self) -> str:
        return f"time policy {self.pk}"

    def clean(self) -> None:
        """Raise ValidationError if the question about a call would come too late for the end of the session."""
        check_call_idle(self.call_idle_minutes)

    @property
    def call_question_minutes(self) -> int:
        """Minutes of a call without input after which the portal asks: always before the session ends."""
        return min(self.call_idle_minutes, longest_call_idle())


def check_call_idle(minutes: int) -> None:
    """Raise ValidationError if sessions end before a question after so many minutes of a call was answered."""
    longest = longest_call_idle()
    if minutes > longest:
        raise ValidationError(
            f"Enter at most {longest} minutes of a call without input. The question must come two minutes before an "
            "idle session ends."
        )


class TimeApproval(PracticeModel):
    """The approval of a time entry by a second person: not the one who worked, and not the one who entered it."""

    entry = models.OneToOneField("timetracking.TimeEntry", on_delete=models.PROTECT, related_name="approval")
    approved_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()

    database_objects = (
        *append_only("timetracking_timeapproval"),
        trigger_function(
            "timetracking_timeapproval_second_person",
            """
  IF EXISTS (SELECT 1 FROM timetracking_timeentry t
             WHERE t.id = NEW.entry_id AND NEW.approved_by_id IN (t.staff_id, t.entered_by_id)) THEN
    RAISE EXCEPTION 'time is approved by a second person' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
""",
        ),
        trigger("timetracking_timeapproval", "timetracking_timeapproval_second_person", "BEFORE INSERT"),
    )

    def __str__(self) -> str:
        return f"approved {self.approved_at:%Y-%m-%d}"
