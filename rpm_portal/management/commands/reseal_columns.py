"""`manage.py reseal_columns`: encrypt every encrypted column with the first key."""

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, models, transaction

from rpm_portal.core.db.encrypted_fields import EncryptedTextField, current_key_prefix, decrypt_text, encrypt_text

ROWS_PER_TRANSACTION = 1000


class Command(BaseCommand):
    """Safe to run again, and while the portal runs; each batch of rows is locked for a moment."""

    help = "Encrypt again, with the first of PORTAL_COLUMN_KEYS, what older keys encrypted."

    def handle(self, *args: object, **options: object) -> None:
        """Print one line per column."""
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, EncryptedTextField):
                    self.stdout.write(
                        f"{model._meta.db_table}.{field.column}: {self._encrypt_again(model, field.attname)}"
                    )

    def _encrypt_again(self, model: type[models.Model], column: str) -> int:
        table, key = model._meta.db_table, model._meta.pk.column
        done = 0
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                # Only names of our own tables and columns are formatted in.
                cursor.execute(
                    f'SELECT "{key}", "{column}" FROM "{table}" '  # noqa: S608
                    f'WHERE "{column}" LIKE %s AND "{column}" NOT LIKE %s ORDER BY "{key}" LIMIT %s FOR UPDATE',
                    ["s1:%", current_key_prefix() + "%", ROWS_PER_TRANSACTION],
                )
                rows = cursor.fetchall()
                cursor.executemany(
                    f'UPDATE "{table}" SET "{column}" = %s WHERE "{key}" = %s',  # noqa: S608
                    [(encrypt_text(decrypt_text(value)), pk) for pk, value in rows],
                )
            done += len(rows)
            if len(rows) < ROWS_PER_TRANSACTION:
                return done
