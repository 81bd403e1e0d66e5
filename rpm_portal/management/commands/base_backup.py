"""`manage.py base_backup ARCHIVE`: put an encrypted copy of the whole server into the archive of its log."""

import subprocess
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from rpm_portal.core.clock import database_now
from rpm_portal.ops.encrypted_files import CHUNK_SIZE, parse_key
from rpm_portal.ops.log_archive import base_name, write_encrypted
from rpm_portal.ops.pg_programs import BackupFailed, pg_arguments, pg_environment, pg_program


class Command(BaseCommand):
    """The role needs REPLICATION. The copy is complete only together with the log that is written meanwhile."""

    help = "Write a copy of the whole database server, encrypted with PORTAL_BACKUP_KEY, into the archive of its log."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder of the archive."""
        parser.add_argument("archive", type=Path)

    def handle(self, *args: object, archive: Path, **options: object) -> None:
        """Write the copy and print its size. Raises CommandError with what to correct."""
        unfinished = archive / "unfinished_base"
        try:
            _copy_server(unfinished, parse_key(settings.BACKUP_KEY))
            connection.close()  # it was idle for as long as the copy took
            # The database's clock: a restore compares this moment with those of commits.
            target = unfinished.rename(archive / base_name(database_now()))
        except (ValueError, BackupFailed, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{target.name}: {target.stat().st_size} bytes.")


def _copy_server(target: Path, key: bytes) -> None:
    """Encrypt the output of pg_basebackup into a file. Raises BackupFailed."""
    server = pg_arguments("")[:-1]
    arguments = [pg_program("pg_basebackup"), *server, "-D", "-", "-F", "tar", "-X", "none", "-c", "fast"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=pg_environment()) as copy:  # noqa: S603
        output = copy.stdout
        assert output is not None  # noqa: S101 - stdout=PIPE
        write_encrypted(iter(lambda: output.read(CHUNK_SIZE), b""), target, key)
        message = copy.stderr.read().decode(errors="replace") if copy.stderr else ""
    if copy.returncode:
        target.unlink(missing_ok=True)
        raise BackupFailed(f"pg_basebackup ended with {copy.returncode}: {message[:300]}")
