"""A claim line moves the facts of other months only by what it bills and whether it stands; counting is cheap."""

from django.db import migrations

from rpm_portal.pages.worklist.cache.invalidation_triggers import FACTS, LINES_THAT_COUNT, ROOM, Moves

_BEFORE = Moves("billing_claimline", FACTS["billing_claimline"])


class Migration(migrations.Migration):
    """The function is replaced; its trigger stays."""

    dependencies = [("worklist", "0002_promises"), ("billing", "0016_facts_seen")]

    operations = [
        migrations.RunSQL(
            LINES_THAT_COUNT,
            [f"DROP TRIGGER worklist_billing_claimline_{event} ON billing_claimline; "
             f"DROP FUNCTION worklist_billing_claimline_{event}();" for event in ("insert", "update", "delete")]
            + [_BEFORE.sql],
        ),
        migrations.RunSQL(ROOM, "ALTER TABLE worklist_kept RESET (fillfactor);"),
    ]  # fmt: skip
