"""Write-offs, hand-overs, and the key of a bank's rows."""

from decimal import Decimal

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

OBJECTS = """
ALTER TABLE billing_handover ADD CONSTRAINT billing_handover_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_handedentry ADD CONSTRAINT billing_handedentry_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_handedfile ADD CONSTRAINT billing_handedfile_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_moneypolicy ADD CONSTRAINT billing_moneypolicy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_handedentry ADD CONSTRAINT billing_handedentry_hand_over_id_same_practice
  FOREIGN KEY (practice_id, hand_over_id) REFERENCES billing_handover(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_handedentry ADD CONSTRAINT billing_handedentry_entry_id_same_practice
  FOREIGN KEY (practice_id, entry_id) REFERENCES billing_ledgerentry(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_handedfile ADD CONSTRAINT billing_handedfile_hand_over_id_same_practice
  FOREIGN KEY (practice_id, hand_over_id) REFERENCES billing_handover(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_handedfile ADD CONSTRAINT billing_handedfile_file_id_same_practice
  FOREIGN KEY (practice_id, file_id) REFERENCES billing_answerfile(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_takes_back_id_same_practice
  FOREIGN KEY (practice_id, takes_back_id) REFERENCES billing_writeoff(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_writeoff ADD CONSTRAINT billing_writeoff_entry_id_same_practice
  FOREIGN KEY (practice_id, entry_id) REFERENCES billing_ledgerentry(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
CREATE OR REPLACE FUNCTION billing_handover_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_handover%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_handover is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.taken_at IS NOT NULL AND NEW.taken_at IS DISTINCT FROM OLD.taken_at THEN
    RAISE EXCEPTION 'billing_handover.taken_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.taken_by_id IS NOT NULL AND NEW.taken_by_id IS DISTINCT FROM OLD.taken_by_id THEN
    RAISE EXCEPTION 'billing_handover.taken_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.proof IS NOT NULL AND NEW.proof IS DISTINCT FROM OLD.proof THEN
    RAISE EXCEPTION 'billing_handover.proof is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.taken_at := OLD.taken_at;
  NEW_ROW.taken_by_id := OLD.taken_by_id;
  NEW_ROW.proof := OLD.proof;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_handover is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_handover_append_only BEFORE UPDATE OR DELETE ON billing_handover
  FOR EACH ROW
  EXECUTE FUNCTION billing_handover_append_only();
CREATE TRIGGER billing_handover_no_truncate BEFORE TRUNCATE ON billing_handover
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_handover_append_only();
CREATE OR REPLACE FUNCTION billing_handedentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_handedentry%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_handedentry is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_handedentry is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_handedentry_append_only BEFORE UPDATE OR DELETE ON billing_handedentry
  FOR EACH ROW
  EXECUTE FUNCTION billing_handedentry_append_only();
CREATE TRIGGER billing_handedentry_no_truncate BEFORE TRUNCATE ON billing_handedentry
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_handedentry_append_only();
CREATE OR REPLACE FUNCTION billing_handedfile_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_handedfile%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_handedfile is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_handedfile is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_handedfile_append_only BEFORE UPDATE OR DELETE ON billing_handedfile
  FOR EACH ROW
  EXECUTE FUNCTION billing_handedfile_append_only();
CREATE TRIGGER billing_handedfile_no_truncate BEFORE TRUNCATE ON billing_handedfile
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_handedfile_append_only();
CREATE OR REPLACE FUNCTION billing_writeoff_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_writeoff%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_writeoff is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'billing_writeoff.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'billing_writeoff.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
    RAISE EXCEPTION 'billing_writeoff.outcome is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id THEN
    RAISE EXCEPTION 'billing_writeoff.entry_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.outcome := OLD.outcome;
  NEW_ROW.entry_id := OLD.entry_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_writeoff is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_writeoff_append_only BEFORE UPDATE OR DELETE ON billing_writeoff
  FOR EACH ROW
  EXECUTE FUNCTION billing_writeoff_append_only();
CREATE TRIGGER billing_writeoff_no_truncate BEFORE TRUNCATE ON billing_writeoff
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_writeoff_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_database"),
        ("billing", "0002_database"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HandedEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="HandedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("system", models.CharField(help_text="The name of the practice-management system.", max_length=40)),
                ("number", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField()),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("charges", models.PositiveIntegerField()),
                ("charges_total", models.DecimalField(decimal_places=2, max_digits=14)),
                ("postings", models.PositiveIntegerField()),
                (
                    "postings_total",
                    models.DecimalField(decimal_places=2, help_text="The sum of payments.", max_digits=14),
                ),
                ("remittances", models.PositiveIntegerField()),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "proof",
                    models.CharField(help_text="The batch number that the system shows.", max_length=200, null=True),
                ),
            ],
            options={
                "ordering": ["-made_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalMoneyPolicy",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "write_off_limit",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("50"),
                        max_digits=7,
                        verbose_name="dollars of a claim that one person may write off",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical money policy",
                "verbose_name_plural": "historical money policys",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="MoneyPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "write_off_limit",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("50"),
                        max_digits=7,
                        verbose_name="dollars of a claim that one person may write off",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("payer_rank", models.CharField(default="P", max_length=1)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("claim_total", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "limit",
                    models.DecimalField(
                        decimal_places=2, help_text="Of the practice, when it was asked.", max_digits=7
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("small", "small balance"),
                            ("late", "filed too late"),
                            ("appeal", "appeal lost or not possible"),
                            ("not_covered", "not covered"),
                            ("contract", "reduction by contract that the payer did not take"),
                            ("other", "other, see note"),
                        ],
                        max_length=11,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("written_off", "written off"), ("refused", "refused"), ("withdrawn", "withdrawn")],
                        max_length=11,
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="deposit",
            name="bank_key",
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddConstraint(
            model_name="deposit",
            constraint=models.UniqueConstraint(fields=("practice", "bank_key"), name="deposit_once_in_the_banks_files"),
        ),
        migrations.AddField(
            model_name="handedentry",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="hand_overs", to="billing.ledgerentry"
            ),
        ),
        migrations.AddField(
            model_name="handedentry",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddField(
            model_name="handedfile",
            name="file",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="hand_overs", to="billing.answerfile"
            ),
        ),
        migrations.AddField(
            model_name="handedfile",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="taken_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="handedfile",
            name="hand_over",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="files", to="billing.handover"
            ),
        ),
        migrations.AddField(
            model_name="handedentry",
            name="hand_over",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="billing.handover"
            ),
        ),
        migrations.AddField(
            model_name="historicalmoneypolicy",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalmoneypolicy",
            name="practice",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.practice",
            ),
        ),
        migrations.AddField(
            model_name="moneypolicy",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="claim",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="write_offs", to="billing.claim"
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="entry",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="write_off",
                to="billing.ledgerentry",
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="line",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.claimline",
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="takes_back",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back_by",
                to="billing.writeoff",
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.claimversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.UniqueConstraint(fields=("practice", "system", "number"), name="handover_numbered"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("proof__isnull", True), ("taken_at__isnull", True), ("taken_by__isnull", True)),
                    models.Q(
                        ("proof__isnull", False),
                        ("taken_at__isnull", False),
                        ("taken_by__isnull", False),
                        models.Q(("proof", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="handover_taken_with_proof",
            ),
        ),
        migrations.AddConstraint(
            model_name="handedfile",
            constraint=models.UniqueConstraint(fields=("file", "system"), name="handedfile_once"),
        ),
        migrations.AddConstraint(
            model_name="handedentry",
            constraint=models.UniqueConstraint(fields=("entry", "system"), name="handedentry_once"),
        ),
        migrations.AddConstraint(
            model_name="moneypolicy",
            constraint=models.UniqueConstraint(fields=("practice",), name="moneypolicy_once"),
        ),
        migrations.AddConstraint(
            model_name="moneypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("write_off_limit__gte", 0)),
                name="moneypolicy_limit_is_an_amount",
                violation_error_message="The limit is 0.00 or more.",
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome__isnull", True)),
                fields=("claim", "line", "payer_rank"),
                name="writeoff_one_waits",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gt", 0), ("takes_back__isnull", True)),
                    models.Q(("amount__lt", 0), ("takes_back__isnull", False)),
                    _connector="OR",
                ),
                name="writeoff_takes_back_less_than_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by__isnull", False), ("entry__isnull", False), ("outcome", "written_off")),
                    models.Q(models.Q(("outcome", "written_off"), _negated=True), ("entry__isnull", True)),
                    _connector="OR",
                ),
                name="writeoff_has_an_entry_if_written_off",
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "written_off"), _negated=True),
                    ("claim_total__lte", models.F("limit")),
                    ("amount__lt", 0),
                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="writeoff_second_person_above_the_limit",
            ),
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
