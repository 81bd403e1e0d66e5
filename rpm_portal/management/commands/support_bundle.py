"""`manage.py support_bundle FILE`: what support needs to know about this installation, without data of patients."""

import os
import sys
import zipfile
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rpm_portal.ops.support.bundle import make_parts


class Command(BaseCommand):
    """Contains names of settings, never values; of the log, only texts that are in the product's source."""

    help = "Write a ZIP with versions, names of settings, readiness, migrations, counts, and a reduced log."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and the log to reduce."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--log", type=Path, help="a log of the portal, or - for standard input")

    def handle(self, *args: object, file: Path, log: Path | None, **options: object) -> None:
        """Write the file and print what is in it. Raises CommandError with what to correct."""
        try:
            lines = None if log is None else _lines_of(log)
            parts = make_parts(now=timezone.now(), environment=os.environ, log_lines=lines)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from None
        with os.fdopen(descriptor, "wb") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in parts.items():
                bundle.writestr(name, text)
        self.stdout.write(f"{file}: {', '.join(parts)}. Read it before you send it.")


def _lines_of(log: Path) -> list[str]:
    return sys.stdin.readlines() if str(log) == "-" else log.read_text(errors="replace").splitlines()
