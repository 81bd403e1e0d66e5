"""Calls with direction, number, who spoke and what comes next; addenda, texts to begin from, and what starts a clock."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.batch_operation import AtOnce
from rpm_portal.core.db.triggers import AppendOnly, SamePractice

OLD = AppendOnly("timetracking_call", marks=("voided_at", "void_reason"), free=("is_live",))


class Migration(migrations.Migration):
    """Columns and tables, and their promises."""

    dependencies = [
        ("accounts", "0002_signed_days"),
        ("enrollment", "0004_panels"),
        ("timetracking", "0007_presence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AtOnce(
            migrations.CreateModel(
                name="CallAddendum",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("text", models.TextField(max_length=4000)),
                    ("written_at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["written_at", "pk"],
                },
            ),
            migrations.CreateModel(
                name="CallTemplate",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "condition",
                        models.CharField(
                            blank=True, help_text="Offered first for it; empty: for everybody.", max_length=80
                        ),
                    ),
                    ("title", models.CharField(max_length=80)),
                    ("text", models.TextField(max_length=4000)),
                    ("offered", models.BooleanField(default=True)),
                ],
                options={
                    "ordering": ["title"],
                },
            ),
            migrations.CreateModel(
                name="HistoricalCallTemplate",
                fields=[
                    ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                    (
                        "condition",
                        models.CharField(
                            blank=True, help_text="Offered first for it; empty: for everybody.", max_length=80
                        ),
                    ),
                    ("title", models.CharField(max_length=80)),
                    ("text", models.TextField(max_length=4000)),
                    ("offered", models.BooleanField(default=True)),
                    ("history_id", models.AutoField(primary_key=True, serialize=False)),
                    ("history_date", models.DateTimeField(db_index=True)),
                    ("history_change_reason", models.CharField(max_length=100, null=True)),
                    (
                        "history_type",
                        models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                    ),
                ],
                options={
                    "verbose_name": "historical call template",
                    "verbose_name_plural": "historical call templates",
                    "ordering": ("-history_date", "-history_id"),
                    "get_latest_by": ("history_date", "history_id"),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name="HistoricalStartPolicy",
                fields=[
                    ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
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
                    (
                        "starts",
                        models.CharField(
                            choices=[
                                ("off", "nothing"),
                                ("ask", "offer to start it"),
                                ("automatic", "start it after five seconds"),
                            ],
                            default="off",
                            max_length=10,
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
                    "verbose_name": "historical start policy",
                    "verbose_name_plural": "historical start policies",
                    "ordering": ("-history_date", "-history_id"),
                    "get_latest_by": ("history_date", "history_id"),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name="StartPolicy",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
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
                    (
                        "starts",
                        models.CharField(
                            choices=[
                                ("off", "nothing"),
                                ("ask", "offer to start it"),
                                ("automatic", "start it after five seconds"),
                            ],
                            default="off",
                            max_length=10,
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "start policies",
                },
            ),
        ),
        AtOnce(
            migrations.AddField(
                model_name="call",
                name="direction",
                field=models.CharField(
                    choices=[("out", "We reached out"), ("in", "They reached us")], default="out", max_length=3
                ),
            ),
            migrations.AddField(
                model_name="call",
                name="interpreter",
                field=models.BooleanField(default=False),
            ),
            migrations.AddField(
                model_name="call",
                name="next_contact_on",
                field=models.DateField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name="call",
                name="number",
                field=models.CharField(blank=True, max_length=20),
            ),
            migrations.AddField(
                model_name="call",
                name="plan_changed",
                field=models.BooleanField(default=False),
            ),
            migrations.AddField(
                model_name="call",
                name="spoke_with",
                field=models.CharField(
                    blank=True, help_text="The caregiver's name; the patient is known.", max_length=120
                ),
            ),
            migrations.AddField(
                model_name="call",
                name="time_entry",
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="calls",
                    to="timetracking.timeentry",
                ),
            ),
            migrations.AddField(
                model_name="call",
                name="voided_by",
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AlterField(
                model_name="call",
                name="channel",
                field=models.CharField(
                    choices=[
                        ("phone", "phone"),
                        ("video", "video"),
                        ("sms", "text message"),
                        ("portal", "portal message"),
                        ("autocall", "automated voice"),
                    ],
                    max_length=8,
                ),
            ),
            migrations.AlterField(
                model_name="call",
                name="outcome",
                field=models.CharField(
                    choices=[
                        ("patient", "Spoke with the patient"),
                        ("caregiver", "Spoke with a caregiver"),
                        ("voicemail", "Left a voicemail"),
                        ("no_answer", "No answer"),
                        ("wrong_number", "Wrong number"),
                        ("refused", "Did not want to talk"),
                        ("sent", "Message sent"),
                        ("received", "Message received"),
                    ],
                    max_length=12,
                ),
            ),
            migrations.AddConstraint(
                model_name="call",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("voided_at__isnull", True),
                        models.Q(
                            ("void_reason__isnull", False),
                            ("voided_by__isnull", False),
                            models.Q(("void_reason", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="call_void_says_why",
                ),
            ),
            migrations.AddField(
                model_name="calladdendum",
                name="call",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="addenda", to="timetracking.call"
                ),
            ),
            migrations.AddField(
                model_name="calladdendum",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="calladdendum",
                name="written_by",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="calltemplate",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="historicalcalltemplate",
                name="history_user",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalcalltemplate",
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
                model_name="historicalstartpolicy",
                name="history_user",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalstartpolicy",
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
                model_name="startpolicy",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddConstraint(
                model_name="calltemplate",
                constraint=models.UniqueConstraint(fields=("practice", "title"), name="calltemplate_once"),
            ),
            migrations.AddConstraint(
                model_name="startpolicy",
                constraint=models.UniqueConstraint(fields=("practice", "role"), name="startpolicy_once"),
            ),
        ),
        SamePractice("timetracking_call", "time_entry_id", "timetracking_timeentry"),
        SamePractice("timetracking_calladdendum", "call_id", "timetracking_call"),
        AppendOnly("timetracking_calladdendum"),
        migrations.RunSQL(OLD.reverse_sql, OLD.sql),
        AppendOnly("timetracking_call", marks=("voided_at", "voided_by_id", "void_reason"), free=("is_live",)),
    ]
