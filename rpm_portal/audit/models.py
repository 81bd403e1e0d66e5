"""Models of the audit history: append-only events that are chained by keyed digests."""

from django.db import models

from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only, trigger, trigger_function

_FORWARD = """
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'the head of an audit chain is never deleted' USING ERRCODE = 'P0001';
  END IF;
  IF NEW.practice_id <> OLD.practice_id OR NEW.kept_number < OLD.kept_number OR NEW.kept_number > NEW.number
     OR NOT (NEW.number = OLD.number + 1 OR NEW.number = OLD.number AND NEW.digest = OLD.digest) THEN
    RAISE EXCEPTION 'the head of an audit chain moves forward by one event' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
"""
_BEGIN = """
  INSERT INTO audit_chainhead (practice_id, number, digest, kept_number) VALUES (NEW.id, 0, '', 0);
  RETURN NULL;
"""


class ChainHead(models.Model):
    """The last link of a practice's chain; locked while the next event is written.

    It exists from the practice's first moment and moves only forward, so a missing head is a broken chain.
    """

    practice = models.OneToOneField("accounts.Practice", on_delete=models.PROTECT, primary_key=True)
    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")
    kept_number = models.PositiveBigIntegerField(default=0, help_text="The last link that was written elsewhere.")

    database_objects = (
        trigger_function("audit_chainhead_forward", _FORWARD),
        trigger("audit_chainhead", "audit_chainhead_forward", "BEFORE UPDATE OR DELETE"),
        trigger(
            "audit_chainhead",
            "audit_chainhead_no_truncate",
            "BEFORE TRUNCATE",
            function="audit_chainhead_forward",
            each="STATEMENT",
        ),
        trigger_function("audit_chainhead_begin", _BEGIN),
        trigger("accounts_practice", "audit_chainhead_begin", "AFTER INSERT"),
    )

    def __str__(self) -> str:
        return f"event {self.number}"


class Event(PracticeModel):
    """An action or an access, chained to the previous event by a keyed digest.

    `subject` is a public id with its kind in front ("patient:k3v9..."). `detail` contains only counts, codes and
    reasons, never names or values of patients.
    """

    number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=20, blank=True)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    database_objects = append_only("audit_event")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(name="event_numbered_in_practice", fields=["practice", "number"])]
        indexes = [models.Index(fields=["practice", "subject", "-number"], name="event_by_subject")]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"

    @property
    def words(self) -> str:
        """The action as words."""
        return self.action.replace("_", " ")
