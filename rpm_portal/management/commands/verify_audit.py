"""`manage.py verify_audit`: check the audit chain of every practice, or a signed file."""

from collections.abc import Callable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rpm_portal.accounts.models import Practice
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link
from rpm_portal.audit.signed import check_against_heads, check_against_minutes, is_signature_valid


class Command(BaseCommand):
    """Checks each chain from its first event; ends with an error and the event's number if a chain is broken."""

    help = "Check the audit chain of every practice. A changed, missing or reordered event is named."

    def add_arguments(self, parser: CommandParser) -> None:
        """An exported file to check instead of the chains, or a file of heads to check them against."""
        parser.add_argument("--file", type=Path, help="check the signature under an exported audit.ndjson")
        parser.add_argument("--heads", type=Path, help="check the chains against heads that were kept elsewhere too")
        parser.add_argument("--minutes", type=Path, help="the same with the file that gets a line each minute")

    def handle(
        self, *args: object, file: Path | None, heads: Path | None, minutes: Path | None, **options: object
    ) -> None:
        """Print one line per practice. Raises CommandError if a chain is broken or cut, or a file was changed."""
        if file is not None:
            if not is_signature_valid(file.read_bytes()):
                raise CommandError(f"{file} is not as it left here.")
            self.stdout.write(f"{file} is as it left here.")
            return
        for links, check in ((heads, check_against_heads), (minutes, check_against_minutes)):
            if links is not None:
                self._check_heads(links, check)
        broken = 0
        for practice in Practice.objects.order_by("pk"):
            number = first_broken_link(practice)
            count = Event.objects.filter(practice=practice).count()
            result = f"is intact over {count} events" if number is None else f"breaks at event {number} of {count}"
            broken += number is not None
            self.stdout.write(f"{practice.public_id}: the chain {result}")
        if broken:
            raise CommandError(f"{broken} chain{'' if broken == 1 else 's'} failed the check.")

    def _check_heads(self, file: Path, check: Callable[[bytes], list[str]]) -> None:
        try:
            errors = check(file.read_bytes())
        except ValueError as error:
            raise CommandError(str(error)) from None
        if errors:
            raise CommandError("; ".join(errors))
        self.stdout.write(f"{file}: every chain contains the last link of that time")
