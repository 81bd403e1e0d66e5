"""Formats and transport settings of senders, vendor accounts, corrected clocks, file formats, moments of a reading."""

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
-- monitoring: constraint monitoring_rememberedformat_practice_pair
ALTER TABLE monitoring_rememberedformat DROP CONSTRAINT IF EXISTS monitoring_rememberedformat_practice_pair CASCADE;
ALTER TABLE monitoring_rememberedformat ADD CONSTRAINT monitoring_rememberedformat_practice_pair
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
    dependencies = [
        ("accounts", "0003_plain_words"),
        ("enrollment", "0003_plain_words"),
        ("monitoring", "0003_plain_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="reading",
            name="irregular",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="The device detected an irregular heartbeat during the measurement.",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="glucose_unit",
            field=models.CharField(
                blank=True, choices=[("mg/dL", "mg/dL"), ("mmol/L", "mmol/L")], db_default="", max_length=6
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="temperature_unit",
            field=models.CharField(
                blank=True,
                choices=[("Cel", "degrees Celsius"), ("[degF]", "degrees Fahrenheit")],
                db_default="",
                max_length=6,
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="shape",
            field=models.CharField(max_length=12),
        ),
        migrations.CreateModel(
            name="VendorAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.CharField(help_text="The vendor's own id of the account.", max_length=40)),
                ("access_token", models.TextField(blank=True)),
                ("refresh_token", models.TextField(blank=True)),
                ("expires_at", models.DateTimeField(help_text="When the access token expires.")),
                ("linked_at", models.DateTimeField()),
                ("unlinked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="accounts", to="monitoring.source"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "account"), name="vendoraccount_once")],
            },
        ),
        migrations.RunSQL(
            """
            -- monitoring: constraint monitoring_vendoraccount_practice_pair
            ALTER TABLE monitoring_vendoraccount DROP CONSTRAINT IF EXISTS monitoring_vendoraccount_practice_pair CASCADE;
            ALTER TABLE monitoring_vendoraccount ADD CONSTRAINT monitoring_vendoraccount_practice_pair
              UNIQUE (practice_id, id);
            -- monitoring: constraint monitoring_vendoraccount_source_id_same_practice
            ALTER TABLE monitoring_vendoraccount DROP CONSTRAINT IF EXISTS monitoring_vendoraccount_source_id_same_practice CASCADE;
            ALTER TABLE monitoring_vendoraccount ADD CONSTRAINT monitoring_vendoraccount_source_id_same_practice
              FOREIGN KEY (practice_id, source_id) REFERENCES monitoring_source(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
            """
        ),
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
            name="RememberedFormat",
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
            model_name="rememberedformat",
            name="chosen_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rememberedformat",
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
            model_name="rememberedformat",
            constraint=models.UniqueConstraint(fields=("practice", "header_digest"), name="rememberedformat_once"),
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
