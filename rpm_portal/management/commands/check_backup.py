"""`manage.py check_backup FILE`: restore a backup into a scratch database and compare the counts."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rpm_portal.ops.backups import check_backup
from rpm_portal.ops.encrypted_files import parse_key
from rpm_portal.ops.pg_programs import BackupFailed


class Command(BaseCommand):
    """Does not change the running database; the scratch database is always dropped."""

    help = "Restore a backup into a scratch database, count every table and compare the audit chains' ends."

    def add_arguments(self, parser: CommandParser) -> None:
        """The backup file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, file: Path, **options: object) -> None:
        """Check and print the result. Raises CommandError if anything differs."""
        try:
            with file.open("rb") as backup:
                checked = check_backup(backup, key=parse_key(settings.BACKUP_KEY))
        except (ValueError, BackupFailed, OSError) as error:
            raise CommandError(str(error)) from None
        if checked.differs:
            raise CommandError("; ".join(checked.differs))
        counted = f"{checked.rows} rows of {checked.tables} tables, as they were counted"
        self.stdout.write(f"The backup of {checked.made_at} restores: {counted}.")
