"""`manage.py load_rates PRACTICE FILE`: load a rate table from CSV into a practice, all of it or nothing."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.policies.rates import load_rates
from rpm_portal.accounts.models import Practice
from rpm_portal.accounts.services import practice_named
from rpm_portal.core.refusals import Refused


class Command(BaseCommand):
    """Load expected amounts; docs/rates_sample.csv shows the columns."""

    help = "Load a rate table (CSV with a source on every row) into a practice, named by its public id or name."

    def add_arguments(self, parser: CommandParser) -> None:
        """The practice and the file."""
        parser.add_argument("practice")
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, practice: str, file: Path, **options: object) -> None:
        """Load the rates. Raises CommandError with what is wrong; nothing is loaded then."""
        try:
            owner = practice_named(practice)
        except Practice.DoesNotExist as error:
            raise CommandError(str(error)) from None
        try:
            count = load_rates(practice=owner, text=file.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{file} cannot be read ({error.strerror}).") from None
        except (Refused, UnicodeDecodeError) as refusal:
            raise CommandError(f"Nothing was loaded. {refusal}") from None
        self.stdout.write(f"{count} rates loaded for {owner}.")
