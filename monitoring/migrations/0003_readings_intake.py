"""Transport settings of sources, corrected clocks, file formats, and the moments of a reading."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

OBJECTS = """
-- monitoring: constraint monitoring_clockcorrection_practice_pair
ALTER TABLE monitoring_clockcorrection DROP CONSTRAINT IF EXISTS monitoring_clockcorrection_practice_pair CASCADE;
ALTER TABLE monitoring_clockcorrection ADD CONSTRAINT monitoring_clockcorrection_practice_pair
  UNIQUE (practice_id, id);
-- monitoring: constraint monitoring_fileformat_practice_pair
ALTER TABLE monitoring_fileformat DROP CONSTRAINT IF EXISTS monitoring_fileformat_practice_pair CASCADE;
ALTER TABLE monitoring_fileformat ADD CONSTRAINT monitoring_fileformat_practice_pair
  UNIQUE (practice_id, id);
-- monitoring: constraint monitoring_clockcorrection_unmatched_id_same_practice
ALTER TABLE monitoring_clockcorrection DROP CONSTRAINT IF EXISTS monitoring_clockcorrection_unmatched_id_same_practice CASCADE;
ALTER TABLE monitoring_clockcorrection ADD CONSTRAINT monitoring_clockcorrection_unmatched_id_same_practice
  FOREIGN KEY (practice_id, unmatched_id) REFERENCES monitoring_unmatchedreading(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
-- monitoring: function monitoring_clockcorrection_append_only
CREATE OR REPLACE FUNCTION monitoring_clockcorrection_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_clockcorrection%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_clockcorrection is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_clockcorrection is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
-- monitoring: trigger monitoring_clockcorrection_append_only
DROP TRIGGER IF EXISTS monitoring_clockcorrection_append_only ON monitoring_clockcorrection;
CREATE TRIGGER monitoring_clockcorrection_append_only BEFORE UPDATE OR DELETE ON monitoring_clockcorrection
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_clockcorrection_append_only();
-- monitoring: trigger monitoring_clockcorrection_no_truncate
DROP TRIGGER IF EXISTS monitoring_clockcorrection_no_truncate ON monitoring_clockcorrection;
CREATE TRIGGER monitoring_clockcorrection_no_truncate BEFORE TRUNCATE ON monitoring_clockcorrection
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_clockcorrection_append_only();
"""


class Migration(migrations.Migration):
    """Columns, tables, keys and triggers."""

    dependencies = [
        ("accounts", "0003_plain_words"),
        ("enrollment", "0003_plain_words"),
        ("monitoring", "0002_database"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClockCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("measured_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                ("corrected_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="FileFormat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("header_digest", models.CharField(help_text="Of the column names in their order.", max_length=64)),
                ("choices", models.JSONField()),
                ("chosen_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="devicecontact",
            name="clock_lag_seconds",
            field=models.IntegerField(
                help_text="From measuring to receipt, of the latest automatic reading; negative if the device's clock is fast.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="reading",
            name="sent_at",
            field=models.DateTimeField(help_text="When the device sent it, by the device's clock.", null=True),
        ),
        migrations.AddField(
            model_name="reading",
            name="stored_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                help_text="Later than received if the body waited.",
            ),
        ),
        migrations.AddField(
            model_name="reading",
            name="vendor_at",
            field=models.DateTimeField(help_text="When the vendor received it from the device.", null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="allowed_networks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=43),
                blank=True,
                default=list,
                help_text="Networks (CIDR) from which the source may send; empty for any.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="signature_algorithm",
            field=models.CharField(
                blank=True,
                choices=[("sha256", "HMAC-SHA256"), ("sha512", "HMAC-SHA512"), ("sha1", "HMAC-SHA1")],
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="signature_encoding",
            field=models.CharField(choices=[("hex", "hexadecimal"), ("base64", "Base64")], default="hex", max_length=6),
        ),
        migrations.AddField(
            model_name="source",
            name="signature_header",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="source",
            name="signature_secret",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="reading",
            name="received_at",
            field=models.DateTimeField(help_text="When the body with it was received here."),
        ),
        migrations.AlterField(
            model_name="reading",
            name="source_kind",
            field=models.CharField(
                choices=[
                    ("automatic", "sent by the device"),
                    ("patient", "reported by the patient"),
                    ("staff", "typed by staff"),
                    ("file", "brought in from a file"),
                ],
                default="automatic",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="reading",
            name="time_source",
            field=models.CharField(
                choices=[
                    ("device", "the device's own clock"),
                    ("estimated", "estimated by the gateway, the device had no clock"),
                    ("wall", "a local time without offset, read in the patient's zone"),
                    ("person", "entered by a person"),
                ],
                default="device",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="per_minute",
            field=models.PositiveIntegerField(
                default=600,
                help_text="Bodies processed at once in a minute; further ones are stored and wait for the worker.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="alertrule",
            name="alertrule_once",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("enrollment", "spec"),
                name="alertrule_once",
                violation_error_message="This rule exists already.",
            ),
        ),
        migrations.AddField(
            model_name="clockcorrection",
            name="corrected_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="clockcorrection",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddField(
            model_name="clockcorrection",
            name="unmatched",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="monitoring.unmatchedreading",
            ),
        ),
        migrations.AddField(
            model_name="fileformat",
            name="chosen_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="fileformat",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddIndex(
            model_name="clockcorrection",
            index=models.Index(fields=["practice", "digest"], name="clockcorrection_by_digest"),
        ),
        migrations.AddConstraint(
            model_name="fileformat",
            constraint=models.UniqueConstraint(fields=("practice", "header_digest"), name="fileformat_once_a_header"),
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
