"""Rows of the worklist for whoever needs a person: listed rows, owners of alerts, what ends, devices to get back."""

import django.contrib.postgres.fields
from django.db import migrations, models

OBJECTS = """
CREATE OR REPLACE FUNCTION worklist_practice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1, place_version = place_version + 1, place_until = 'epoch'
  WHERE practice_id IN (OLD.id, NEW.id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_device_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1, place_version = place_version + 1, place_until = 'epoch', listed = e.program IN ('RPM', 'RTM') AND (e.state = 'active'
    OR EXISTS (SELECT FROM monitoring_alert a WHERE a.enrollment_id = e.id AND a.state <> 'closed')
    OR e.state = 'discharged' AND EXISTS (
      SELECT FROM enrollment_deviceassignment d WHERE d.enrollment_id = e.id AND d.ends_at IS NULL))
  FROM enrollment_enrollment e
  WHERE e.id = worklist_row.enrollment_id AND e.id IN (OLD.enrollment_id, NEW.enrollment_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET place_version = place_version + 1, place_until = 'epoch', listed = e.program IN ('RPM', 'RTM') AND (e.state = 'active'
    OR EXISTS (SELECT FROM monitoring_alert a WHERE a.enrollment_id = e.id AND a.state <> 'closed')
    OR e.state = 'discharged' AND EXISTS (
      SELECT FROM enrollment_deviceassignment d WHERE d.enrollment_id = e.id AND d.ends_at IS NULL))
  FROM enrollment_enrollment e
  WHERE e.id = worklist_row.enrollment_id AND e.id IN (OLD.enrollment_id, NEW.enrollment_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_day_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET place_version = place_version + 1, place_until = 'epoch'
  WHERE enrollment_id IN (
    SELECT t.enrollment_id FROM timetracking_timeentry t JOIN accounts_practice p ON p.id = t.practice_id
    WHERE t.practice_id IN (OLD.practice_id, NEW.practice_id) AND t.staff_id IN (OLD.staff_id, NEW.staff_id)
      AND t.started_at BETWEEN least(OLD.day, NEW.day) - 1 AND greatest(OLD.day, NEW.day) + 2
      AND (t.started_at AT TIME ZONE p.zone)::date IN (OLD.day, NEW.day));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_time_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  IF OLD.stopped_at IS NULL AND NEW.stopped_at IS NULL THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1, place_version = place_version + 1, place_until = 'epoch'
  WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id IN (SELECT patient_id FROM enrollment_enrollment WHERE id IN (OLD.enrollment_id, NEW.enrollment_id)));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_enrollment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN NULL;
  END IF;
  INSERT INTO worklist_row AS r (practice_id, enrollment_id, listed, state, started_on, discharged_on, program,
                                 condition, clinic_id, looked_after_by_id, billing_provider_id, supervised_by_id,
                                 language, sort_name)
  SELECT NEW.practice_id, NEW.id, NEW.program IN ('RPM', 'RTM') AND (NEW.state = 'active'
    OR EXISTS (SELECT FROM monitoring_alert a WHERE a.enrollment_id = NEW.id AND a.state <> 'closed')
    OR NEW.state = 'discharged' AND EXISTS (
      SELECT FROM enrollment_deviceassignment d WHERE d.enrollment_id = NEW.id AND d.ends_at IS NULL)),
         NEW.state, NEW.started_on, NEW.discharged_on, NEW.program, NEW.condition,
         NEW.clinic_id, NEW.looked_after_by_id, NEW.billing_provider_id, NEW.supervised_by_id, p.language,
         left(lower(p.family_name || ' ' || p.given_name), 170)
  FROM enrollment_patient p WHERE p.id = NEW.patient_id
  ON CONFLICT (enrollment_id) DO UPDATE SET
    version = r.version + 1, place_version = r.place_version + 1, place_until = 'epoch', listed = excluded.listed,
    state = excluded.state, started_on = excluded.started_on, discharged_on = excluded.discharged_on,
    program = excluded.program, condition = excluded.condition,
    clinic_id = excluded.clinic_id, looked_after_by_id = excluded.looked_after_by_id,
    billing_provider_id = excluded.billing_provider_id, supervised_by_id = excluded.supervised_by_id,
    language = excluded.language, sort_name = excluded.sort_name;
  UPDATE worklist_row SET version = version + 1
  WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id = NEW.patient_id AND id <> NEW.id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_place_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET place_version = place_version + 1, place_until = 'epoch'
  WHERE enrollment_id IN (OLD.enrollment_id, NEW.enrollment_id);
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS worklist_enrollment_deviceassignment ON enrollment_deviceassignment;
CREATE TRIGGER worklist_enrollment_deviceassignment AFTER INSERT OR UPDATE OR DELETE ON enrollment_deviceassignment
  FOR EACH ROW
  EXECUTE FUNCTION worklist_device_assignment();
DROP TRIGGER IF EXISTS worklist_monitoring_alert ON monitoring_alert;
CREATE TRIGGER worklist_monitoring_alert AFTER INSERT OR UPDATE OR DELETE ON monitoring_alert
  FOR EACH ROW
  EXECUTE FUNCTION worklist_alert();
DROP TRIGGER IF EXISTS worklist_timetracking_daysignature ON timetracking_daysignature;
CREATE TRIGGER worklist_timetracking_daysignature AFTER INSERT OR UPDATE OR DELETE ON timetracking_daysignature
  FOR EACH ROW
  EXECUTE FUNCTION worklist_day_signature();
"""


