"""The clinical half: vendors, versions of readings, rules, owners, steps, outreach."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.batch_operation import AtOnce


def _public_id(model: str) -> migrations.SeparateDatabaseAndState:
    """A public id for rows that stand already, each its own; the table's guard does not see it."""
    table = f"monitoring_{model}"
    field = models.CharField(
        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
    )
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(
                f"""
                ALTER TABLE {table} ADD COLUMN public_id varchar(12) NOT NULL
                  DEFAULT substr(md5(random()::text || clock_timestamp()::text), 1, 12);
                ALTER TABLE {table} ALTER COLUMN public_id DROP DEFAULT;
                ALTER TABLE {table} ADD CONSTRAINT {table}_public_id_once UNIQUE (public_id);
                """,
                f"ALTER TABLE {table} DROP COLUMN public_id;",
            )
        ],
        state_operations=[migrations.AddField(model_name=model, name="public_id", field=field)],
    )


# Alerts that stand open learn their cause; of several with one cause the latest stays open.
CAUSES = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE monitoring_alert a SET cause = r.metric || ':' || a.part || ':' || CASE WHEN a.above THEN 'above' ELSE 'below' END,
       last_at = r.measured_at FROM monitoring_reading r WHERE r.id = a.reading_id;
UPDATE monitoring_alert a SET state = 'closed', closed_at = now() FROM monitoring_alert b
 WHERE a.state <> 'closed' AND b.state <> 'closed' AND b.enrollment_id = a.enrollment_id AND b.cause = a.cause AND b.id > a.id;
