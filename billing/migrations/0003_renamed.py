"""Temporary: renames fields until the initial migrations are generated again."""

from django.db import migrations, models

FUNCTIONS = """
CREATE OR REPLACE FUNCTION billing_claimline_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF (NEW.own_reasons, NEW.evidence, NEW.digest) IS DISTINCT FROM (OLD.own_reasons, OLD.evidence, OLD.digest) THEN
    RAISE EXCEPTION 'billing_claimline: what a line rests on is written once' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION billing_exportrun_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_exportrun%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_exportrun is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at THEN
    RAISE EXCEPTION 'billing_exportrun.done_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.export_id IS NOT NULL AND NEW.export_id IS DISTINCT FROM OLD.export_id THEN
    RAISE EXCEPTION 'billing_exportrun.export_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.done_at := OLD.done_at;
  NEW_ROW.export_id := OLD.export_id;
  NEW_ROW.signaled_at := OLD.signaled_at;
  NEW_ROW.message := OLD.message;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_exportrun is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE VIEW billing_codeverdict AS

SELECT d.id * 64 + v.place AS id, d.practice_id, d.close_id, d.id AS decision_id, v.code, v.component, v.outcome,
       v.reason_places::smallint[] AS reason_places
FROM billing_keptdecision d
CROSS JOIN LATERAL unnest(d.codes, d.components, d.outcomes, d.reason_places)
  WITH ORDINALITY AS v(code, component, outcome, reason_places, place);
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_database")]

    operations = [
        migrations.RunSQL("DROP VIEW billing_codeverdict", migrations.RunSQL.noop),
        migrations.RemoveIndex("closechunk", "closechunk_waiting"),
        migrations.RenameField("keptdecision", "said", "findings_json"),
        migrations.RenameField("keptdecision", "told", "reason_places"),
        migrations.RenameField("codeverdict", "told", "reason_places"),
        migrations.RenameField("keptdecision", "under", "decided_under"),
        migrations.RenameField("keptdecision", "fixable", "fixable_codes"),
        migrations.RenameField("claimline", "told", "own_reasons"),
        migrations.AlterField(
            "claimline",
            "own_reasons",
            models.JSONField(help_text="The reasons of a line that no computation proposed.", null=True),
        ),
        migrations.RenameField("exportrun", "said", "message"),
        migrations.RenameField("exportrun", "rung_at", "signaled_at"),
        migrations.RenameField("packetrun", "rung_at", "signaled_at"),
        migrations.RenameField("closechunk", "rung_at", "signaled_at"),
        migrations.AddIndex("closechunk", models.Index(fields=["state", "signaled_at"], name="closechunk_waiting")),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
    ]