class Migration(migrations.Migration):
    """New columns of worklist rows, and the triggers that keep them."""

    dependencies = [
        ("worklist", "0003_recorded_facts"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="worklistrow", name="worklist_place"),
        migrations.RemoveIndex(model_name="worklistrow", name="worklist_name"),
        migrations.RemoveIndex(model_name="worklistrow", name="worklist_due"),
        migrations.RenameField(model_name="worklistrow", old_name="active", new_name="listed"),
        migrations.AlterField(
            model_name="worklistrow",
            name="listed",
            field=models.BooleanField(
                db_default=False,
                help_text="Active; or not active, with an open alert or a device to get back. RPM and RTM.",
            ),
        ),
        migrations.AddField("worklistrow", "state", models.CharField(db_default="", max_length=10)),
        migrations.AddField("worklistrow", "started_on", models.DateField(null=True)),
        migrations.AddField("worklistrow", "discharged_on", models.DateField(null=True)),
        migrations.AddField(
            "worklistrow",
            "open_other",
            models.PositiveIntegerField(db_default=0, help_text="Low clinical alerts and adherence alerts."),
        ),
        migrations.AddField(
            "worklistrow",
            "alert_owners",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                db_default=[],
                help_text="Memberships that own an open alert.",
                size=None,
            ),
        ),
        migrations.AddField(
            "worklistrow",
            "reviewed_on",
            models.DateField(help_text="When the readings were last reviewed.", null=True),
        ),
        migrations.AddField(
            "worklistrow",
            "unsigned_on",
            models.DateField(help_text="The first day of the month with time that is not signed.", null=True),
        ),
        migrations.AddField(
            "worklistrow",
            "devices_out",
            models.PositiveSmallIntegerField(db_default=0, help_text="Devices to get back after the discharge."),
        ),
        migrations.AddField(
            "worklistrow",
            "ends_on",
            models.DateField(help_text="The last day of what ends first: a document, or the month.", null=True),
        ),
        migrations.AddField(
            "worklistrow",
            "document_ends_on",
            models.DateField(help_text="The last day of the document that ends first.", null=True),
        ),
        migrations.AlterField(
            "worklistrow",
            "alert",
            models.JSONField(help_text="The gravest open alert, clinical ones first.", null=True),
        ),
        migrations.AlterField(
            "worklistrow",
            "section",
            models.CharField(db_default="C", help_text="A, A3, B1 to B6, or C.", max_length=2),
        ),
        migrations.AddIndex(
            "worklistrow",
            models.Index(
                condition=models.Q(("listed", True)),
                fields=["practice", "band", "rank", "id"],
                include=("open_critical", "place_until"),
                name="worklist_place",
            ),
        ),
        migrations.AddIndex(
            "worklistrow",
            models.Index(
                condition=models.Q(("listed", True)),
                fields=["practice", "band", "sort_name", "id"],
                name="worklist_name",
            ),
        ),
        migrations.AddIndex(
            "worklistrow",
            models.Index(condition=models.Q(("listed", True)), fields=["practice", "place_until"], name="worklist_due"),
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
