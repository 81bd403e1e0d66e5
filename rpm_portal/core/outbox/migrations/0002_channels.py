"""Accounts of channels, callbacks and caught messages; the carrier's code of a row."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE outbox_channelaccount ADD CONSTRAINT outbox_channelaccount_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE outbox_hookbody ADD CONSTRAINT outbox_hookbody_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE outbox_caughtmessage ADD CONSTRAINT outbox_caughtmessage_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE outbox_hookbody ADD CONSTRAINT outbox_hookbody_account_id_same_practice
  FOREIGN KEY (practice_id, account_id) REFERENCES outbox_channelaccount(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE outbox_hookbody ADD CONSTRAINT outbox_hookbody_row_id_same_practice
  FOREIGN KEY (practice_id, row_id) REFERENCES outbox_outboxrow(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE outbox_caughtmessage ADD CONSTRAINT outbox_caughtmessage_account_id_same_practice
  FOREIGN KEY (practice_id, account_id) REFERENCES outbox_channelaccount(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION outbox_hookbody_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW outbox_hookbody%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'outbox_hookbody is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.handled_at IS NOT NULL AND NEW.handled_at IS DISTINCT FROM OLD.handled_at THEN
    RAISE EXCEPTION 'outbox_hookbody.handled_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.handled_at := OLD.handled_at;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'outbox_hookbody is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outbox_hookbody_append_only BEFORE UPDATE OR DELETE ON outbox_hookbody
  FOR EACH ROW
  EXECUTE FUNCTION outbox_hookbody_append_only();
CREATE TRIGGER outbox_hookbody_no_truncate BEFORE TRUNCATE ON outbox_hookbody
  FOR EACH STATEMENT
  EXECUTE FUNCTION outbox_hookbody_append_only();
CREATE OR REPLACE FUNCTION outbox_caughtmessage_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW outbox_caughtmessage%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'outbox_caughtmessage is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.address := OLD.address;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'outbox_caughtmessage is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outbox_caughtmessage_append_only BEFORE UPDATE OR DELETE ON outbox_caughtmessage
  FOR EACH ROW
  EXECUTE FUNCTION outbox_caughtmessage_append_only();
CREATE TRIGGER outbox_caughtmessage_no_truncate BEFORE TRUNCATE ON outbox_caughtmessage
  FOR EACH STATEMENT
  EXECUTE FUNCTION outbox_caughtmessage_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_database"),
        ("outbox", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxrow",
            name="code",
            field=models.CharField(blank=True, help_text="The other system's code of an error.", max_length=20),
        ),
        migrations.CreateModel(
            name="ChannelAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("kind", models.CharField(choices=[("sms", "texts"), ("mail", "e-mail")], max_length=4)),
                (
                    "provider",
                    models.CharField(
                        choices=[
                            ("twilio_shaped", "Twilio, or a carrier with the same interface"),
                            ("kannel", "our own SMS gateway (Kannel)"),
                            ("smtp", "a mail server (SMTP)"),
                            ("local", "a page of this portal (trial only)"),
                        ],
                        max_length=14,
                    ),
                ),
                ("account_name", models.CharField(blank=True, max_length=80, verbose_name="account or user name")),
                ("host", models.CharField(blank=True, max_length=120, verbose_name="mail server")),
                ("port", models.PositiveIntegerField(default=587)),
                ("secret", models.TextField(blank=True)),
                ("earlier_secret", models.TextField(blank=True)),
                (
                    "earlier_until",
                    models.DateTimeField(blank=True, help_text="Until then callbacks with it are accepted.", null=True),
                ),
                (
                    "hook_secret",
                    models.TextField(help_text="Part of the address to which a carrier that signs nothing reports."),
                ),
                ("sender", models.CharField(max_length=120)),
                (
                    "outside_name",
                    models.CharField(
                        help_text="Anybody may read it: choose one that does not reveal a condition.",
                        max_length=30,
                        verbose_name="name in messages",
                    ),
                ),
                ("help_phone", models.CharField(max_length=20, verbose_name="telephone in messages")),
                ("per_day", models.PositiveIntegerField(default=2000, verbose_name="messages a day")),
                ("per_month_cents", models.PositiveIntegerField(default=20000, verbose_name="budget a month in cents")),
                (
                    "cents_per_part",
                    models.DecimalField(decimal_places=3, default=1, max_digits=6, verbose_name="cents for a segment"),
                ),
                (
                    "provider_answers_stop",
                    models.BooleanField(default=True, verbose_name="the carrier confirms STOP itself"),
                ),
                (
                    "baa_signed_on",
                    models.DateField(blank=True, null=True, verbose_name="business associate agreement signed on"),
                ),
                ("is_on", models.BooleanField(default=True, verbose_name="in use")),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
            name="CaughtMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.TextField()),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("body", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="outbox.channelaccount"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HookBody",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "about",
                    models.CharField(choices=[("receipt", "receipt"), ("inbound", "incoming message")], max_length=8),
                ),
                ("key", models.CharField(help_text="The carrier's id, and for a receipt its status.", max_length=160)),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField()),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="outbox.channelaccount"
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outbox.outboxrow",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="channelaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_on", True)), fields=("practice", "kind"), name="channelaccount_one_in_use"
            ),
        ),
        migrations.AddIndex(
            model_name="caughtmessage",
            index=models.Index(fields=["practice", "-id"], name="caughtmessage_newest"),
        ),
        migrations.AddIndex(
            model_name="hookbody",
            index=models.Index(
                condition=models.Q(("handled_at__isnull", True)), fields=["received_at"], name="hookbody_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="hookbody",
            constraint=models.UniqueConstraint(fields=("account", "about", "key"), name="hookbody_once"),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
