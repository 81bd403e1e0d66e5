"""`manage.py verify_close PRACTICE MONTH`: decide a closed month again and compare the result."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import MonthClose
from billing.seal.verify import verify
from rpm_portal.accounts.models import Practice
from rpm_portal.accounts.services import practice_named
from rpm_portal.core.days import Month


class Command(BaseCommand):
    """Exit code 1 if a line does not follow from its stored facts, or a row is not the one that was locked.

    Later facts are printed and are no error.
    """

    help = "Decide a closed month again from the facts kept with it, and name what changed since. Writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """The practice and the month."""
        parser.add_argument("practice")
        parser.add_argument("month", help="like 2026-10")

    def handle(self, *args: object, practice: str, month: str, **options: object) -> None:
        """Compare, and print the differences."""
        try:
            owner = practice_named(practice)
        except Practice.DoesNotExist as error:
            raise CommandError(str(error)) from None
        try:
            chosen = Month.parse(month)
        except ValueError as error:
            raise CommandError(str(error)) from None
        close = MonthClose.objects.filter(practice=owner, month=chosen.first_day, run__gt=0).first()
        if close is None:
            raise CommandError(f"{chosen.words} was never computed.")
        result = verify(close)
        self.stdout.write(result.sentence)
        for sentence in result.altered:
            self.stdout.write(sentence)
        for difference in result.differences:
            self.stdout.write(f"enrollment {difference.enrollment}: {difference.words}")
        if result.altered:
            raise CommandError("Stored rows of the month differ from those that were locked.", returncode=1)
        if not result.follows:
            raise CommandError("The lines of the month do not follow from the facts kept with them.", returncode=1)
