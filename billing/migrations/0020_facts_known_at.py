"""The facts of a month as known at a moment: kept with each decision, with dated seals, anchors and lines."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from rpm_portal.core.db.tenancy import BY_PAIR
from rpm_portal.core.db.triggers import AppendOnly, SamePractice

# On the database's clock, whoever ends a line: the ORM, a bulk change, or SQL.
ENDS = """
CREATE FUNCTION billing_claimline_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.ended_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimline_ended BEFORE UPDATE OF state ON billing_claimline FOR EACH ROW
  WHEN (OLD.state NOT IN ('dropped', 'void', 'reversed') AND NEW.state IN ('dropped', 'void', 'reversed'))
  EXECUTE FUNCTION billing_claimline_ended();
"""
NO_ENDS = "DROP TRIGGER billing_claimline_ended ON billing_claimline; DROP FUNCTION billing_claimline_ended();"
PRACTICE = models.ForeignKey(
    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice", **BY_PAIR
)
NOW = django.db.models.functions.datetime.Now()


class Migration(migrations.Migration):
    """Decisions made before have no facts to keep; they are decided again by the next computation."""

    dependencies = [("billing", "0019_mock_audits"), ("enrollment", "0016_no_device_anchor")]

    operations = [
        migrations.AddField("claimline", "made_at", models.DateTimeField(
            db_default=NOW, editable=False, help_text="The database's clock.")),
        migrations.AddField("claimline", "ended_at", models.DateTimeField(
            editable=False, null=True,
            help_text="The database's clock when it was dropped, replaced or taken back.")),
        migrations.AddField("keptdecision", "facts", models.TextField(
            default="", help_text="The facts it was decided on, as canonical JSON."), preserve_default=False),
        migrations.CreateModel(
            name="MonthSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("taken_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("close", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="seals", to="billing.monthclose",
                    **BY_PAIR)),
                ("practice", PRACTICE.clone()),
            ],
            options={
                "ordering": ["taken_at"],
                "indexes": [models.Index(fields=["close"], name="monthseal_by_close")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["close"], name="monthseal_one_in_force", condition=models.Q(lifted_at__isnull=True)),
                    models.CheckConstraint(
                        name="monthseal_lifted_after_it_was_taken",
                        condition=models.Q(lifted_at__isnull=True) | models.Q(lifted_at__gt=models.F("taken_at"))),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeviceAnchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField()),
                ("fixed_at", models.DateTimeField(db_default=NOW)),
                ("enrollment", models.OneToOneField(
                    db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                    to="enrollment.enrollment")),
                ("fixed_by", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="anchors", to="billing.monthclose",
                    **BY_PAIR)),
                ("practice", PRACTICE.clone()),
            ],
            options={"ordering": ["fixed_at"]},
        ),
        SamePractice("billing_monthseal", "close_id", "billing_monthclose"),
        SamePractice("billing_deviceanchor", "fixed_by_id", "billing_monthclose"),
        SamePractice("billing_deviceanchor", "enrollment_id", "enrollment_enrollment"),
        AppendOnly("billing_monthseal", marks=("lifted_at",)),
        AppendOnly("billing_deviceanchor"),
        migrations.RunSQL(ENDS, NO_ENDS),
    ]  # fmt: skip
