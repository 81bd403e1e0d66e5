"""Threads and messages with patients, response times, and message templates."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE timetracking_messagethread ADD CONSTRAINT timetracking_messagethread_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_patientmessage ADD CONSTRAINT timetracking_patientmessage_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_threadread ADD CONSTRAINT timetracking_threadread_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_responsepromise ADD CONSTRAINT timetracking_responsepromise_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_messagetemplate ADD CONSTRAINT timetracking_messagetemplate_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_messagethread ADD CONSTRAINT timetracking_messagethread_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_messagethread ADD CONSTRAINT timetracking_messagethread_owner_id_same_practice
  FOREIGN KEY (practice_id, owner_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_patientmessage ADD CONSTRAINT timetracking_patientmessage_thread_id_same_practice
  FOREIGN KEY (practice_id, thread_id) REFERENCES timetracking_messagethread(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_threadread ADD CONSTRAINT timetracking_threadread_thread_id_same_practice
  FOREIGN KEY (practice_id, thread_id) REFERENCES timetracking_messagethread(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_threadread ADD CONSTRAINT timetracking_threadread_member_id_same_practice
  FOREIGN KEY (practice_id, member_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION timetracking_patientmessage_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_patientmessage%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_patientmessage is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.text := OLD.text;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_patientmessage is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_patientmessage_append_only BEFORE UPDATE OR DELETE ON timetracking_patientmessage
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_patientmessage_append_only();
CREATE TRIGGER timetracking_patientmessage_no_truncate BEFORE TRUNCATE ON timetracking_patientmessage
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_patientmessage_append_only();
CREATE OR REPLACE FUNCTION timetracking_responsepromise_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_responsepromise%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_responsepromise is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_responsepromise is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_responsepromise_append_only BEFORE UPDATE OR DELETE ON timetracking_responsepromise
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_responsepromise_append_only();
CREATE TRIGGER timetracking_responsepromise_no_truncate BEFORE TRUNCATE ON timetracking_responsepromise
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_responsepromise_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_database"),
        ("enrollment", "0002_database"),
        ("timetracking", "0002_database"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalMessageTemplate",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("title", models.CharField(max_length=80)),
                ("text_en", models.TextField(max_length=4000, verbose_name="English text")),
                ("text_es", models.TextField(max_length=4000, verbose_name="Spanish text")),
                ("offered", models.BooleanField(default=True)),
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
                "verbose_name": "historical message template",
                "verbose_name_plural": "historical message templates",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="MessageThread",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "subject",
                    models.CharField(
                        choices=[
                            ("general", "General question"),
                            ("device", "Device"),
                            ("medicine", "Medication"),
                            ("checkin", "Check-in"),
                            ("consent", "Consent"),
                            ("billing", "Billing"),
                        ],
                        default="general",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "waiting for the care team"),
                            ("waiting", "waiting for the patient"),
                            ("closed", "closed"),
                        ],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("last_at", models.DateTimeField(help_text="When the last message was written.")),
                (
                    "unread_since",
                    models.DateTimeField(blank=True, help_text="The patient's first unanswered message.", null=True),
                ),
                ("answer_due_at", models.DateTimeField(blank=True, null=True)),
                ("needs_look", models.BooleanField(default=False, help_text="A word in it needs a look at once.")),
                ("snoozed_until", models.DateField(blank=True, null=True)),
                (
                    "enrollment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="threads", to="enrollment.enrollment"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="threads",
                        to="accounts.membership",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PatientMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "author",
                    models.CharField(
                        choices=[("staff", "care team"), ("patient", "patient"), ("caregiver", "caregiver")],
                        max_length=9,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("physician", "Physician"),
                            ("qhp", "Qualified health professional"),
                            ("clinical_staff", "Clinical staff"),
                            ("therapist", "Therapist"),
                            ("therapist_assistant", "Therapist assistant"),
                            ("manager", "Practice manager"),
                            ("biller", "Biller"),
                            ("admin", "Administrator"),
                            ("auditor", "Auditor (read-only)"),
                        ],
                        max_length=20,
                    ),
                ),
                ("caregiver_name", models.CharField(blank=True, max_length=120)),
                ("text", models.TextField()),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], default="en", max_length=2),
                ),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("page", "secure page"),
                            ("portal", "portal"),
                            ("sms", "text message, not secure"),
                            ("phone", "by telephone, written down"),
                        ],
                        max_length=6,
                    ),
                ),
                ("written_at", models.DateTimeField()),
                (
                    "form_key",
                    models.CharField(blank=True, help_text="A form of the patient, once.", max_length=64, null=True),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="timetracking.messagethread",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["written_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ResponsePromise",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins_at", models.DateTimeField()),
                ("weekdays", models.CharField(default="12345", help_text="1 is Monday.", max_length=7)),
                (
                    "opens",
                    models.PositiveSmallIntegerField(
                        default=8, help_text="Hour of the practice's day.", verbose_name="from"
                    ),
                ),
                (
                    "closes",
                    models.PositiveSmallIntegerField(
                        default=17, help_text="Hour of the practice's day.", verbose_name="to"
                    ),
                ),
                (
                    "minutes",
                    models.PositiveIntegerField(
                        default=480, help_text="Within these hours.", verbose_name="minutes until an answer"
                    ),
                ),
                ("telephone", models.CharField(blank=True, max_length=20, verbose_name="telephone for patients")),
                ("recorded_at", models.DateTimeField()),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-begins_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ThreadRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("read_at", models.DateTimeField()),
                (
                    "member",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reads",
                        to="timetracking.messagethread",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=80)),
                ("text_en", models.TextField(max_length=4000, verbose_name="English text")),
                ("text_es", models.TextField(max_length=4000, verbose_name="Spanish text")),
                ("offered", models.BooleanField(default=True)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
            ],
            options={
                "ordering": ["title"],
                "constraints": [models.UniqueConstraint(fields=("practice", "title"), name="messagetemplate_once")],
            },
        ),
        migrations.AddIndex(
            model_name="messagethread",
            index=models.Index(fields=["enrollment", "-last_at"], name="thread_of_enrollment"),
        ),
        migrations.AddIndex(
            model_name="messagethread",
            index=models.Index(
                condition=models.Q(("unread_since__isnull", False)),
                fields=["practice", "answer_due_at"],
                name="thread_unanswered",
            ),
        ),
        migrations.AddIndex(
            model_name="messagethread",
            index=models.Index(
                condition=models.Q(("state", "closed"), _negated=True),
                fields=["practice", "-last_at"],
                name="thread_by_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="messagethread",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer_due_at__isnull", True), ("needs_look", False), ("unread_since__isnull", True)),
                    models.Q(("answer_due_at__isnull", False), ("unread_since__isnull", False)),
                    _connector="OR",
                ),
                name="messagethread_due_if_unread",
            ),
        ),
        migrations.AddIndex(
            model_name="patientmessage",
            index=models.Index(fields=["thread", "written_at"], name="message_of_thread"),
        ),
        migrations.AddConstraint(
            model_name="patientmessage",
            constraint=models.UniqueConstraint(fields=("practice", "form_key"), name="patientmessage_form_once"),
        ),
        migrations.AddConstraint(
            model_name="patientmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("author", "staff"), ("written_by__isnull", False), models.Q(("role", ""), _negated=True)),
                    models.Q(models.Q(("author", "staff"), _negated=True), ("role", ""), ("written_by__isnull", True)),
                    _connector="OR",
                ),
                name="patientmessage_author_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsepromise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closes__lte", 24), ("minutes__range", (1, 4800)), ("opens__lt", models.F("closes"))
                ),
                name="responsepromise_hours",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsepromise",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekdays__regex", "^1?2?3?4?5?6?7?$"), models.Q(("weekdays", ""), _negated=True)),
                name="responsepromise_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="threadread",
            constraint=models.UniqueConstraint(
                fields=("thread", "member"), name="threadread_once", nulls_distinct=False
            ),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
