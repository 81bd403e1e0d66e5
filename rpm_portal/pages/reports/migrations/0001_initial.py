"""The tables of reports, and what the database has beyond Django's own: keys with the practice, triggers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE reports_savedreport ADD CONSTRAINT reports_savedreport_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE reports_reportrun ADD CONSTRAINT reports_reportrun_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE reports_reportrun ADD CONSTRAINT reports_reportrun_asked_by_id_same_practice
  FOREIGN KEY (practice_id, asked_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION reports_reportrun_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW reports_reportrun%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'reports_reportrun is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at THEN
    RAISE EXCEPTION 'reports_reportrun.done_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.cleared_at IS NOT NULL AND NEW.cleared_at IS DISTINCT FROM OLD.cleared_at THEN
    RAISE EXCEPTION 'reports_reportrun.cleared_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.rows IS NOT NULL AND NEW.rows IS DISTINCT FROM OLD.rows THEN
    RAISE EXCEPTION 'reports_reportrun.rows is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.done_at := OLD.done_at;
  NEW_ROW.cleared_at := OLD.cleared_at;
  NEW_ROW.rows := OLD.rows;
  NEW_ROW.signaled_at := OLD.signaled_at;
  NEW_ROW.body := OLD.body;
  NEW_ROW.sha256 := OLD.sha256;
  NEW_ROW.message := OLD.message;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'reports_reportrun is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reports_reportrun_append_only BEFORE UPDATE OR DELETE ON reports_reportrun
  FOR EACH ROW
  EXECUTE FUNCTION reports_reportrun_append_only();
CREATE TRIGGER reports_reportrun_no_truncate BEFORE TRUNCATE ON reports_reportrun
  FOR EACH STATEMENT
  EXECUTE FUNCTION reports_reportrun_append_only();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("billing", "0002_database"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="ReportRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("title", models.CharField(blank=True, max_length=60)),
                        ("subject", models.CharField(max_length=12)),
                        ("query", models.CharField(max_length=2000)),
                        ("first_month", models.DateField()),
                        ("last_month", models.DateField()),
                        ("shape", models.CharField(choices=[("csv", "CSV"), ("xlsx", "Excel")], max_length=4)),
                        ("asked_at", models.DateTimeField()),
                        ("signaled_at", models.DateTimeField(help_text="When the worker was last signaled.")),
                        ("done_at", models.DateTimeField(null=True)),
                        ("cleared_at", models.DateTimeField(help_text="When the file was deleted.", null=True)),
                        ("body", models.TextField(null=True)),
                        ("sha256", models.CharField(blank=True, max_length=64)),
                        ("rows", models.PositiveIntegerField(null=True)),
                        ("message", models.CharField(blank=True, help_text="Why there is no file.", max_length=200)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-asked_at", "-pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at__isnull", True)),
                                fields=["signaled_at"],
                                name="reportrun_waiting",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SavedReport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("name", models.CharField(max_length=60)),
                        ("subject", models.CharField(max_length=12)),
                        ("query", models.CharField(max_length=2000)),
                        ("is_shared", models.BooleanField(default=False)),
                        ("saved_at", models.DateTimeField()),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
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
                    options={
                        "ordering": ["name", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "owner", "name"), name="savedreport_once")
                        ],
                    },
                ),
            ]
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
