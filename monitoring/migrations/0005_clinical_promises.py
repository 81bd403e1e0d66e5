"""Promises of the database about the clinical half."""

from django.db import migrations

from rpm_portal.core.db.triggers import AppendOnly, SamePractice

READING = AppendOnly("monitoring_reading")
DELIVERY = AppendOnly("monitoring_delivery", marks=("outcome",))
UNMATCHED = AppendOnly("monitoring_unmatchedreading", marks=("resolved_at",))


class Migration(migrations.Migration):
    """Rows agree on their practice; readings are struck through once and never rewritten; steps stay."""

    dependencies = [("monitoring", "0004_clinical"), ("enrollment", "0007_looked_after")]

    operations = [
        SamePractice("monitoring_devicecontact", "device_id", "enrollment_device"),
        SamePractice("monitoring_reading", "corrects_id", "monitoring_reading"),
        SamePractice("monitoring_alert", "rule_id", "monitoring_alertrule"),
        SamePractice("monitoring_alert", "owner_id", "accounts_membership"),
        SamePractice("monitoring_alertrule", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_breach", "alert_id", "monitoring_alert"),
        SamePractice("monitoring_breach", "reading_id", "monitoring_reading"),
        SamePractice("monitoring_alertstep", "alert_id", "monitoring_alert"),
        SamePractice("monitoring_alertstep", "to_id", "accounts_membership"),
        SamePractice("monitoring_limitproposal", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_limitproposal", "threshold_id", "monitoring_threshold"),
        SamePractice("monitoring_outreach", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_outreach", "alert_id", "monitoring_alert"),
        SamePractice("monitoring_outreach", "owner_id", "accounts_membership"),
        SamePractice("monitoring_watch", "first_id", "accounts_membership"),
        SamePractice("monitoring_watch", "backup_id", "accounts_membership"),
        SamePractice("monitoring_watch", "on_call_id", "accounts_membership"),
        AppendOnly("monitoring_breach"),
        AppendOnly("monitoring_alertstep"),
        AppendOnly("monitoring_outreach", marks=("done_at", "done_by_id", "outcome")),
        AppendOnly("monitoring_limitproposal", marks=("decided_at", "decided_by_id", "new_limit")),
        migrations.RunSQL(READING.reverse_sql, READING.sql),
        AppendOnly("monitoring_reading", marks=("voided_at", "voided_by_id", "void_reason")),
        migrations.RunSQL(DELIVERY.reverse_sql, DELIVERY.sql),
        # The body, its source and its moment never change; what became of it may, when it is played again.
        AppendOnly("monitoring_delivery", free=("outcome", "state", "said", "tries", "due_at", "times")),
        migrations.RunSQL(UNMATCHED.reverse_sql, UNMATCHED.sql),
        AppendOnly("monitoring_unmatchedreading", marks=("resolved_at", "resolved_by_id", "resolution", "why")),
    ]
