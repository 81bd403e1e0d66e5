"""The tables of monitoring."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("enrollment", "0001_initial"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12)),
                        ("received_at", models.DateTimeField()),
                        ("body_digest", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
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
                        ("outcome", models.JSONField(null=True)),
                        ("message", models.CharField(blank=True, max_length=300)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("due_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "times",
                            models.PositiveIntegerField(default=1, help_text="How often the same body was received."),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "sent_by",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                help_text="Who imported a file or typed a value.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.source"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "deliveries",
                        "constraints": [models.UniqueConstraint(fields=("public_id",), name="delivery_public_id")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "waiting")), fields=["due_at"], name="delivery_waiting"
                            ),
                            models.Index(
                                condition=models.Q(("state__in", ["refused", "failed"])),
                                fields=["practice", "-received_at"],
                                name="delivery_dead",
                            ),
                            models.Index(fields=["source", "body_digest"], name="delivery_by_digest"),
                            models.Index(fields=["source", "-received_at"], name="delivery_latest"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AlertRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "spec",
                            models.JSONField(
                                help_text='Like {"kind": "change", "metric": "weight", "days": 3, "by": 2}.'
                            ),
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
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="alert_rules",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "set_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("enrollment", "spec"),
                                name="alertrule_once",
                                violation_error_message="This rule exists already.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Alert",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("clinical", "clinical"), ("adherence", "adherence")],
                                default="clinical",
                                max_length=10,
                            ),
                        ),
                        ("cause", models.CharField(max_length=60)),
                        ("reading_measured_at", models.DateTimeField(editable=False, null=True)),
                        ("part", models.PositiveSmallIntegerField(default=1)),
                        (
                            "severity",
                            models.CharField(
                                choices=[("critical", "critical"), ("high", "high"), ("low", "low")], max_length=10
                            ),
                        ),
                        ("value", models.DecimalField(decimal_places=2, max_digits=7)),
                        ("limit", models.DecimalField(decimal_places=2, max_digits=7)),
                        ("above", models.BooleanField()),
                        (
                            "description",
                            models.CharField(
                                blank=True,
                                help_text="The rule in words, if no single limit was broken.",
                                max_length=200,
                            ),
                        ),
                        ("count", models.PositiveIntegerField(default=1)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "open"),
                                    ("acknowledged", "acknowledged"),
                                    ("escalated", "escalated"),
                                    ("closed", "closed"),
                                ],
                                default="open",
                                max_length=12,
                            ),
                        ),
                        (
                            "level",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="0 the owner, 1 the backup, 2 on call."
                            ),
                        ),
                        ("due_at", models.DateTimeField(help_text="When it is escalated.", null=True)),
                        ("opened_at", models.DateTimeField()),
                        ("last_at", models.DateTimeField(help_text="When the latest value was measured.", null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="alerts",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "rule",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.alertrule",
                            ),
                        ),
                        (
                            "reading",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="alerts",
                                to="monitoring.reading",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=("enrollment", "cause"),
                                name="alert_once_for_a_cause",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reading__isnull", True), ("reading_measured_at__isnull", True)),
                                    models.Q(("reading__isnull", False), ("reading_measured_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="alert_reading_both",
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["enrollment", "state"], name="alert_by_state"),
                            models.Index(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=["practice", "kind", "opened_at"],
                                name="alert_inbox",
                            ),
                            models.Index(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=["due_at"],
                                name="alert_due",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AlertStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("opened", "opened"),
                                    ("worsened", "became critical"),
                                    ("escalated", "escalated, no response"),
                                    ("unanswered", "nobody on call had answered"),
                                    ("taken", "acknowledged"),
                                    ("handed", "reassigned"),
                                    ("closed", "closed"),
                                    ("arrived", "closed by itself, a reading arrived"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "alert",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="monitoring.alert"
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
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
                        (
                            "to",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["at", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="ConditionTemplate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("goals", models.TextField(blank=True, max_length=1000)),
                        (
                            "limits",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text='A list like [{"metric": "blood_pressure", "part": 1, "low": 95, "high": 150}].',
                            ),
                        ),
                        (
                            "rules",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text='A list like [{"kind": "change", "metric": "weight", "days": 3, "by": 2, "severity": "high"}].',
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
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "name"), name="conditiontemplate_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeliveryBody",
                    fields=[
                        (
                            "delivery",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="kept_body",
                                serialize=False,
                                to="monitoring.delivery",
                            ),
                        ),
                        ("received_at", models.DateTimeField()),
                        ("body", models.BinaryField()),
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
                        "verbose_name_plural": "delivery bodies",
                    },
                ),
                migrations.CreateModel(
                    name="DeviceContact",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("heard_at", models.DateTimeField()),
                        ("battery", models.PositiveSmallIntegerField(help_text="Percent.", null=True)),
                        ("signal", models.SmallIntegerField(help_text="As the vendor sends it.", null=True)),
                        (
                            "clock_lag_seconds",
                            models.IntegerField(
                                help_text="From measuring to receipt, of the latest automatic reading; negative if the device's clock is fast.",
                                null=True,
                            ),
                        ),
                        (
                            "device",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contact",
                                to="enrollment.device",
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
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalAlertRule",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        (
                            "spec",
                            models.JSONField(
                                help_text='Like {"kind": "change", "metric": "weight", "days": 3, "by": 2}.'
                            ),
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
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "set_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
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
                    name="HistoricalConditionTemplate",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("name", models.CharField(max_length=80)),
                        ("goals", models.TextField(blank=True, max_length=1000)),
                        (
                            "limits",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text='A list like [{"metric": "blood_pressure", "part": 1, "low": 95, "high": 150}].',
                            ),
                        ),
                        (
                            "rules",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text='A list like [{"kind": "change", "metric": "weight", "days": 3, "by": 2, "severity": "high"}].',
                            ),
                        ),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical condition template",
                        "verbose_name_plural": "historical condition templates",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalThreshold",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
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
                        (
                            "part",
                            models.PositiveSmallIntegerField(
                                choices=[(1, "first value"), (2, "second value")], default=1
                            ),
                        ),
                        ("low", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                        ("high", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                        ("critical_low", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                        ("critical_high", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                        (
                            "unit",
                            models.CharField(
                                blank=True, help_text="lb or [degF]; empty for the metric's own unit.", max_length=8
                            ),
                        ),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "set_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical threshold",
                        "verbose_name_plural": "historical thresholds",
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
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "backup",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Notified if the owner does not answer in time; empty means the supervising provider.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "first",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Owns an alert if nobody looks after the patient by name.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "on_call",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Notified last; empty means the billing provider.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.practice",
                            ),
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
                    name="Note",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("text", models.TextField(max_length=4000)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("physician", "Physician"),
                                    ("qhp", "Qualified health professional"),
                                    ("clinical_staff", "Clinical staff"),
                                    ("therapist", "Therapist"),
                                    ("therapist_assistant", "Therapist assistant"),
                                    ("manager", "Practice manager"),
                                    ("biller", "Biller"),
                                    ("admin", "Administrator"),
                                    ("auditor", "Auditor (read-only)"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("written_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(null=True)),
                        ("void_reason", models.CharField(max_length=300, null=True)),
                        (
                            "enrollment",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notes",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "written_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-written_at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("void_reason__isnull", True), ("voided_at__isnull", True)),
                                    models.Q(
                                        ("void_reason__isnull", False),
                                        ("voided_at__isnull", False),
                                        models.Q(("void_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="note_void_says_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("text", ""), _negated=True), name="note_says_something"
                            ),
                        ],
                        "indexes": [models.Index(fields=["enrollment", "-written_at"], name="note_of_enrollment")],
                    },
                ),
                migrations.CreateModel(
                    name="Outreach",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("due_on", models.DateField()),
                        ("made_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                        ("outcome", models.CharField(max_length=300, null=True)),
                        (
                            "alert",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="outreach",
                                to="monitoring.alert",
                            ),
                        ),
                        (
                            "done_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="outreach",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
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
                        "verbose_name_plural": "outreach",
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("done_at__isnull", True)),
                                fields=("enrollment",),
                                name="outreach_one_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reading",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                        ("measured_at", models.DateTimeField()),
                        (
                            "sent_at",
                            models.DateTimeField(
                                help_text="When the device sent it, by the device's clock.", null=True
                            ),
                        ),
                        (
                            "vendor_at",
                            models.DateTimeField(help_text="When the vendor received it from the device.", null=True),
                        ),
                        ("received_at", models.DateTimeField(help_text="When the body with it was received here.")),
                        (
                            "stored_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                help_text="Later than received if the body waited.",
                            ),
                        ),
                        ("local_day", models.DateField()),
                        ("zone", models.CharField(blank=True, max_length=40)),
                        (
                            "time_source",
                            models.CharField(
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
                        ("value", models.DecimalField(decimal_places=2, max_digits=7)),
                        ("value_2", models.DecimalField(decimal_places=2, default=0, max_digits=7)),
                        ("value_3", models.DecimalField(decimal_places=2, default=0, max_digits=7)),
                        (
                            "bounds",
                            models.CharField(
                                blank=True,
                                db_default="",
                                help_text="Comparators of the values that are bounds, by comma: > with 600 is >600.",
                                max_length=8,
                            ),
                        ),
                        (
                            "source_kind",
                            models.CharField(
                                choices=[
                                    ("automatic", "sent by the device"),
                                    ("patient", "reported by the patient"),
                                    ("staff", "typed by staff"),
                                    ("file", "imported from a file"),
                                ],
                                default="automatic",
                                max_length=10,
                            ),
                        ),
                        (
                            "amended",
                            models.BooleanField(db_default=False, default=False, help_text="By the sender's status."),
                        ),
                        (
                            "issued_at",
                            models.DateTimeField(help_text="When the sender made this version available.", null=True),
                        ),
                        (
                            "irregular",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                help_text="The device detected an irregular heartbeat during the measurement.",
                            ),
                        ),
                        (
                            "entry",
                            models.PositiveIntegerField(db_default=0, default=0, help_text="Its place in the body."),
                        ),
                        ("version_of_measured_at", models.DateTimeField(blank=True, null=True)),
                        ("corrects_measured_at", models.DateTimeField(blank=True, null=True)),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "corrects",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.reading",
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.delivery",
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.device",
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="readings",
                                to="enrollment.enrollment",
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
                        (
                            "version_of",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="The first version, of what the sender named once.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.reading",
                            ),
                        ),
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("version_of__isnull", True), ("version_of_measured_at__isnull", True)),
                                    models.Q(("version_of__isnull", False), ("version_of_measured_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="reading_version_of_both",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("corrects__isnull", True), ("corrects_measured_at__isnull", True)),
                                    models.Q(("corrects__isnull", False), ("corrects_measured_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="reading_corrects_both",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("voided_at__isnull", True), ("voided_by__isnull", False), _connector="OR"
                                ),
                                fields=("device", "metric", "measured_at", "value", "value_2", "source_kind", "bounds"),
                                name="reading_once",
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["enrollment", "-measured_at"], name="reading_of_enrollment"),
                            models.Index(
                                condition=models.Q(("version_of__isnull", False)),
                                fields=["version_of"],
                                name="reading_versions",
                            ),
                            models.Index(
                                models.F("practice"),
                                django.db.models.functions.comparison.Coalesce("voided_at", "stored_at"),
                                models.F("id"),
                                name="reading_updated",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalAlert",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("clinical", "clinical"), ("adherence", "adherence")],
                                default="clinical",
                                max_length=10,
                            ),
                        ),
                        ("cause", models.CharField(max_length=60)),
                        ("reading_measured_at", models.DateTimeField(editable=False, null=True)),
                        ("part", models.PositiveSmallIntegerField(default=1)),
                        (
                            "severity",
                            models.CharField(
                                choices=[("critical", "critical"), ("high", "high"), ("low", "low")], max_length=10
                            ),
                        ),
                        ("value", models.DecimalField(decimal_places=2, max_digits=7)),
                        ("limit", models.DecimalField(decimal_places=2, max_digits=7)),
                        ("above", models.BooleanField()),
                        (
                            "description",
                            models.CharField(
                                blank=True,
                                help_text="The rule in words, if no single limit was broken.",
                                max_length=200,
                            ),
                        ),
                        ("count", models.PositiveIntegerField(default=1)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "open"),
                                    ("acknowledged", "acknowledged"),
                                    ("escalated", "escalated"),
                                    ("closed", "closed"),
                                ],
                                default="open",
                                max_length=12,
                            ),
                        ),
                        (
                            "level",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="0 the owner, 1 the backup, 2 on call."
                            ),
                        ),
                        ("due_at", models.DateTimeField(help_text="When it is escalated.", null=True)),
                        ("opened_at", models.DateTimeField()),
                        ("last_at", models.DateTimeField(help_text="When the latest value was measured.", null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "rule",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="monitoring.alertrule",
                            ),
                        ),
                        (
                            "reading",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="monitoring.reading",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical alert",
                        "verbose_name_plural": "historical alerts",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Breach",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reading_measured_at", models.DateTimeField()),
                        ("cause", models.CharField(max_length=60)),
                        (
                            "severity",
                            models.CharField(
                                choices=[("critical", "critical"), ("high", "high"), ("low", "low")], max_length=10
                            ),
                        ),
                        ("value", models.DecimalField(decimal_places=2, max_digits=7)),
                        ("limit", models.DecimalField(decimal_places=2, max_digits=7)),
                        (
                            "alert",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="breaches",
                                to="monitoring.alert",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "reading",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.reading",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "breaches",
                        "constraints": [models.UniqueConstraint(fields=("reading", "cause"), name="breach_once")],
                    },
                ),
                migrations.CreateModel(
                    name="ReadingDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("local_day", models.DateField()),
                        ("automatic", models.PositiveIntegerField(default=0)),
                        ("reported", models.PositiveIntegerField(default=0)),
                        ("typed", models.PositiveIntegerField(default=0)),
                        ("first_received_at", models.DateTimeField()),
                        (
                            "changed_at",
                            models.DateTimeField(
                                help_text="When the counts last changed, by the database's own clock."
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.device",
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reading_days",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("enrollment", "local_day", "device"), name="readingday_once"
                            )
                        ],
                        "indexes": [models.Index(fields=["practice", "local_day"], name="readingday_of_practice")],
                    },
                ),
                migrations.CreateModel(
                    name="RememberedFormat",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "header_digest",
                            models.CharField(help_text="Of the column names in their order.", max_length=64),
                        ),
                        ("choices", models.JSONField()),
                        ("chosen_at", models.DateTimeField()),
                        (
                            "chosen_by",
                            models.ForeignKey(
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
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "header_digest"), name="rememberedformat_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Review",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "conclusion",
                            models.CharField(
                                choices=[
                                    ("called", "called the patient"),
                                    ("medication", "medication changed"),
                                    ("limit", "limit changed"),
                                    ("expected", "expected for this patient"),
                                    ("device", "device problem"),
                                    ("emergency", "sent to emergency care"),
                                    ("read", "readings reviewed"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("note", models.TextField(blank=True)),
                        ("reviewed_to", models.DateTimeField()),
                        ("reviewed_at", models.DateTimeField()),
                        (
                            "alert",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
                                to="monitoring.alert",
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "reviewed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-reviewed_at"],
                    },
                ),
                migrations.CreateModel(
                    name="Source",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("name", models.CharField(max_length=60)),
                        ("shape", models.CharField(max_length=12)),
                        ("key_digest", models.CharField(max_length=64, unique=True)),
                        (
                            "weight_unit",
                            models.CharField(
                                blank=True,
                                choices=[("kg", "kilograms"), ("lb", "pounds")],
                                help_text="Of weights that come without a unit.",
                                max_length=2,
                            ),
                        ),
                        (
                            "temperature_unit",
                            models.CharField(
                                blank=True,
                                choices=[("Cel", "degrees Celsius"), ("[degF]", "degrees Fahrenheit")],
                                db_default="",
                                max_length=6,
                            ),
                        ),
                        (
                            "glucose_unit",
                            models.CharField(
                                blank=True,
                                choices=[("mg/dL", "mg/dL"), ("mmol/L", "mmol/L")],
                                db_default="",
                                max_length=6,
                            ),
                        ),
                        (
                            "per_minute",
                            models.PositiveIntegerField(
                                default=600,
                                help_text="Bodies processed at once in a minute; further ones are stored and wait for the worker.",
                            ),
                        ),
                        (
                            "allowed_networks",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=43),
                                blank=True,
                                default=list,
                                help_text="Networks (CIDR) from which the source may send; empty for any.",
                                size=None,
                            ),
                        ),
                        (
                            "signature_algorithm",
                            models.CharField(
                                blank=True,
                                choices=[("sha256", "HMAC-SHA256"), ("sha512", "HMAC-SHA512"), ("sha1", "HMAC-SHA1")],
                                max_length=6,
                            ),
                        ),
                        ("signature_header", models.CharField(blank=True, max_length=60)),
                        (
                            "signature_encoding",
                            models.CharField(
                                choices=[("hex", "hexadecimal"), ("base64", "Base64")], default="hex", max_length=6
                            ),
                        ),
                        ("signature_secret", models.TextField(blank=True)),
                        ("made_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "made_by",
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
                        (
                            "renews",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                help_text="The first source of the same sender, if this one replaced its key.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.source",
                            ),
                        ),
                        (
                            "revoked_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="SenderStatement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("vendor_system", models.CharField(blank=True, max_length=80)),
                        ("vendor_id", models.CharField(max_length=80)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("retracted", "taken back"),
                                    ("confirmed", "the same values, said again later"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("reading_measured_at", models.DateTimeField(null=True)),
                        (
                            "measured_at",
                            models.DateTimeField(help_text="Of the retracted reading, if it was sent.", null=True),
                        ),
                        ("amended", models.BooleanField(default=False)),
                        ("issued_at", models.DateTimeField(null=True)),
                        ("entry", models.PositiveIntegerField(help_text="Its place in the body.")),
                        ("made_at", models.DateTimeField()),
                        (
                            "applied_at",
                            models.DateTimeField(help_text="When a retraction was applied to its reading.", null=True),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.delivery",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "reading",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.reading",
                            ),
                        ),
                        (
                            "sender",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.source",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reading__isnull", True), ("reading_measured_at__isnull", True)),
                                    models.Q(("reading__isnull", False), ("reading_measured_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="senderstatement_reading_both",
                            ),
                            models.UniqueConstraint(
                                fields=("delivery", "entry", "vendor_id", "kind"), name="senderstatement_once"
                            ),
                        ],
                        "indexes": [models.Index(fields=["sender", "vendor_id"], name="senderstatement_by_name")],
                    },
                ),
                migrations.CreateModel(
                    name="Standing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("last_reading_at", models.DateTimeField(null=True)),
                        ("last_metric", models.CharField(blank=True, max_length=20)),
                        ("last_value", models.DecimalField(decimal_places=2, max_digits=7, null=True)),
                        ("last_value_2", models.DecimalField(decimal_places=2, max_digits=7, null=True)),
                        ("last_bounds", models.CharField(db_default="", default="", max_length=8)),
                        ("open_critical", models.PositiveIntegerField(default=0)),
                        ("open_high", models.PositiveIntegerField(default=0)),
                        ("open_low", models.PositiveIntegerField(default=0)),
                        ("open_adherence", models.PositiveIntegerField(default=0)),
                        ("reviewed_to", models.DateTimeField(null=True)),
                        (
                            "enrollment",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="standing",
                                to="enrollment.enrollment",
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
                        "indexes": [
                            models.Index(fields=["practice", "-open_critical", "-open_high"], name="standing_by_alerts")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Threshold",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                        (
                            "part",
                            models.PositiveSmallIntegerField(
                                choices=[(1, "first value"), (2, "second value")], default=1
                            ),
                        ),
                        ("low", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                        ("high", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                        ("critical_low", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                        ("critical_high", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                        (
                            "unit",
                            models.CharField(
                                blank=True, help_text="lb or [degF]; empty for the metric's own unit.", max_length=8
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="thresholds",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "set_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("enrollment", "metric", "part"), name="threshold_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("low__isnull", True),
                                    ("high__isnull", True),
                                    ("low__lt", models.F("high")),
                                    _connector="OR",
                                ),
                                name="threshold_low_below_high",
                                violation_error_message="The low limit must be below the high one.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("unit", ""),
                                    models.Q(("metric", "weight"), ("unit", "lb")),
                                    models.Q(("metric", "temperature"), ("unit", "[degF]")),
                                    _connector="OR",
                                ),
                                name="threshold_unit_of_its_metric",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LimitProposal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
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
                        ("current_limit", models.DecimalField(decimal_places=2, max_digits=7)),
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
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="limit_proposals",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "made_by",
                            models.ForeignKey(
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
                        (
                            "threshold",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.threshold",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("decided_at__isnull", True)),
                                fields=("threshold", "bound"),
                                name="limitproposal_one_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UnmatchedReading",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12)),
                        ("serial", models.CharField(blank=True, max_length=60)),
                        ("payload", models.JSONField()),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("unknown_device", "no device with this serial number in the practice"),
                                    ("not_assigned", "the device was with nobody at that time"),
                                    ("whose", "a shared device: whose reading is it?"),
                                    ("future", "measured more than five minutes in the future"),
                                    ("impossible", "a value no living person has"),
                                    ("unknown_unit", "a unit or device range that is not known for this measure"),
                                    ("unreadable", "a part is missing or not understood"),
                                    ("same_name", "the sender's identifier names two measurements; both are kept"),
                                    (
                                        "voided_here",
                                        "a person of the practice voided this reading before the sender changed it",
                                    ),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("message", models.CharField(blank=True, max_length=200)),
                        ("received_at", models.DateTimeField()),
                        ("resolved_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "resolution",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("placed", "placed when it was tried again"),
                                    ("set_aside", "dismissed by a person"),
                                    ("taken_back", "taken back by the sender"),
                                ],
                                max_length=10,
                                null=True,
                            ),
                        ),
                        ("resolution_note", models.CharField(blank=True, max_length=300, null=True)),
                        (
                            "digest",
                            models.CharField(
                                help_text="Makes it wait once; includes the delivery if it was sent again.",
                                max_length=90,
                            ),
                        ),
                        ("vendor_system", models.CharField(blank=True, max_length=80)),
                        ("vendor_id", models.CharField(blank=True, max_length=80)),
                        ("issued_at", models.DateTimeField(null=True)),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unmatched",
                                to="monitoring.delivery",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "resolved_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("public_id",), name="unmatched_public_id"),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("resolved_at__isnull", True), ("resolution", "set_aside"), _connector="OR"
                                ),
                                fields=("practice", "digest"),
                                name="unmatched_once",
                            ),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("vendor_id", ""), _negated=True),
                                fields=["practice", "vendor_id"],
                                name="unmatched_by_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PersonChoice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("digest", models.CharField(max_length=64)),
                        ("chosen_at", models.DateTimeField()),
                        (
                            "chosen_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "unmatched",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="person_choices",
                                to="monitoring.unmatchedreading",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["practice", "digest"], name="personchoice_by_digest")],
                    },
                ),
                migrations.CreateModel(
                    name="ClockCorrection",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("digest", models.CharField(max_length=64)),
                        ("measured_at", models.DateTimeField()),
                        ("reason", models.CharField(max_length=300)),
                        ("corrected_at", models.DateTimeField()),
                        (
                            "corrected_by",
                            models.ForeignKey(
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
                        (
                            "unmatched",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="corrections",
                                to="monitoring.unmatchedreading",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["practice", "digest"], name="clockcorrection_by_digest")],
                    },
                ),
                migrations.CreateModel(
                    name="VendorAccount",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="accounts",
                                to="monitoring.source",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("source", "account"), name="vendoraccount_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VendorReading",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("vendor_system", models.CharField(blank=True, max_length=80)),
                        ("vendor_id", models.CharField(max_length=80)),
                        ("reading_measured_at", models.DateTimeField()),
                        ("entry", models.PositiveIntegerField(help_text="Its place in that body.", null=True)),
                        (
                            "delivery",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                help_text="The body with this name, if the reading was stored before with another name or none.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.delivery",
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
                        (
                            "reading",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="names",
                                to="monitoring.reading",
                            ),
                        ),
                        (
                            "sender",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="monitoring.source",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("reading", "sender", "vendor_id", "vendor_system"), name="vendorreading_once"
                            )
                        ],
                        "indexes": [models.Index(fields=["sender", "vendor_id"], name="vendorreading_by_name")],
                    },
                ),
                migrations.CreateModel(
                    name="Watch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
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
                        (
                            "backup",
                            models.ForeignKey(
                                blank=True,
                                help_text="Notified if the owner does not answer in time; empty means the supervising provider.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "first",
                            models.ForeignKey(
                                blank=True,
                                help_text="Owns an alert if nobody looks after the patient by name.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "on_call",
                            models.ForeignKey(
                                blank=True,
                                help_text="Notified last; empty means the billing provider.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
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
                        "verbose_name_plural": "watches",
                        "constraints": [
                            models.UniqueConstraint(fields=("practice",), name="watch_one_a_practice"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("critical_minutes__gte", 1),
                                    ("high_minutes__gte", 1),
                                    ("low_minutes__gte", 1),
                                    ("silent_days__gte", 1),
                                ),
                                name="watch_minutes_above_zero",
                                violation_error_message="Minutes and days are at least 1.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AlertObserver",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("since", models.DateTimeField()),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="alert_observers",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
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
                        "constraints": [
                            models.UniqueConstraint(fields=("enrollment", "member"), name="alertobserver_once")
                        ],
                    },
                ),
            ]
        ),
    ]
