"""Bring every sealed column under the first key: `manage.py reseal_columns`."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, models, transaction

from rpm_portal.core.db.encrypted_fields import SealedTextField, current_prefix, open_text, seal_text

AT_A_TIME = 1000


class Command(BaseCommand):
    """Safe to run while the portal serves and to run again; a row is locked for a moment."""

    help = "Seal anew, under the first of PORTAL_COLUMN_KEYS, what older keys sealed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line a column."""
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, SealedTextField):
                    self.stdout.write(f"{model._meta.db_table}.{field.column}: {self._reseal(model, field.attname)}")

    def _reseal(self, model: type[models.Model], column: str) -> int:
        table, key = model._meta.db_table, model._meta.pk.column
        done = 0
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                # Our own names of tables and columns.
                cursor.execute(
                    f'SELECT "{key}", "{column}" FROM "{table}" '  # noqa: S608
                    f'WHERE "{column}" LIKE %s AND "{column}" NOT LIKE %s ORDER BY "{key}" LIMIT %s FOR UPDATE',
                    ["s1:%", current_prefix() + "%", AT_A_TIME],
                )
                rows = cursor.fetchall()
                cursor.executemany(
                    f'UPDATE "{table}" SET "{column}" = %s WHERE "{key}" = %s',  # noqa: S608
                    [(seal_text(open_text(value)), pk) for pk, value in rows],
                )
            done += len(rows)
            if len(rows) < AT_A_TIME:
                return done
