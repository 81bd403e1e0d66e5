"""What left and what came back stands sealed: claims, their files, answers and packets hold member ids.

A key that rotates rewrites a sealed column, so those columns are free of the promise that nothing is rewritten; the
digest beside each keeps it instead, and is looked at whenever the content is used (decision 10).
"""

import base64
import json

from django.db import connection, migrations, models

from billing.models.sending import content_digest
from rpm_portal.core.db.encrypted_fields import SealedBytesField, SealedJSONField, seal_text
from rpm_portal.core.db.triggers import AppendOnly

FILES = ("export", "remittance", "packetitem")


def _taken_away(table: str) -> migrations.RunSQL:
    """The promise that stood, to be made again with a column free of it."""
    stood = AppendOnly(table)
    return migrations.RunSQL(stood.reverse_sql, stood.sql)


def seal_what_stands(*_: object) -> None:
    """A row at a time: a file may be large."""
    with connection.cursor() as cursor:
        for name in FILES:
            table = f"billing_{name}"
            cursor.execute(f"SELECT id FROM {table} WHERE clear_body IS NOT NULL AND body IS NULL")
            for (pk,) in cursor.fetchall():
                cursor.execute(f"SELECT clear_body FROM {table} WHERE id = %s", [pk])
                body = seal_text(base64.b64encode(bytes(cursor.fetchone()[0])).decode())
                cursor.execute(f"UPDATE {table} SET body = %s WHERE id = %s", [body, pk])
        cursor.execute("SELECT content, id FROM billing_sentclaim WHERE content NOT LIKE 's1:%'")
        for text, pk in cursor.fetchall():
            content = json.loads(text or "{}")
            sealed = seal_text(json.dumps(content, sort_keys=True)) if content else ""
            cursor.execute(
                "UPDATE billing_sentclaim SET content = %s, digest = %s WHERE id = %s",
                [sealed, content_digest(content), pk],
            )


class Migration(migrations.Migration):
    """The way back would open what is sealed: it is refused."""

    dependencies = [("billing", "0011_raised_lines")]

    operations = [
        _taken_away("billing_export"),
        _taken_away("billing_remittance"),
        _taken_away("billing_sentclaim"),
        *(migrations.RenameField(name, "body", "clear_body") for name in FILES),
        *(migrations.AddField(name, "body", SealedBytesField(null=True)) for name in FILES),
        migrations.AlterField("SentClaim", "content", SealedJSONField()),
        migrations.AddField("SentClaim", "digest", models.CharField(max_length=64, default=""), preserve_default=False),
        migrations.RunPython(seal_what_stands),
        *(migrations.RemoveField(name, "clear_body") for name in FILES),
        migrations.AlterField("Export", "body", SealedBytesField()),
        migrations.AlterField("Remittance", "body", SealedBytesField()),
        AppendOnly("billing_export", free=("body",)),
        AppendOnly("billing_remittance", free=("body",)),
        AppendOnly("billing_sentclaim", free=("content",)),
    ]
