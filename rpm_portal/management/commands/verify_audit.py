"""Check every practice's audit chain: `manage.py verify_audit`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rpm_portal.accounts.models import Practice
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link
from rpm_portal.audit.signed import against_heads, signature_holds


class Command(BaseCommand):
    """Walks each chain from its first event; ends with an error where one does not hold, naming the event."""

    help = "Check the audit chain of every practice. A changed, missing or reordered event is named."

    def add_arguments(self, parser: CommandParser) -> None:
        """A file that left, instead of the chains."""
        parser.add_argument("--file", type=Path, help="check the signature under an exported audit.ndjson")
        parser.add_argument("--heads", type=Path, help="check the chains against heads that were kept elsewhere too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line a practice. Raises CommandError where a chain is broken or cut, or a file was changed."""
        if options["file"] is not None:
            if not signature_holds(options["file"].read_bytes()):
                raise CommandError(f"{options['file']} is not as it left here.")
            self.stdout.write(f"{options['file']} is as it left here.")
            return
        if options["heads"] is not None:
            self._against(options["heads"])
        broken = 0
        for practice in Practice.objects.order_by("pk"):
            found = first_broken_link(practice)
            count = Event.objects.filter(practice=practice).count()
            said = f"holds over {count} events" if found is None else f"breaks at event {found} of {count}"
            broken += found is not None
            self.stdout.write(f"{practice.public_id}: the chain {said}")
        if broken:
            raise CommandError(f"{broken} chain{'' if broken == 1 else 's'} did not hold.")

    def _against(self, file: Path) -> None:
        try:
            wrong = against_heads(file.read_bytes())
        except ValueError as error:
            raise CommandError(str(error)) from None
        if wrong:
            raise CommandError("; ".join(wrong))
        self.stdout.write(f"{file}: every chain holds the link it ended with then")
