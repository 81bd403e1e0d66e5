"""Findings are kept once an enrollment, verdicts point at them, and rows keep only the indexes somebody asks.

Before, each of an enrollment's six verdicts repeated every finding, each computation wrote all of them again, and a
line and its history had some thirty indexes between them: nine tenths of a close went into writing.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import AppendOnly, SamePractice

# Each computation's verdicts of one enrollment become one decision; those of an earlier run were ended by the next.
GATHER = """
WITH found AS (
  SELECT v.practice_id, v.close_id, v.enrollment_id, v.run, max(v.policy) AS policy,
         jsonb_agg(DISTINCT f.value) FILTER (WHERE f.value IS NOT NULL) AS said
  FROM billing_verdict v LEFT JOIN LATERAL jsonb_array_elements(v.said) f ON true
  GROUP BY v.practice_id, v.close_id, v.enrollment_id, v.run
)
INSERT INTO billing_keptdecision
  (practice_id, close_id, enrollment_id, run, replaced_in, facts_digest, under, release, policy, said, proposed,
   fixable, codes, components, outcomes, told)
SELECT practice_id, close_id, enrollment_id, run,
       lead(run) OVER (PARTITION BY close_id, enrollment_id ORDER BY run),
       '', '', '', policy, coalesce(said, '[]'), '{}', 0, '{}', '{}', '{}', '{}'
FROM found;
UPDATE billing_keptdecision d SET codes = v.codes, components = v.components, outcomes = v.outcomes, told = v.told
FROM (
  SELECT o.id, array_agg(v.code ORDER BY v.id) AS codes, array_agg(v.component ORDER BY v.id) AS components,
         array_agg(v.outcome ORDER BY v.id) AS outcomes, array_agg(ARRAY(
           SELECT place.at - 1 FROM jsonb_array_elements(v.said) WITH ORDINALITY mine(value, nth)
           JOIN jsonb_array_elements(o.said) WITH ORDINALITY place(value, at) ON place.value = mine.value
           ORDER BY mine.nth)::text ORDER BY v.id) AS told
  FROM billing_verdict v JOIN billing_keptdecision o
    ON o.close_id = v.close_id AND o.enrollment_id = v.enrollment_id AND o.run = v.run
  GROUP BY o.id
) v WHERE v.id = d.id;
"""
# A verdict is a place in its decision: nothing of it can say anything else than the decision does.
VERDICTS = """
CREATE VIEW billing_verdict AS
SELECT d.id * 64 + v.place AS id, d.practice_id, d.close_id, d.id AS decision_id, v.code, v.component, v.outcome,
       v.told::smallint[] AS told
FROM billing_keptdecision d
CROSS JOIN LATERAL unnest(d.codes, d.components, d.outcomes, d.told)
  WITH ORDINALITY AS v(code, component, outcome, told, place);
"""
# An index for patterns in a random id, which nobody searches by its beginning.
LIKES = """
DROP INDEX IF EXISTS billing_claim_public_id_a8f5490c_like;
DROP INDEX IF EXISTS billing_claimline_public_id_cd9ac921_like;
"""
WRITTEN_ONCE = """
CREATE FUNCTION billing_claimline_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.because, NEW.evidence, NEW.digest) IS DISTINCT FROM (OLD.because, OLD.evidence, OLD.digest) THEN
    RAISE EXCEPTION 'billing_claimline: what a line rests on is written once' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimline_written_once BEFORE UPDATE OF because, evidence, digest ON billing_claimline
  FOR EACH ROW EXECUTE FUNCTION billing_claimline_written_once();