"""


class Migration(migrations.Migration):
    """Tables and columns; their promises follow."""

    dependencies = [
        ("accounts", "0002_signed_days"),
        ("enrollment", "0007_looked_after"),
        ("monitoring", "0003_conditions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AtOnce(
            migrations.CreateModel(
                name="AlertRule",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "public_id",
                        models.CharField(
                            default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                        ),
                    ),
                    (
                        "spec",
                        models.JSONField(help_text='Like {"kind": "change", "metric": "weight", "days": 3, "by": 2}.'),
                    ),
                    (
                        "severity",
                        models.CharField(
                            choices=[("critical", "critical"), ("high", "high"), ("low", "low")],
                            default="high",
                            max_length=10,
                        ),
                    ),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
                ],
            ),
            migrations.CreateModel(
                name="AlertStep",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("opened", "opened"),
                                ("worsened", "became critical"),
                                ("escalated", "passed on, nobody had answered"),
                                ("unanswered", "nobody on call had answered"),
                                ("taken", "taken"),
                                ("handed", "handed over"),
                                ("closed", "closed"),
                                ("arrived", "closed by itself, a reading arrived"),
                            ],
                            max_length=12,
                        ),
                    ),
                    ("at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["at", "pk"],
                },
            ),
            migrations.CreateModel(
                name="Breach",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("cause", models.CharField(max_length=60)),
                    (
                        "severity",
                        models.CharField(
                            choices=[("critical", "critical"), ("high", "high"), ("low", "low")], max_length=10
                        ),
                    ),
                    ("value", models.DecimalField(decimal_places=2, max_digits=7)),
                    ("limit", models.DecimalField(decimal_places=2, max_digits=7)),
                ],
                options={
                    "verbose_name_plural": "breaches",
                },
            ),
            migrations.CreateModel(
                name="DeviceContact",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("heard_at", models.DateTimeField()),
                    ("battery", models.PositiveSmallIntegerField(help_text="Percent.", null=True)),
                    ("signal", models.SmallIntegerField(help_text="As the vendor tells it.", null=True)),
                ],
                options={
                    "abstract": False,
                },
            ),
            migrations.CreateModel(
                name="HistoricalAlertRule",
                fields=[
                    ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                    (
                        "public_id",
                        models.CharField(
                            db_index=True,
                            default=rpm_portal.core.db.tenancy.new_public_id,
                            editable=False,
                            max_length=12,
                        ),
                    ),
                    (
                        "spec",
                        models.JSONField(help_text='Like {"kind": "change", "metric": "weight", "days": 3, "by": 2}.'),
                    ),
                    (
                        "severity",
                        models.CharField(
                            choices=[("critical", "critical"), ("high", "high"), ("low", "low")],
                            default="high",
                            max_length=10,
                        ),
                    ),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
                    ("history_id", models.AutoField(primary_key=True, serialize=False)),
                    ("history_date", models.DateTimeField(db_index=True)),
                    ("history_change_reason", models.CharField(max_length=100, null=True)),
                    (
                        "history_type",
                        models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                    ),
                ],
                options={
                    "verbose_name": "historical alert rule",
                    "verbose_name_plural": "historical alert rules",
                    "ordering": ("-history_date", "-history_id"),
                    "get_latest_by": ("history_date", "history_id"),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name="HistoricalWatch",
                fields=[
                    ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                    ("critical_minutes", models.PositiveIntegerField(default=15)),
                    ("high_minutes", models.PositiveIntegerField(default=240)),
                    ("low_minutes", models.PositiveIntegerField(default=1440)),
                    (
                        "silent_days",
                        models.PositiveSmallIntegerField(
                            default=3, help_text="Days without data before an adherence alert."
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
                    "verbose_name": "historical watch",
                    "verbose_name_plural": "historical watches",
                    "ordering": ("-history_date", "-history_id"),
                    "get_latest_by": ("history_date", "history_id"),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name="LimitProposal",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "public_id",
                        models.CharField(
                            default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                        ),
                    ),
                    (
                        "metric",
                        models.CharField(
                            choices=[
                                ("blood_pressure", "Blood pressure"),
                                ("heart_rate", "Heart rate"),
                                ("weight", "Weight"),
                                ("glucose", "Blood glucose"),
                                ("spo2", "Oxygen saturation"),
                                ("temperature", "Body temperature"),
                                ("peak_flow", "Peak flow"),
                                ("therapy", "Therapy response"),
                            ],
                            max_length=20,
                        ),
                    ),
                    ("part", models.PositiveSmallIntegerField(default=1)),
                    ("bound", models.CharField(max_length=14)),
                    ("stands", models.DecimalField(decimal_places=2, max_digits=7)),
                    (
                        "seen",
                        models.DecimalField(
                            decimal_places=2, help_text="The furthest value called expected.", max_digits=7
                        ),
                    ),
                    ("times", models.PositiveSmallIntegerField()),
                    ("made_at", models.DateTimeField()),
                    ("decided_at", models.DateTimeField(null=True)),
                    ("new_limit", models.DecimalField(decimal_places=2, max_digits=7, null=True)),
                ],
            ),
            migrations.CreateModel(
                name="Outreach",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "public_id",
                        models.CharField(
                            default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                        ),
                    ),
                    ("due_on", models.DateField()),
                    ("made_at", models.DateTimeField()),
                    ("done_at", models.DateTimeField(null=True)),
                    ("outcome", models.CharField(max_length=300, null=True)),
                ],
                options={
                    "verbose_name_plural": "outreach",
                },
            ),
            migrations.CreateModel(
                name="Watch",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("critical_minutes", models.PositiveIntegerField(default=15)),
                    ("high_minutes", models.PositiveIntegerField(default=240)),
                    ("low_minutes", models.PositiveIntegerField(default=1440)),
                    (
                        "silent_days",
                        models.PositiveSmallIntegerField(
                            default=3, help_text="Days without data before an adherence alert."
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "watches",
                },
            ),
        ),
        migrations.AlterModelOptions(
            name="delivery",
            options={"verbose_name_plural": "deliveries"},
        ),
        migrations.RemoveConstraint(
            model_name="alert",
            name="alert_once_for_a_reading",
        ),
        AtOnce(
            migrations.AddField(
                model_name="alert",
                name="cause",
                field=models.CharField(default="", max_length=60),
                preserve_default=False,
            ),
            migrations.AddField(
                model_name="alert",
                name="closed_at",
                field=models.DateTimeField(null=True),
            ),
            migrations.AddField(
                model_name="alert",
                name="count",
                field=models.PositiveIntegerField(default=1),
            ),
            migrations.AddField(
                model_name="alert",
                name="due_at",
                field=models.DateTimeField(help_text="When the next one is told.", null=True),
            ),
            migrations.AddField(
                model_name="alert",
                name="kind",
                field=models.CharField(
                    choices=[("clinical", "clinical"), ("adherence", "adherence")], default="clinical", max_length=10
                ),
            ),
            migrations.AddField(
                model_name="alert",
                name="last_at",
                field=models.DateTimeField(help_text="When the latest value was measured.", null=True),
            ),
            migrations.AddField(
                model_name="alert",
                name="level",
                field=models.PositiveSmallIntegerField(default=0, help_text="0 the owner, 1 the backup, 2 on call."),
            ),
            migrations.AddField(
                model_name="alert",
                name="owner",
                field=models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="alert",
                name="said",
                field=models.CharField(
                    blank=True, help_text="The rule in words, where no single limit tells it.", max_length=200
                ),
            ),
            migrations.AddField(
                model_name="conditiontemplate",
                name="rules",
                field=models.JSONField(
                    blank=True,
                    default=list,
                    help_text='A list like [{"kind": "change", "metric": "weight", "days": 3, "by": 2, "severity": "high"}].',
                ),
            ),
            migrations.AddField(
                model_name="delivery",
                name="due_at",
                field=models.DateTimeField(blank=True, null=True),
            ),
        ),
        _public_id("delivery"),
        AtOnce(
            migrations.AddField(
                model_name="delivery",
                name="said",
                field=models.CharField(blank=True, max_length=300),
            ),
            migrations.AddField(
                model_name="delivery",
                name="sent_by",
                field=models.ForeignKey(
                    blank=True,
                    db_index=False,
                    help_text="Who brought in a file or typed a value.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="delivery",
                name="state",
                field=models.CharField(
                    choices=[
                        ("done", "worked through"),
                        ("waiting", "kept, waits for the worker"),
                        ("refused", "not understood"),
                        ("failed", "given up after five tries"),
                    ],
                    default="done",
                    max_length=10,
                ),
            ),
            migrations.AddField(
                model_name="delivery",
                name="times",
                field=models.PositiveIntegerField(default=1, help_text="How often the very same body came."),
            ),
            migrations.AddField(
                model_name="delivery",
                name="tries",
                field=models.PositiveSmallIntegerField(default=0),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="cause",
                field=models.CharField(default="", max_length=60),
                preserve_default=False,
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="closed_at",
                field=models.DateTimeField(null=True),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="count",
                field=models.PositiveIntegerField(default=1),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="due_at",
                field=models.DateTimeField(help_text="When the next one is told.", null=True),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="kind",
                field=models.CharField(
                    choices=[("clinical", "clinical"), ("adherence", "adherence")], default="clinical", max_length=10
                ),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="last_at",
                field=models.DateTimeField(help_text="When the latest value was measured.", null=True),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="level",
                field=models.PositiveSmallIntegerField(default=0, help_text="0 the owner, 1 the backup, 2 on call."),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="owner",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="said",
                field=models.CharField(
                    blank=True, help_text="The rule in words, where no single limit tells it.", max_length=200
                ),
            ),
            migrations.AddField(
                model_name="historicalconditiontemplate",
                name="rules",
                field=models.JSONField(
                    blank=True,
                    default=list,
                    help_text='A list like [{"kind": "change", "metric": "weight", "days": 3, "by": 2, "severity": "high"}].',
                ),
            ),
            migrations.AddField(
                model_name="reading",
                name="corrects",
                field=models.ForeignKey(
                    blank=True,
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="monitoring.reading",
                ),
            ),
            migrations.AddField(
                model_name="reading",
                name="time_source",
                field=models.CharField(
                    choices=[
                        ("device", "the device's own clock"),
                        ("estimated", "estimated by the gateway, the device had no clock"),
                        ("wall", "a local time without offset, read in the patient's zone"),
                        ("person", "told by a person"),
                    ],
                    default="device",
                    max_length=10,
                ),
            ),
            migrations.AddField(
                model_name="reading",
                name="vendor_id",
                field=models.CharField(blank=True, max_length=80),
            ),
            migrations.AddField(
                model_name="reading",
                name="void_reason",
                field=models.CharField(blank=True, max_length=200, null=True),
            ),
            migrations.AddField(
                model_name="reading",
                name="voided_at",
                field=models.DateTimeField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name="reading",
                name="voided_by",
                field=models.ForeignKey(
                    blank=True,
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="reading",
                name="zone",
                field=models.CharField(blank=True, max_length=40),
            ),
            migrations.AddField(
                model_name="source",
                name="made_by",
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="source",
                name="per_minute",
                field=models.PositiveIntegerField(
                    default=600, help_text="Bodies taken in a minute; more are asked to wait."
                ),
            ),
        ),
        _public_id("source"),
        AtOnce(
            migrations.AddField(
                model_name="source",
                name="revoked_by",
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="source",
                name="weight_unit",
                field=models.CharField(
                    blank=True,
                    choices=[("kg", "kilograms"), ("lb", "pounds")],
                    help_text="Of weights that come without a unit.",
                    max_length=2,
                ),
            ),
            migrations.AddField(
                model_name="standing",
                name="open_adherence",
                field=models.PositiveIntegerField(default=0),
            ),
            migrations.AddField(
                model_name="standing",
                name="open_low",
                field=models.PositiveIntegerField(default=0),
            ),
        ),
        _public_id("unmatchedreading"),
        AtOnce(
            migrations.AddField(
                model_name="unmatchedreading",
                name="resolution",
                field=models.CharField(
                    blank=True,
                    choices=[("placed", "placed when it was tried again"), ("set_aside", "set aside by a person")],
                    max_length=10,
                    null=True,
                ),
            ),
            migrations.AddField(
                model_name="unmatchedreading",
                name="resolved_by",
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="unmatchedreading",
                name="why",
                field=models.CharField(blank=True, max_length=300, null=True),
            ),
            migrations.AlterField(
                model_name="alert",
                name="reading",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="alerts",
                    to="monitoring.reading",
                ),
            ),
            migrations.AlterField(
                model_name="alert",
                name="severity",
                field=models.CharField(
                    choices=[("critical", "critical"), ("high", "high"), ("low", "low")], max_length=10
                ),
            ),
            migrations.AlterField(
                model_name="alert",
                name="state",
                field=models.CharField(
                    choices=[
                        ("open", "open"),
                        ("acknowledged", "taken"),
                        ("escalated", "escalated"),
                        ("closed", "closed"),
                    ],
                    default="open",
                    max_length=12,
                ),
            ),
            migrations.AlterField(
                model_name="historicalalert",
                name="severity",
                field=models.CharField(
                    choices=[("critical", "critical"), ("high", "high"), ("low", "low")], max_length=10
                ),
            ),
            migrations.AlterField(
                model_name="historicalalert",
                name="state",
                field=models.CharField(
                    choices=[
                        ("open", "open"),
                        ("acknowledged", "taken"),
                        ("escalated", "escalated"),
                        ("closed", "closed"),
                    ],
                    default="open",
                    max_length=12,
                ),
            ),
            migrations.AlterField(
                model_name="historicalthreshold",
                name="metric",
                field=models.CharField(
                    choices=[
                        ("blood_pressure", "Blood pressure"),
                        ("heart_rate", "Heart rate"),
                        ("weight", "Weight"),
                        ("glucose", "Blood glucose"),
                        ("spo2", "Oxygen saturation"),
                        ("temperature", "Body temperature"),
                        ("peak_flow", "Peak flow"),
                        ("therapy", "Therapy response"),
                    ],
                    max_length=20,
                ),
            ),
            migrations.AlterField(
                model_name="reading",
                name="metric",
                field=models.CharField(
                    choices=[
                        ("blood_pressure", "Blood pressure"),
                        ("heart_rate", "Heart rate"),
                        ("weight", "Weight"),
                        ("glucose", "Blood glucose"),
                        ("spo2", "Oxygen saturation"),
                        ("temperature", "Body temperature"),
                        ("peak_flow", "Peak flow"),
                        ("therapy", "Therapy response"),
                    ],
                    max_length=20,
                ),
            ),
            migrations.AlterField(
                model_name="reading",
                name="source_kind",
                field=models.CharField(
                    choices=[
                        ("automatic", "sent by the device"),
                        ("patient", "told by the patient"),
                        ("staff", "typed by staff"),
                        ("file", "brought in from a file"),
                    ],
                    default="automatic",
                    max_length=10,
                ),
            ),
            migrations.AlterField(
                model_name="source",
                name="shape",
                field=models.CharField(
                    choices=[
                        ("portal", "portal JSON"),
                        ("telli", "Telli Health"),
                        ("tenovi", "Tenovi"),
                        ("bodytrace", "BodyTrace"),
                        ("withings", "Withings"),
                        ("fhir", "FHIR R4"),
                        ("file", "a file brought in"),
                        ("hand", "typed in the portal"),
                    ],
                    max_length=12,
                ),
            ),
            migrations.AlterField(
                model_name="threshold",
                name="metric",
                field=models.CharField(
                    choices=[
                        ("blood_pressure", "Blood pressure"),
                        ("heart_rate", "Heart rate"),
                        ("weight", "Weight"),
                        ("glucose", "Blood glucose"),
                        ("spo2", "Oxygen saturation"),
                        ("temperature", "Body temperature"),
                        ("peak_flow", "Peak flow"),
                        ("therapy", "Therapy response"),
                    ],
                    max_length=20,
                ),
            ),
            migrations.AlterField(
                model_name="unmatchedreading",
                name="reason",
                field=models.CharField(
                    choices=[
                        ("unknown_device", "no device with this serial number in the practice"),
                        ("not_assigned", "the device was with nobody at that time"),
                        ("future", "measured more than five minutes in the future"),
                        ("impossible", "a value no living person has"),
                        ("unknown_unit", "a unit that is not known for this measure"),
                        ("unreadable", "a part is missing or not understood"),
                    ],
                    max_length=20,
                ),
            ),
            migrations.AddIndex(
                model_name="delivery",
                index=models.Index(fields=["source", "body_digest"], name="delivery_by_digest"),
            ),
            migrations.AddIndex(
                model_name="delivery",
                index=models.Index(fields=["source", "-received_at"], name="delivery_latest"),
            ),
            migrations.AddIndex(
                model_name="delivery",
                index=models.Index(
                    condition=models.Q(("state", "waiting")), fields=["due_at"], name="delivery_waiting"
                ),
            ),
            migrations.AddIndex(
                model_name="delivery",
                index=models.Index(
                    condition=models.Q(("state__in", ["refused", "failed"])),
                    fields=["practice", "-received_at"],
                    name="delivery_dead",
                ),
            ),
            migrations.AddConstraint(
                model_name="reading",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("voided_at__isnull", True), models.Q(("vendor_id", ""), _negated=True)),
                    fields=("device", "metric", "vendor_id"),
                    name="reading_once_by_vendor",
                ),
            ),
            migrations.AddField(
                model_name="alertrule",
                name="enrollment",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="alert_rules", to="enrollment.enrollment"
                ),
            ),
            migrations.AddField(
                model_name="alertrule",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="alertrule",
                name="set_by",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="alert",
                name="rule",
                field=models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="monitoring.alertrule",
                ),
            ),
            migrations.AddField(
                model_name="historicalalert",
                name="rule",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="monitoring.alertrule",
                ),
            ),
            migrations.AddIndex(
                model_name="alert",
                index=models.Index(
                    condition=models.Q(("state", "closed"), _negated=True),
                    fields=["practice", "kind", "opened_at"],
                    name="alert_inbox",
                ),
            ),
            migrations.AddIndex(
                model_name="alert",
                index=models.Index(
                    condition=models.Q(("state", "closed"), _negated=True), fields=["due_at"], name="alert_due"
                ),
            ),
        ),
        migrations.RunSQL(CAUSES, migrations.RunSQL.noop),
        AtOnce(
            migrations.AddConstraint(
                model_name="alert",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("state", "closed"), _negated=True),
                    fields=("enrollment", "cause"),
                    name="alert_once_for_a_cause",
                ),
            ),
            migrations.AddField(
                model_name="alertstep",
                name="alert",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="monitoring.alert"
                ),
            ),
            migrations.AddField(
                model_name="alertstep",
                name="by",
                field=models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="alertstep",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="alertstep",
                name="to",
                field=models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="breach",
                name="alert",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="breaches", to="monitoring.alert"
                ),
            ),
            migrations.AddField(
                model_name="breach",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="breach",
                name="reading",
                field=models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="monitoring.reading",
                ),
            ),
            migrations.AddField(
                model_name="devicecontact",
                name="device",
                field=models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="contact", to="enrollment.device"
                ),
            ),
            migrations.AddField(
                model_name="devicecontact",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="historicalalertrule",
                name="enrollment",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="enrollment.enrollment",
                ),
            ),
            migrations.AddField(
                model_name="historicalalertrule",
                name="history_user",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalalertrule",
                name="practice",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="accounts.practice",
                ),
            ),
            migrations.AddField(
                model_name="historicalalertrule",
                name="set_by",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalwatch",
                name="backup",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    help_text="Told where the owner does not answer in time; empty means the supervising provider.",
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="historicalwatch",
                name="first",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    help_text="Owns an alert where nobody looks after the patient by name.",
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="historicalwatch",
                name="history_user",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalwatch",
                name="on_call",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    help_text="Told last; empty means the billing provider.",
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="historicalwatch",
                name="practice",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="accounts.practice",
                ),
            ),
            migrations.AddField(
                model_name="limitproposal",
                name="decided_by",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="limitproposal",
                name="enrollment",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="limit_proposals",
                    to="enrollment.enrollment",
                ),
            ),
            migrations.AddField(
                model_name="limitproposal",
                name="made_by",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="limitproposal",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="limitproposal",
                name="threshold",
                field=models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="monitoring.threshold",
                ),
            ),
            migrations.AddField(
                model_name="outreach",
                name="alert",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="outreach", to="monitoring.alert"
                ),
            ),
            migrations.AddField(
                model_name="outreach",
                name="done_by",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="outreach",
                name="enrollment",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="outreach", to="enrollment.enrollment"
                ),
            ),
            migrations.AddField(
                model_name="outreach",
                name="made_by",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="outreach",
                name="owner",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                ),
            ),
            migrations.AddField(
                model_name="outreach",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="watch",
                name="backup",
                field=models.ForeignKey(
                    blank=True,
                    help_text="Told where the owner does not answer in time; empty means the supervising provider.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="watch",
                name="first",
                field=models.ForeignKey(
                    blank=True,
                    help_text="Owns an alert where nobody looks after the patient by name.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="watch",
                name="on_call",
                field=models.ForeignKey(
                    blank=True,
                    help_text="Told last; empty means the billing provider.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.membership",
                ),
            ),
            migrations.AddField(
                model_name="watch",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddConstraint(
                model_name="alertrule",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("ended_at__isnull", True)),
                    fields=("enrollment", "spec"),
                    name="alertrule_once",
                    violation_error_message="This rule stands already.",
                ),
            ),
            migrations.AddConstraint(
                model_name="breach",
                constraint=models.UniqueConstraint(fields=("reading", "cause"), name="breach_once"),
            ),
            migrations.AddConstraint(
                model_name="limitproposal",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("decided_at__isnull", True)),
                    fields=("threshold", "bound"),
                    name="limitproposal_one_open",
                ),
            ),
            migrations.AddConstraint(
                model_name="outreach",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("done_at__isnull", True)), fields=("enrollment",), name="outreach_one_open"
                ),
            ),
            migrations.AddConstraint(
                model_name="watch",
                constraint=models.UniqueConstraint(fields=("practice",), name="watch_one_a_practice"),
            ),
            migrations.AddConstraint(
                model_name="watch",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("critical_minutes__gte", 1),
                        ("high_minutes__gte", 1),
                        ("low_minutes__gte", 1),
                        ("silent_days__gte", 1),
                    ),
                    name="watch_minutes_above_zero",
                    violation_error_message="Minutes and days are at least 1.",
                ),
            ),
        ),
    ]
