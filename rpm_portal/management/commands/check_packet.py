"""`manage.py check_packet FILE`: whether an evidence packet is signed and nothing in it was altered."""

import zipfile
from functools import partial
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.evidence.packet import verify
from billing.evidence.packet_keys import is_ours, is_signed_with


class Command(BaseCommand):
    """Checks signature and digests of the archive of one packet or of many. Exit code 1 if one differs."""

    help = "Check an evidence packet's signature and the digest of each file."

    def add_arguments(self, parser: CommandParser) -> None:
        """The archive, and the public key if another installation made it."""
        parser.add_argument("file", type=Path, help="the ZIP file")
        parser.add_argument(
            "--key", default="", help="public key as hexadecimal digits; without it, this installation's"
        )

    def handle(self, *args: object, file: Path, key: str, **options: object) -> None:
        """Print that all is unchanged, or raise CommandError with each difference."""
        is_signed = partial(is_signed_with, key.strip()) if key else is_ours
        try:
            differences = verify(file.read_bytes(), is_signed=is_signed)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from None
        except (zipfile.BadZipFile, ValueError, LookupError):
            raise CommandError(f"{file} is not the archive of a packet.") from None
        if differences:
            raise CommandError("\n".join(differences))
        self.stdout.write("Signed, and unchanged since it was made.")
