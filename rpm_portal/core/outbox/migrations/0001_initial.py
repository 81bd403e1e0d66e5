"""The tables of the outbox, and what the database has beyond Django's own: keys with the practice, triggers."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE outbox_outboxrow ADD CONSTRAINT outbox_outboxrow_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE outbox_sendreceipt ADD CONSTRAINT outbox_sendreceipt_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE outbox_sendreceipt ADD CONSTRAINT outbox_sendreceipt_row_id_same_practice
  FOREIGN KEY (practice_id, row_id) REFERENCES outbox_outboxrow(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION outbox_sendreceipt_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW outbox_sendreceipt%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'outbox_sendreceipt is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'outbox_sendreceipt is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outbox_sendreceipt_append_only BEFORE UPDATE OR DELETE ON outbox_sendreceipt
  FOR EACH ROW
  EXECUTE FUNCTION outbox_sendreceipt_append_only();
CREATE TRIGGER outbox_sendreceipt_no_truncate BEFORE TRUNCATE ON outbox_sendreceipt
  FOR EACH STATEMENT
  EXECUTE FUNCTION outbox_sendreceipt_append_only();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_database"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OutboxRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("kind", models.CharField(max_length=40)),
                (
                    "reference",
                    models.CharField(help_text="What the kind resolves, for example patient:ab12cd.", max_length=120),
                ),
                ("key", models.CharField(help_text="An act queues a row once.", max_length=160)),
                ("params", models.JSONField(blank=True, default=dict, help_text="Ids and codes only.")),
                (
                    "destination",
                    models.CharField(blank=True, help_text="The account or system it is sent through.", max_length=60),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "Ready"),
                            ("sending", "Sending"),
                            ("accepted", "Accepted"),
                            ("delivered", "Delivered"),
                            ("undelivered", "Undelivered"),
                            ("unsure", "not known whether it was sent"),
                            ("refused", "Refused"),
                            ("dead", "tried five times"),
                            ("held", "Held"),
                            ("dropped", "Dropped"),
                        ],
                        default="ready",
                        max_length=12,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("not_after", models.DateTimeField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Failed tries in a row; the next delay follows."
                    ),
                ),
                ("provider_id", models.CharField(blank=True, max_length=120)),
                (
                    "earlier_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=120), blank=True, default=list, size=None
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=200)),
                ("digest", models.CharField(blank=True, help_text="SHA-256 of what was sent.", max_length=64)),
                ("parts", models.PositiveSmallIntegerField(default=0, help_text="Segments that the carrier charges.")),
                ("cents", models.DecimalField(decimal_places=3, default=0, max_digits=9)),
                ("made_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                (
                    "asked_at",
                    models.DateTimeField(blank=True, help_text="When the other system was asked about it.", null=True),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("close_reason", models.CharField(blank=True, max_length=200)),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            name="SendReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider_id", models.CharField(max_length=120)),
                ("status", models.CharField(max_length=20)),
                ("error", models.CharField(blank=True, max_length=20)),
                ("provider_at", models.DateTimeField(blank=True, null=True)),
                ("received_at", models.DateTimeField()),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="outbox.outboxrow"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="outboxrow",
            index=models.Index(
                condition=models.Q(("state__in", ["ready", "held"])), fields=["due_at"], name="outboxrow_due"
            ),
        ),
        migrations.AddIndex(
            model_name="outboxrow",
            index=models.Index(
                condition=models.Q(("state", "sending")), fields=["lease_until"], name="outboxrow_leased"
            ),
        ),
        migrations.AddIndex(
            model_name="outboxrow",
            index=models.Index(
                condition=models.Q(
                    ("closed_at__isnull", True), ("state__in", ("unsure", "undelivered", "refused", "dead"))
                ),
                fields=["practice", "changed_at"],
                name="outboxrow_problems",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxrow",
            index=models.Index(fields=["practice", "reference", "-made_at"], name="outboxrow_of_reference"),
        ),
        migrations.AddIndex(
            model_name="outboxrow",
            index=models.Index(fields=["practice", "destination", "sent_at"], name="outboxrow_sent"),
        ),
        migrations.AddConstraint(
            model_name="outboxrow",
            constraint=models.UniqueConstraint(fields=("practice", "key"), name="outboxrow_key_once"),
        ),
        migrations.AddConstraint(
            model_name="outboxrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("provider_id", ""), _negated=True),
                fields=("practice", "destination", "provider_id"),
                name="outboxrow_provider_id_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at__isnull", True), models.Q(("close_reason", ""), _negated=True), _connector="OR"
                ),
                name="outboxrow_closed_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="sendreceipt",
            constraint=models.UniqueConstraint(fields=("row", "provider_id", "status"), name="sendreceipt_once"),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
