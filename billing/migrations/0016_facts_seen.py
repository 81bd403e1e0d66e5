"""A decision knows how often its facts had moved when they were read; a part can be decided anew on request."""

from django.db import migrations, models

from rpm_portal.core.db.triggers import AppendOnly

_BEFORE = AppendOnly("billing_keptdecision", ("replaced_in",))


class Migration(migrations.Migration):
    """Columns without a rewrite of the tables: both begin empty or false."""

    dependencies = [("billing", "0015_what_decided")]

    operations = [
        migrations.AddField("closechunk", "anew", models.BooleanField(
            default=False, help_text="Read and decide all of it, moved or not.")),
        migrations.AddField("keptdecision", "facts_seen", models.BigIntegerField(
            null=True, help_text="How often the facts had moved when they were read last; empty while their month ran.")),
        migrations.RunSQL(_BEFORE.reverse_sql, _BEFORE.sql),
        AppendOnly("billing_keptdecision", ("replaced_in",), ("facts_seen",)),
    ]  # fmt: skip