"""
NOT_WRITTEN_ONCE = """
DROP TRIGGER billing_claimline_written_once ON billing_claimline;
DROP FUNCTION billing_claimline_written_once();
"""

PROTECT, NOTHING = django.db.models.deletion.PROTECT, django.db.models.deletion.DO_NOTHING
_TO = {
    "practice": "accounts.practice", "close": "billing.monthclose", "enrollment": "enrollment.enrollment",
    "patient": "enrollment.patient", "payer": "enrollment.payer", "billing_provider": "accounts.membership",
    "claim": "billing.claim", "episode": "enrollment.episode", "adjustment": "billing.adjustment",
    "decision": "billing.keptdecision",
}  # fmt: skip


def _by_pair(name: str, related: str = "+", **more: object) -> models.ForeignKey:
    """A reference that the pair (practice, id) holds already: no check and, but for `db_index`, no index of its own."""
    told = {"db_constraint": False, "db_index": False, "on_delete": PROTECT, "related_name": related} | more
    return models.ForeignKey(to=_TO[name], **told)


def _narrow(model: str, name: str, related: str = "+", **more: object) -> migrations.AlterField:
    return migrations.AlterField(model_name=model, name=name, field=_by_pair(name, related, **more))


def _past(model: str, name: str, **more: object) -> migrations.AlterField:
    return _narrow(f"historical{model}", name, blank=True, null=True, on_delete=NOTHING, **more)


def _past_id(model: str) -> migrations.AlterField:
    field = models.CharField(default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12)
    return migrations.AlterField(model_name=f"historical{model}", name="public_id", field=field)


def _texts(of: models.Field, about: str) -> django.contrib.postgres.fields.ArrayField:
    return django.contrib.postgres.fields.ArrayField(base_field=of, help_text=about, size=None)


PUT_IN = {"help_text": "What put it in."}
OUTCOMES = [
    ("bill", "bill"),
    ("do_not_bill", "do not bill"),
    ("blocked", "blocked"),
    ("not_enough_facts", "not enough facts"),
]


class Migration(migrations.Migration):
    """Decisions, then what points at them, then what nobody asks any more."""

    dependencies = [
        ("accounts", "0008_single_sign_on"),
        ("billing", "0012_sealed_claims"),
        ("enrollment", "0011_no_calls"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run", models.PositiveIntegerField(help_text="The computation that decided it.")),
                ("replaced_in", models.PositiveIntegerField(help_text="The computation that ended it.", null=True)),
                ("facts_digest", models.CharField(max_length=64)),
                (
                    "under",
                    models.CharField(max_length=80, help_text="Patient, payer, billing provider, episode, policy."),
                ),
                ("release", models.CharField(help_text="The engine with its codes and policies.", max_length=12)),
                ("policy", models.CharField(max_length=80)),
                ("said", models.JSONField(help_text="Every finding, once.")),
                ("proposed", _texts(models.TextField(), "The lines it proposed: enrollment|code|date|digest.")),
                (
                    "fixable",
                    models.PositiveSmallIntegerField(
                        help_text="Codes not earned that could still be when it was decided."
                    ),
                ),
                ("codes", _texts(models.TextField(), "Every code that was open to the month.")),
                ("components", _texts(models.TextField(), "What each code is part of.")),
                ("outcomes", _texts(models.TextField(), "What becomes of each code.")),
                ("told", _texts(models.TextField(), "For each code the places of its findings.")),
                ("practice", _by_pair("practice")),
                ("close", _by_pair("close", "decisions")),
                ("enrollment", _by_pair("enrollment")),
            ],
        ),
        migrations.RunSQL(GATHER, migrations.RunSQL.noop),
        migrations.RunSQL(AppendOnly("billing_verdict").reverse_sql, migrations.RunSQL.noop),
        migrations.DeleteModel("Verdict"),
        migrations.RunSQL(VERDICTS, "DROP VIEW billing_verdict;"),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=5)),
                ("component", models.CharField(max_length=16)),
                ("outcome", models.CharField(max_length=16, choices=OUTCOMES)),
                ("told", _texts(models.PositiveSmallIntegerField(), "Places in the decision's findings.")),
                ("practice", _by_pair("practice")),
                ("close", _by_pair("close", "verdicts")),
                ("decision", _by_pair("decision", "verdicts")),
            ],
            options={"managed": False},
        ),
        migrations.AddConstraint(
            model_name="keptdecision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_in__isnull", True)),
                fields=("enrollment", "close"),
                name="keptdecision_one_stands",
            ),
        ),
        SamePractice("billing_keptdecision", "close_id", "billing_monthclose"),
        SamePractice("billing_keptdecision", "enrollment_id", "enrollment_enrollment"),
        AppendOnly("billing_keptdecision", ("replaced_in",)),
        *(_narrow("claim", name) for name in ("practice", "billing_provider")),
        _narrow("claim", "close", "claims"),
        _narrow("claim", "patient", "claims", db_index=True),
        _narrow("claim", "payer", null=True),
        *(_narrow("claimline", name, "+" if name != "close" else "lines") for name in ("practice", "close")),
        _narrow("claimline", "claim", "lines", db_index=True),
        _narrow("claimline", "enrollment", "claim_lines", db_index=True),
        _narrow("claimline", "patient", db_index=True),
        # Dropping a column's index takes every single-column index along, this promise too: put it back after.
        migrations.RemoveConstraint(model_name="claimline", name="claimline_one_setup_an_episode"),
        _narrow("claimline", "episode", null=True),
        migrations.AddConstraint(
            model_name="claimline",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("component", "setup"), models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True)
                ),
                fields=("episode",),
                name="claimline_one_setup_an_episode",
            ),
        ),
        _narrow("claimline", "adjustment", "lines", null=True, **PUT_IN),
        migrations.AddIndex(
            model_name="claimline",
            index=models.Index(
                condition=models.Q(("adjustment__isnull", False)), fields=["adjustment"], name="claimline_adjusted"
            ),
        ),
        migrations.RemoveField("historicalclaimline", "because"),
        migrations.RemoveField("historicalclaimline", "evidence"),
        *(_past("claim", name) for name in ("practice", "close", "patient", "payer", "billing_provider")),
        *(_past("claimline", name) for name in ("practice", "claim", "close", "enrollment", "patient", "episode")),
        _past("claimline", "adjustment", **PUT_IN),
        _past_id("claim"),
        _past_id("claimline"),
        migrations.RunSQL(LIKES, migrations.RunSQL.noop),
        migrations.RunSQL(WRITTEN_ONCE, NOT_WRITTEN_ONCE),
    ]
