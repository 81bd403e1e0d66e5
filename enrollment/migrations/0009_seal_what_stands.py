"""Seals the member ids that were kept in clear, and gives each its index."""

from typing import Any

from django.db import connection, migrations

from rpm_portal.core.db.encrypted_fields import blind, seal_text

AT_A_TIME = 5000


def seal_what_stands(*_: Any) -> None:
    """A row at a time is read, a batch is written; safe to run again."""
    with connection.cursor() as cursor:
        for table, indexed in (("enrollment_coverage", True), ("enrollment_historicalcoverage", False)):
            while True:
                cursor.execute(
                    f"SELECT practice_id, member_id, {'id' if indexed else 'history_id'} FROM {table} "
                    f"WHERE member_id <> '' AND member_id NOT LIKE 's1:%' LIMIT {AT_A_TIME}"
                )
                rows = cursor.fetchall()
                if indexed:
                    cursor.executemany(
                        "UPDATE enrollment_coverage SET member_id = %s, member_index = %s WHERE id = %s",
                        [(seal_text(text), blind(practice, text), pk) for practice, text, pk in rows],
                    )
                else:
                    cursor.executemany(
                        "UPDATE enrollment_historicalcoverage SET member_id = %s WHERE history_id = %s",
                        [(seal_text(text), pk) for _, text, pk in rows],
                    )
                if len(rows) < AT_A_TIME:
                    break


class Migration(migrations.Migration):
    """The way back opens nothing: read the column through the portal."""

    dependencies = [("enrollment", "0008_sealed_member_ids")]

    operations = [migrations.RunPython(seal_what_stands, migrations.RunPython.noop)]
