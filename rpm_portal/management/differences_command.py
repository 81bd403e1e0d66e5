"""The base of commands that compare kept values with what they are derived from."""

from collections.abc import Iterable

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rpm_portal.accounts.models import Practice
from rpm_portal.accounts.services import practice_named


class DifferencesCommand(BaseCommand):
    """Exit code 1 if something differs. Writes nothing."""

    def differences(self, practice: Practice) -> Iterable[str]:
        """What differs in a practice, in sentences without patients' data."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        """One practice; all without it."""
        parser.add_argument("practice", nargs="?", default="")

    def handle(self, *args: object, practice: str, **options: object) -> None:
        """Compare, and print the differences."""
        try:
            practices = [practice_named(practice)] if practice else list(Practice.objects.all())
        except Practice.DoesNotExist as error:
            raise CommandError(str(error)) from None
        found = [sentence for row in practices for sentence in self.differences(row)]
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise CommandError(f"{len(found)} differences.", returncode=1)
        self.stdout.write("No difference.")
