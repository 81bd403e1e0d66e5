"""`manage.py backup FILE`: one moment of the whole database, sealed."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rpm_portal.ops.backups import BackupFailed, make_backup
from rpm_portal.ops.encrypted_files import key_of


class Command(BaseCommand):
    """Writes beside the file and moves it into place once it is whole: a half backup never has the name of one."""

    help = "Write a sealed backup of the whole database. The key is PORTAL_BACKUP_KEY; keep it apart from the file."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file to write."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, and say what is in it. Raises CommandError with what to mend."""
        file: Path = options["file"]
        if file.exists():
            raise CommandError(f"{file} is there already; a backup never takes another's place.")
        half = file.with_name(f"{file.name}.half")
        try:
            key = key_of(settings.BACKUP_KEY)
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
