"""Contact points, caregivers, and the ledger of consents by channel."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE enrollment_caregiver ADD CONSTRAINT enrollment_caregiver_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_contactpoint ADD CONSTRAINT enrollment_contactpoint_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_consentevent ADD CONSTRAINT enrollment_consentevent_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_caregiver ADD CONSTRAINT enrollment_caregiver_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_contactpoint ADD CONSTRAINT enrollment_contactpoint_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_contactpoint ADD CONSTRAINT enrollment_contactpoint_caregiver_id_same_practice
  FOREIGN KEY (practice_id, caregiver_id) REFERENCES enrollment_caregiver(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_consentevent ADD CONSTRAINT enrollment_consentevent_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_consentevent ADD CONSTRAINT enrollment_consentevent_caregiver_id_same_practice
  FOREIGN KEY (practice_id, caregiver_id) REFERENCES enrollment_caregiver(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_consentevent ADD CONSTRAINT enrollment_consentevent_point_id_same_practice
  FOREIGN KEY (practice_id, point_id) REFERENCES enrollment_contactpoint(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION enrollment_consentevent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_consentevent%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_consentevent is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.honored_at IS NOT NULL AND NEW.honored_at IS DISTINCT FROM OLD.honored_at THEN
    RAISE EXCEPTION 'enrollment_consentevent.honored_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.honored_at := OLD.honored_at;
  NEW_ROW.text := OLD.text;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_consentevent is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_consentevent_append_only BEFORE UPDATE OR DELETE ON enrollment_consentevent
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_consentevent_append_only();
CREATE TRIGGER enrollment_consentevent_no_truncate BEFORE TRUNCATE ON enrollment_consentevent
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_consentevent_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_database"),
        ("enrollment", "0002_database"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Caregiver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("relation", models.CharField(max_length=40)),
                ("allowed_since", models.DateField()),
                ("allowed_until", models.DateField(blank=True, null=True)),
                ("may_answer", models.BooleanField(default=False, verbose_name="may write for the patient")),
                ("may_sign", models.BooleanField(default=False, verbose_name="may sign for the patient")),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("patient_agreed", "the patient agreed"),
                            ("legal_representative", "legal representative"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "document",
                    models.CharField(
                        blank=True,
                        help_text="Where the power of attorney or the court's paper is kept.",
                        max_length=120,
                    ),
                ),
                (
                    "code_digest",
                    models.CharField(
                        help_text="Digest of the six digits that the caregiver was given.", max_length=128
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "allowed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="caregivers", to="enrollment.patient"
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
                "ordering": ["-allowed_since", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("mobile", "mobile phone"), ("landline", "landline"), ("email", "e-mail")],
                        max_length=8,
                    ),
                ),
                ("value", models.TextField(help_text="+13125550142, or an e-mail address in lower case.")),
                ("value_index", models.CharField(default="", editable=False, max_length=32)),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], default="en", max_length=2),
                ),
                (
                    "opens",
                    models.PositiveSmallIntegerField(
                        default=8, help_text="Hour of the patient's day.", verbose_name="not before"
                    ),
                ),
                (
                    "closes",
                    models.PositiveSmallIntegerField(
                        default=21, help_text="Hour of the patient's day.", verbose_name="not after"
                    ),
                ),
                ("weekends", models.BooleanField(default=True, verbose_name="also on weekends")),
                (
                    "suspended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("wrong_number", "wrong number"),
                            ("bounced", "messages did not arrive"),
                            ("provider_block", "stopped at the carrier"),
                            ("asked", "the person asked"),
                        ],
                        max_length=14,
                    ),
                ),
                ("suspended_at", models.DateTimeField(blank=True, null=True)),
                ("added_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "caregiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="points",
                        to="enrollment.caregiver",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_points",
                        to="enrollment.patient",
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
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ConsentEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("sms", "texts"),
                            ("call_human", "calls by a person"),
                            ("call_auto", "automated calls"),
                            ("email", "e-mail"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("given", "agreed"),
                            ("withdrawn", "asked to stop"),
                            ("asked", "may have asked to stop"),
                            ("blocked_by_provider", "stopped at the carrier"),
                            ("resumed", "asked to start again"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("form", "on a form"),
                            ("spoken", "in a conversation"),
                            ("keyword", "by a stop word"),
                            ("words", "in the person's own words"),
                            ("page", "on the portal's page"),
                            ("letter", "by letter"),
                            ("provider", "reported by the carrier"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="the words")),
                ("received_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "honor_by",
                    models.DateField(blank=True, help_text="The last day to honor a request to stop.", null=True),
                ),
                ("honored_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "caregiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="enrollment.caregiver",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consent_events",
                        to="enrollment.patient",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "point",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="enrollment.contactpoint",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="caregiver",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("allowed_until__isnull", True), ("allowed_until__gte", models.F("allowed_since")), _connector="OR"
                ),
                name="caregiver_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="caregiver",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("may_sign", False),
                    models.Q(("basis", "legal_representative"), models.Q(("document", ""), _negated=True)),
                    _connector="OR",
                ),
                name="caregiver_signs_by_document",
            ),
        ),
        migrations.AddIndex(
            model_name="contactpoint",
            index=models.Index(fields=["practice", "value_index"], name="contactpoint_by_value"),
        ),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("practice", "patient", "caregiver", "kind", "value_index"),
                name="contactpoint_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes__lte", 21), ("opens__gte", 8), ("opens__lt", models.F("closes"))),
                name="contactpoint_hours",
            ),
        ),
        migrations.AddIndex(
            model_name="consentevent",
            index=models.Index(fields=["patient", "channel", "-id"], name="consentevent_state"),
        ),
        migrations.AddIndex(
            model_name="consentevent",
            index=models.Index(
                condition=models.Q(("honor_by__isnull", False), ("honored_at__isnull", True)),
                fields=["practice", "honor_by"],
                name="consentevent_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("act__in", ["withdrawn", "asked"]), _negated=True),
                    ("honor_by__isnull", False),
                    _connector="OR",
                ),
                name="consentevent_stop_has_a_day",
            ),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
