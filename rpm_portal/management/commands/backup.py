"""`manage.py backup FILE`: write an encrypted snapshot of the whole database."""

import os
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rpm_portal.ops.backups import make_backup
from rpm_portal.ops.encrypted_files import parse_key
from rpm_portal.ops.pg_programs import BackupFailed


class Command(BaseCommand):
    """Writes a temporary file and renames it when it is complete, so that FILE is never a partial backup."""

    help = "Write an encrypted backup of the whole database. The key is PORTAL_BACKUP_KEY; keep it apart from the file."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file to write."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, file: Path, **options: object) -> None:
        """Write the backup and print its size. Raises CommandError with what to correct."""
        if file.exists():
            raise CommandError(f"{file} is there already; a backup never takes another's place.")
        half = file.with_name(f"{file.name}.half")
        try:
            key = parse_key(settings.BACKUP_KEY)
            with half.open("wb") as out:
                contents = make_backup(out, key=key, now=timezone.now())
                out.flush()
                os.fsync(out.fileno())
        except (ValueError, BackupFailed, OSError) as error:
            half.unlink(missing_ok=True)
            raise CommandError(str(error)) from None
        half.rename(file)
        rows = sum(contents["rows"].values())
        self.stdout.write(f"{rows} rows of {len(contents['rows'])} tables in {file.stat().st_size} bytes.")
        self.stdout.write("A backup is one when it was restored: manage.py check_backup FILE")
