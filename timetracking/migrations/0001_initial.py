"""The tables of timetracking."""

import django.contrib.postgres.constraints
import django.db.models.deletion
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
                    name="Call",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "direction",
                            models.CharField(
                                choices=[("out", "Outbound"), ("in", "Inbound")],
                                default="out",
                                max_length=3,
                            ),
                        ),
                        ("number", models.CharField(blank=True, max_length=20)),
                        (
                            "channel",
                            models.CharField(
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
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("patient", "Spoke with the patient"),
                                    ("caregiver", "Spoke with a caregiver"),
                                    ("voicemail", "Left a voicemail"),
                                    ("no_answer", "No answer"),
                                    ("wrong_number", "Wrong number"),
                                    ("refused", "Declined to talk"),
                                    ("sent", "Message sent"),
                                    ("received", "Message received"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("started_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField()),
                        (
                            "is_live",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Q(
                                    ("channel__in", ("phone", "video")),
                                    ("ended_at__gt", models.F("started_at")),
                                    ("outcome__in", ("patient", "caregiver")),
                                ),
                                output_field=models.BooleanField(),
                            ),
                        ),
                        (
                            "spoke_with",
                            models.CharField(
                                blank=True, help_text="The caregiver's name; the patient is known.", max_length=120
                            ),
                        ),
                        ("interpreter", models.BooleanField(default=False)),
                        ("plan_changed", models.BooleanField(default=False)),
                        ("next_contact_on", models.DateField(blank=True, null=True)),
                        ("showed", models.TextField(blank=True, verbose_name="what the readings showed")),
                        ("decided", models.TextField(blank=True, verbose_name="what was said and decided")),
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
                        ("logged_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=300, null=True)),
                        (
                            "called_by",
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
                                related_name="calls",
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
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "time_entry",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="calls",
                                to="timetracking.timeentry",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("ended_at__gte", models.F("started_at"))),
                                name="call_ends_after_it_starts",
                                violation_error_message="The call cannot end before it began.",
                            ),
                            models.CheckConstraint(
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
                        ],
                        "indexes": [models.Index(fields=["enrollment", "started_at"], name="call_of_enrollment")],
                    },
                ),
                migrations.CreateModel(
                    name="CallAddendum",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.TextField(max_length=4000)),
                        ("written_at", models.DateTimeField()),
                        (
                            "call",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="addenda",
                                to="timetracking.call",
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
                        "ordering": ["written_at", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalActivityName",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "activity",
                            models.CharField(
                                choices=[
                                    ("review", "Reviewing readings"),
                                    ("plan", "Adjusting the plan"),
                                    ("call", "Calling the patient"),
                                    ("caregiver", "Calling a caregiver"),
                                    ("message", "Messaging the patient"),
                                    ("coordinate", "Coordinating care"),
                                    ("educate", "Patient education"),
                                    ("document", "Documenting"),
                                    ("setup", "Setup and shipping"),
                                    ("support", "Technical support"),
                                    ("admin", "Insurance and scheduling"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("label", models.CharField(max_length=60)),
                        ("offered", models.BooleanField(default=True)),
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
                        "verbose_name": "historical activity name",
                        "verbose_name_plural": "historical activity names",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
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
                        "verbose_name": "historical start policy",
                        "verbose_name_plural": "historical start policies",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalTimePolicy",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "joint_work",
                            models.BooleanField(
                                default=False,
                                help_text="An entry then needs a reason, which stays on the entry.",
                                verbose_name="two people may work on one patient for two programs at once",
                            ),
                        ),
                        (
                            "time_approved",
                            models.BooleanField(
                                default=False,
                                help_text="A claim line is not locked while a time entry it depends on waits for approval.",
                                verbose_name="a second person approves time entries",
                            ),
                        ),
                        (
                            "day_limit_minutes",
                            models.PositiveSmallIntegerField(
                                default=600,
                                help_text="For people without a shift of their own. Nothing is refused.",
                                verbose_name="minutes a day after which a person's day is flagged",
                            ),
                        ),
                        (
                            "call_idle_minutes",
                            models.PositiveSmallIntegerField(
                                default=10,
                                help_text="A timer on a call without an answer is stopped at the last input.",
                                verbose_name="minutes of a call without input after which the portal asks",
                            ),
                        ),
                        (
                            "leaving",
                            models.CharField(
                                choices=[
                                    ("ask", "ask; without an answer the timer ends there"),
                                    ("end", "stop the timer"),
                                    ("nothing", "nothing"),
                                ],
                                default="ask",
                                max_length=8,
                                verbose_name="leaving the patient's pages",
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
                        "verbose_name": "historical time policy",
                        "verbose_name_plural": "historical time policies",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="TimeEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
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
                        ("program", models.CharField(max_length=3)),
                        (
                            "activity",
                            models.CharField(
                                choices=[
                                    ("review", "Reviewing readings"),
                                    ("plan", "Adjusting the plan"),
                                    ("call", "Calling the patient"),
                                    ("caregiver", "Calling a caregiver"),
                                    ("message", "Messaging the patient"),
                                    ("coordinate", "Coordinating care"),
                                    ("educate", "Patient education"),
                                    ("document", "Documenting"),
                                    ("setup", "Setup and shipping"),
                                    ("support", "Technical support"),
                                    ("admin", "Insurance and scheduling"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "proof",
                            models.CharField(
                                choices=[
                                    ("timer", "timer"),
                                    ("call", "call"),
                                    ("same_day", "entered the same day"),
                                    ("late", "entered late"),
                                    ("on_behalf", "entered on behalf"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("started_at", models.DateTimeField()),
                        ("stopped_at", models.DateTimeField(blank=True, null=True)),
                        ("seen_at", models.DateTimeField(blank=True, null=True)),
                        ("input_at", models.DateTimeField(blank=True, null=True)),
                        ("auto_closed_at", models.DateTimeField(blank=True, null=True)),
                        ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("joint_reason", models.CharField(blank=True, max_length=300)),
                        ("entered_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=300, null=True)),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="time_entries",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "entered_by",
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
                            "replaces",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replaced_by",
                                to="timetracking.timeentry",
                            ),
                        ),
                        (
                            "staff",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "voided_by",
                            models.ForeignKey(
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
                                    ("stopped_at__isnull", True),
                                    ("stopped_at__gt", models.F("started_at")),
                                    _connector="OR",
                                ),
                                name="timeentry_stops_after_it_starts",
                                violation_error_message="The end must come after the start.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("voided_at__isnull", True),
                                    models.Q(
                                        ("void_reason__isnull", False),
                                        ("voided_by__isnull", False),
                                        models.Q(("void_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="timeentry_void_says_why",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("stopped_at__isnull", True), ("voided_at__isnull", True)),
                                fields=("staff",),
                                name="timeentry_one_running_for_each_person",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("voided_at__isnull", True)),
                                expressions=[
                                    (
                                        models.Func(
                                            models.F("staff"),
                                            models.F("staff"),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "&&",
                                    ),
                                    (
                                        models.Func(
                                            models.F("started_at"), models.F("stopped_at"), function="tstzrange"
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="timeentry_no_overlap_for_a_person",
                                violation_error_message="This person was with a patient in that time already.",
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["enrollment", "started_at"], name="timeentry_of_enrollment"),
                            models.Index(fields=["practice", "started_at"], name="timeentry_of_practice"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TimeApproval",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("approved_at", models.DateTimeField()),
                        (
                            "approved_by",
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
                            "entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="approval",
                                to="timetracking.timeentry",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="TimePolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "joint_work",
                            models.BooleanField(
                                default=False,
                                help_text="An entry then needs a reason, which stays on the entry.",
                                verbose_name="two people may work on one patient for two programs at once",
                            ),
                        ),
                        (
                            "time_approved",
                            models.BooleanField(
                                default=False,
                                help_text="A claim line is not locked while a time entry it depends on waits for approval.",
                                verbose_name="a second person approves time entries",
                            ),
                        ),
                        (
                            "day_limit_minutes",
                            models.PositiveSmallIntegerField(
                                default=600,
                                help_text="For people without a shift of their own. Nothing is refused.",
                                verbose_name="minutes a day after which a person's day is flagged",
                            ),
                        ),
                        (
                            "call_idle_minutes",
                            models.PositiveSmallIntegerField(
                                default=10,
                                help_text="A timer on a call without an answer is stopped at the last input.",
                                verbose_name="minutes of a call without input after which the portal asks",
                            ),
                        ),
                        (
                            "leaving",
                            models.CharField(
                                choices=[
                                    ("ask", "ask; without an answer the timer ends there"),
                                    ("end", "stop the timer"),
                                    ("nothing", "nothing"),
                                ],
                                default="ask",
                                max_length=8,
                                verbose_name="leaving the patient's pages",
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
                        "verbose_name_plural": "time policies",
                        "constraints": [
                            models.UniqueConstraint(fields=("practice",), name="timepolicy_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("call_idle_minutes__range", (2, 58)), ("day_limit_minutes__range", (60, 1440))
                                ),
                                name="timepolicy_within_a_day",
                                violation_error_message="The day has 60 to 1440 minutes, a call without input 2 to 58.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Visit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("started_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField()),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=300, null=True)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="visits",
                                to="enrollment.patient",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "provider",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("ended_at__gt", models.F("started_at"))),
                                name="visit_ends_after_it_starts",
                                violation_error_message="A visit ends after it starts.",
                            )
                        ],
                        "indexes": [models.Index(fields=["patient", "started_at"], name="visit_of_patient")],
                    },
                ),
                migrations.CreateModel(
                    name="ActivityName",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "activity",
                            models.CharField(
                                choices=[
                                    ("review", "Reviewing readings"),
                                    ("plan", "Adjusting the plan"),
                                    ("call", "Calling the patient"),
                                    ("caregiver", "Calling a caregiver"),
                                    ("message", "Messaging the patient"),
                                    ("coordinate", "Coordinating care"),
                                    ("educate", "Patient education"),
                                    ("document", "Documenting"),
                                    ("setup", "Setup and shipping"),
                                    ("support", "Technical support"),
                                    ("admin", "Insurance and scheduling"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("label", models.CharField(max_length=60)),
                        ("offered", models.BooleanField(default=True)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "activity"), name="activityname_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CallTemplate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
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
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["title"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "title"), name="calltemplate_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DaySignature",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("number", models.PositiveSmallIntegerField(db_default=1, default=1)),
                        ("signed_as", models.CharField(max_length=200)),
                        ("statement", models.TextField()),
                        ("signed_at", models.DateTimeField()),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "staff",
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
                                fields=("practice", "staff", "day", "number"), name="daysignature_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MonthLock",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("month", models.DateField(help_text="The first day of the month.")),
                        ("zone", models.CharField(max_length=64)),
                        ("locked_at", models.DateTimeField()),
                        (
                            "locked_by",
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
                        "constraints": [models.UniqueConstraint(fields=("practice", "month"), name="monthlock_once")],
                    },
                ),
                migrations.CreateModel(
                    name="MonthTotal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("month", models.DateField(help_text="The first day of the month.")),
                        ("provider_seconds", models.PositiveIntegerField(default=0)),
                        ("staff_seconds", models.PositiveIntegerField(default=0)),
                        ("live_contacts", models.PositiveIntegerField(default=0)),
                        ("last_live_on", models.DateField(null=True)),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="month_totals",
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
                        "constraints": [
                            models.UniqueConstraint(fields=("enrollment", "month"), name="monthtotal_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StartPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
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
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "start policies",
                        "constraints": [models.UniqueConstraint(fields=("practice", "role"), name="startpolicy_once")],
                    },
                ),
            ]
        ),
    ]
