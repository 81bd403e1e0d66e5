"""`manage.py check_claim_states [PRACTICE]`: recompute the states of claims and name the differences."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.claims.check_states import state_differences
from rpm_portal.accounts.models import Practice
from rpm_portal.accounts.services import practice_named


class Command(BaseCommand):
    """Exit code 1 if something differs. Writes nothing."""

    help = "Compare the kept state of each submitted claim with the payers' answers."

    def add_arguments(self, parser: CommandParser) -> None:
        """One practice; all without it."""
        parser.add_argument("practice", nargs="?", default="")

    def handle(self, *args: object, practice: str, **options: object) -> None:
        """Compare, and print the differences without patients' data."""
        try:
            practices = [practice_named(practice)] if practice else list(Practice.objects.all())
        except Practice.DoesNotExist as error:
            raise CommandError(str(error)) from None
        found = [sentence for practice in practices for sentence in state_differences(practice)]
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise CommandError(f"{len(found)} differences.", returncode=1)
        self.stdout.write("No difference.")
