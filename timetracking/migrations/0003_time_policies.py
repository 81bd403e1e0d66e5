"""Tables, columns, and triggers of this step."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

OBJECTS = """
ALTER TABLE timetracking_timepolicy ADD CONSTRAINT timetracking_timepolicy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_timeapproval ADD CONSTRAINT timetracking_timeapproval_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_timeapproval ADD CONSTRAINT timetracking_timeapproval_entry_id_same_practice
  FOREIGN KEY (practice_id, entry_id) REFERENCES timetracking_timeentry(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
CREATE OR REPLACE FUNCTION timetracking_timeentry_one_program() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owner bigint;
BEGIN
IF NEW.voided_at IS NOT NULL OR NEW.activity IN ('admin', 'setup', 'support') THEN
    RETURN NEW;
  END IF;
  SELECT patient_id INTO owner FROM enrollment_enrollment WHERE id = NEW.enrollment_id;
  PERFORM 1 FROM enrollment_patient WHERE id = owner FOR NO KEY UPDATE;
  IF NEW.joint_reason <> '' AND EXISTS (
    SELECT 1 FROM timetracking_timepolicy p WHERE p.practice_id = NEW.practice_id AND p.joint_work) THEN
    RETURN NEW;
  END IF;
  IF NEW.joint_reason <> '' OR EXISTS (
    SELECT 1 FROM enrollment_enrollment e JOIN timetracking_timeentry t ON t.enrollment_id = e.id
    WHERE e.patient_id = owner AND e.id <> NEW.enrollment_id AND t.voided_at IS NULL
      AND t.activity NOT IN ('admin', 'setup', 'support')
      AND tstzrange(t.started_at, t.stopped_at) && tstzrange(NEW.started_at, NEW.stopped_at)) THEN
    RAISE EXCEPTION 'a minute of a patient is counted for one program'
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'timeentry_one_program_for_a_patient_minute';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_timeentry_one_program BEFORE INSERT ON timetracking_timeentry
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_timeentry_one_program();
CREATE OR REPLACE FUNCTION enrollment_enrollment_one_program() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF NEW.patient_id = OLD.patient_id THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM enrollment_patient WHERE id = NEW.patient_id FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT 1 FROM timetracking_timeentry mine
    JOIN enrollment_enrollment e ON e.patient_id = NEW.patient_id AND e.id <> NEW.id
    JOIN timetracking_timeentry t ON t.enrollment_id = e.id
    WHERE mine.enrollment_id = NEW.id AND mine.voided_at IS NULL AND t.voided_at IS NULL
      AND mine.joint_reason = '' AND t.joint_reason = ''
      AND mine.activity NOT IN ('admin', 'setup', 'support') AND t.activity NOT IN ('admin', 'setup', 'support')
      AND tstzrange(t.started_at, t.stopped_at) && tstzrange(mine.started_at, mine.stopped_at)) THEN
    RAISE EXCEPTION 'a minute of a patient is counted for one program'
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'timeentry_one_program_for_a_patient_minute';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_enrollment_one_program BEFORE UPDATE OF patient_id ON enrollment_enrollment
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_enrollment_one_program();
CREATE OR REPLACE FUNCTION timetracking_timeapproval_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_timeapproval%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_timeapproval is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_timeapproval is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_timeapproval_append_only BEFORE UPDATE OR DELETE ON timetracking_timeapproval
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_timeapproval_append_only();
CREATE TRIGGER timetracking_timeapproval_no_truncate BEFORE TRUNCATE ON timetracking_timeapproval
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_timeapproval_append_only();
CREATE OR REPLACE FUNCTION timetracking_timeapproval_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF EXISTS (SELECT 1 FROM timetracking_timeentry t
             WHERE t.id = NEW.entry_id AND NEW.approved_by_id IN (t.staff_id, t.entered_by_id)) THEN
    RAISE EXCEPTION 'time is approved by a second person' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_timeapproval_second_person BEFORE INSERT ON timetracking_timeapproval
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_timeapproval_second_person();
"""


class Migration(migrations.Migration):
    """Tables, columns, and triggers."""

    dependencies = [
        ("accounts", "0005_sent_forms"),
        ("timetracking", "0002_database"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="timeentry",
            name="joint_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.CreateModel(
            name="HistoricalTimePolicy",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "joint_work",
                    models.BooleanField(
                        default=False,
                        help_text="An entry then needs a reason, which stays on the entry.",
                        verbose_name="two people may work on one patient for two programs at once",
                    ),
                ),
                (
                    "time_approved",
                    models.BooleanField(
                        default=False,
                        help_text="A claim line is not locked while a time entry it depends on waits for approval.",
                        verbose_name="a second person approves time entries",
                    ),
                ),
                (
                    "day_limit_minutes",
                    models.PositiveSmallIntegerField(
                        default=600,
                        help_text="For people without a shift of their own. Nothing is refused.",
                        verbose_name="minutes a day after which a person's day is flagged",
                    ),
                ),
                (
                    "call_idle_minutes",
                    models.PositiveSmallIntegerField(
                        default=20,
                        help_text="A timer on a call without an answer is stopped at the last input.",
                        verbose_name="minutes of a call without input after which the portal asks",
                    ),
                ),
                (
                    "leaving",
                    models.CharField(
                        choices=[
                            ("ask", "ask; without an answer the timer ends there"),
                            ("end", "stop the timer"),
                            ("nothing", "nothing"),
                        ],
                        default="ask",
                        max_length=8,
                        verbose_name="leaving the patient's pages",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.practice",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical time policy",
                "verbose_name_plural": "historical time policies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="TimeApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("approved_at", models.DateTimeField()),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approval",
                        to="timetracking.timeentry",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TimePolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "joint_work",
                    models.BooleanField(
                        default=False,
                        help_text="An entry then needs a reason, which stays on the entry.",
                        verbose_name="two people may work on one patient for two programs at once",
                    ),
                ),
                (
                    "time_approved",
                    models.BooleanField(
                        default=False,
                        help_text="A claim line is not locked while a time entry it depends on waits for approval.",
                        verbose_name="a second person approves time entries",
                    ),
                ),
                (
                    "day_limit_minutes",
                    models.PositiveSmallIntegerField(
                        default=600,
                        help_text="For people without a shift of their own. Nothing is refused.",
                        verbose_name="minutes a day after which a person's day is flagged",
                    ),
                ),
                (
                    "call_idle_minutes",
                    models.PositiveSmallIntegerField(
                        default=20,
                        help_text="A timer on a call without an answer is stopped at the last input.",
                        verbose_name="minutes of a call without input after which the portal asks",
                    ),
                ),
                (
                    "leaving",
                    models.CharField(
                        choices=[
                            ("ask", "ask; without an answer the timer ends there"),
                            ("end", "stop the timer"),
                            ("nothing", "nothing"),
                        ],
                        default="ask",
                        max_length=8,
                        verbose_name="leaving the patient's pages",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "time policies",
                "constraints": [
                    models.UniqueConstraint(fields=("practice",), name="timepolicy_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("call_idle_minutes__range", (2, 120)), ("day_limit_minutes__range", (60, 1440))
                        ),
                        name="timepolicy_within_a_day",
                        violation_error_message="The day has 60 to 1440 minutes, a call without input 2 to 120.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
