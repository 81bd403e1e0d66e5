"""Drafts of cards and files of patients stand sealed while they wait: they hold member ids."""

import base64
import json

from django.db import connection, migrations

import rpm_portal.core.db.encrypted_fields
from rpm_portal.core.db.encrypted_fields import seal_text


def seal_what_waits(*_: object) -> None:
    """The drafts and the files that wait, a row at a time; safe to run again."""
    with connection.cursor() as cursor:
        cursor.execute("""SELECT "values", id FROM enrollment_carddraft WHERE "values" NOT LIKE 's1:%'""")
        drafts = [(seal_text(text) if json.loads(text or "{}") else "", pk) for text, pk in cursor.fetchall()]
        cursor.executemany('UPDATE enrollment_carddraft SET "values" = %s WHERE id = %s', drafts)
        cursor.execute("SELECT clear_body, id FROM enrollment_panel WHERE clear_body IS NOT NULL AND body IS NULL")
        files = [(seal_text(base64.b64encode(bytes(body)).decode()), pk) for body, pk in cursor.fetchall()]
        cursor.executemany("UPDATE enrollment_panel SET body = %s WHERE id = %s", files)


class Migration(migrations.Migration):
    """The way back loses the files that wait to be committed: bring them in again."""

    dependencies = [("enrollment", "0009_seal_what_stands")]

    operations = [
        migrations.AlterField("CardDraft", "values", rpm_portal.core.db.encrypted_fields.SealedJSONField()),
        migrations.RenameField("Panel", "body", "clear_body"),
        migrations.AddField("Panel", "body", rpm_portal.core.db.encrypted_fields.SealedBytesField(null=True)),
        migrations.RunPython(seal_what_waits, migrations.RunPython.noop),
        migrations.RemoveField("Panel", "clear_body"),
    ]
