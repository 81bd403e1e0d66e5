"""`manage.py reseal_columns`: encrypt every encrypted column with the first key."""

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, models, transaction
from django.db.models import Value
from django.db.models.functions import Cast
from psycopg.errors import InsufficientPrivilege

from rpm_portal.core.db.encrypted_fields import EncryptedTextField, current_key_prefix, decrypt_text, encrypt_text

ROWS_PER_TRANSACTION = 1000


class Command(BaseCommand):
    """Run it as the owner of the tables, because the portal's role cannot change history.

    Safe to run again, and while the portal runs; each batch of rows is locked for a moment.
    """

    help = "Encrypt again, with the first of PORTAL_COLUMN_KEYS, what older keys encrypted."

    def handle(self, *args: object, **options: object) -> None:
        """Print one line per column. Raises CommandError under a role that may not change history."""
        try:
            self._encrypt_all_again()
        except ProgrammingError as error:
            if isinstance(error.__cause__, InsufficientPrivilege):
                raise CommandError("Run this command as the owner of the tables; what is done so far stays.") from None
            raise

    def _encrypt_all_again(self) -> None:
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, EncryptedTextField):
                    self.stdout.write(
                        f"{model._meta.db_table}.{field.column}: {self._encrypt_again(model, field.attname)}"
                    )

    def _encrypt_again(self, model: type[models.Model], column: str) -> int:
        prefix = current_key_prefix()
        # The stored text; the field itself would decrypt it.
        rows = model._base_manager.annotate(stored=Cast(column, models.TextField()))
        old = rows.filter(stored__startswith="s1:").exclude(stored__startswith=prefix).order_by("pk")
        done = 0
        while True:
            with transaction.atomic():
                batch = list(old.select_for_update().values_list("pk", "stored")[:ROWS_PER_TRANSACTION])
                for pk, stored in batch:
                    text = Value(encrypt_text(decrypt_text(stored)), output_field=models.TextField())
                    model._base_manager.filter(pk=pk).update(**{column: text})
            done += len(batch)
            if len(batch) < ROWS_PER_TRANSACTION:
                return done
