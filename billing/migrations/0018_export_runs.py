"""Files of many claims are asked for and written by the worker."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import AppendOnly, SamePractice

_SHAPES = [("837p", "837P"), ("csv", "CSV"), ("1500", "CMS-1500"), ("fhir", "FHIR Claim")]


def _to(model: str, related: str = "+", **more: object) -> models.ForeignKey:
    told = {"db_constraint": False, "db_index": False} | more
    return models.ForeignKey(to=model, on_delete=django.db.models.deletion.PROTECT, related_name=related, **told)


class Migration(migrations.Migration):
    """A wish is written once; its end is set once."""

    dependencies = [("accounts", "0008_single_sign_on"), ("billing", "0017_rests_on_its_decision")]

    operations = [
        migrations.CreateModel(
            name="ExportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(
                    default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True)),
                ("shape", models.CharField(choices=_SHAPES, max_length=8)),
                ("chosen", django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=12), help_text="The claims, by their public ids.", size=None)),
                ("again", models.BooleanField(default=False, help_text="Send again what was sent already.")),
                ("asked_at", models.DateTimeField()),
                ("rung_at", models.DateTimeField(help_text="When the worker was last told of it.")),
                ("done_at", models.DateTimeField(null=True)),
                ("said", models.CharField(blank=True, help_text="Why there is no file.", max_length=400)),
                ("asked_by", _to("accounts.membership")),
                ("close", _to("billing.monthclose", "export_runs", db_index=True)),
                ("export", _to("billing.export", null=True)),
                ("practice", _to("accounts.practice")),
            ],
            options={
                "ordering": ["-asked_at", "-pk"],
                "constraints": [models.UniqueConstraint(
                    condition=models.Q(("done_at__isnull", True)), fields=("close",), name="exportrun_one_waits_a_month")],
            },
        ),
        SamePractice("billing_exportrun", "close_id", "billing_monthclose"),
        SamePractice("billing_exportrun", "asked_by_id", "accounts_membership"),
        SamePractice("billing_exportrun", "export_id", "billing_export"),
        AppendOnly("billing_exportrun", ("done_at", "export_id"), ("rung_at", "said")),
    ]  # fmt: skip
