"""Members who follow a patient's alerts without owning them."""

import django.db.models.deletion
from django.db import migrations, models

KEYS = """
ALTER TABLE monitoring_alertobserver ADD CONSTRAINT monitoring_alertobserver_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_alertobserver ADD CONSTRAINT monitoring_alertobserver_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alertobserver ADD CONSTRAINT monitoring_alertobserver_member_id_same_practice
  FOREIGN KEY (practice_id, member_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    """The table of observers, and its keys with the practice."""

    dependencies = [
        ("accounts", "0002_database"),
        ("enrollment", "0005_sent_orders"),
        ("monitoring", "0004_merge_0003_contact_tasks_0003_fhir"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertObserver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                "constraints": [models.UniqueConstraint(fields=("enrollment", "member"), name="alertobserver_once")],
            },
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
    ]
