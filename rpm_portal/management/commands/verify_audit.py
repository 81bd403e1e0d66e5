"""`manage.py verify_audit`: check the audit chain of every practice, or a signed file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rpm_portal.accounts.models import Practice
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link
from rpm_portal.audit.signed import check_against_heads, is_signature_valid


class Command(BaseCommand):
    """Checks each chain from its first event; ends with an error and the event's number if a chain is broken."""

    help = "Check the audit chain of every practice. A changed, missing or reordered event is named."

    def add_arguments(self, parser: CommandParser) -> None:
        """An exported file to check instead of the chains, or a file of heads to check them against."""
        parser.add_argument("--file", type=Path, help="check the signature under an exported audit.ndjson")
        parser.add_argument("--heads", type=Path, help="check the chains against heads that were kept elsewhere too")

    def handle(self, *args: object, **options: Any) -> None:
        """Print one line per practice. Raises CommandError if a chain is broken or cut, or a file was changed."""
        if options["file"] is not None:
            if not is_signature_valid(options["file"].read_bytes()):
                raise CommandError(f"{options['file']} is not as it left here.")
            self.stdout.write(f"{options['file']} is as it left here.")
            return
        if options["heads"] is not None:
            self._check_heads(options["heads"])
        broken = 0
        for practice in Practice.objects.order_by("pk"):
            number = first_broken_link(practice)
            count = Event.objects.filter(practice=practice).count()
            result = f"is intact over {count} events" if number is None else f"breaks at event {number} of {count}"
            broken += number is not None
            self.stdout.write(f"{practice.public_id}: the chain {result}")
        if broken:
            raise CommandError(f"{broken} chain{'' if broken == 1 else 's'} failed the check.")

    def _check_heads(self, file: Path) -> None:
        try:
            errors = check_against_heads(file.read_bytes())
        except ValueError as error:
            raise CommandError(str(error)) from None
        if errors:
            raise CommandError("; ".join(errors))
        self.stdout.write(f"{file}: every chain contains the last link of that time")
