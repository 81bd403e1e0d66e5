"""A device anchor is a fact of its enrollment's months: the database counts its changes."""

from django.db import migrations

from rpm_portal.pages.worklist.cache.invalidation_triggers import FACTS_SINCE, Moves


class Migration(migrations.Migration):
    """Triggers on the tables of facts that came after the first ones."""

    dependencies = [("worklist", "0008_alerted_in_order"), ("billing", "0020_facts_known_at")]

    operations = [Moves(table, leads) for table, leads in FACTS_SINCE.items()]
