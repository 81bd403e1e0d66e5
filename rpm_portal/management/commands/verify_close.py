"""`manage.py verify_close PRACTICE MONTH`: decide a closed month again and say whether it is the same."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import MonthClose
from billing.seal.verify import verify
from rpm_portal.accounts.models import Practice
from rpm_portal.accounts.services import practice_named
from rpm_portal.core.days import Month


class Command(BaseCommand):
    """Exit 1 if a line does not follow from the facts kept with it; later facts are named and are no error."""

    help = "Decide a closed month again from the facts kept with it, and name what changed since. Writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """The practice and the month."""
        parser.add_argument("practice")
        parser.add_argument("month", help="like 2026-10")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, and say what differs."""
        try:
            practice = practice_named(options["practice"])
        except Practice.DoesNotExist as error:
            raise CommandError(str(error)) from None
        try:
            month = Month.parse(options["month"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        close = MonthClose.objects.filter(practice=practice, month=month.first_day, run__gt=0).first()
        if close is None:
            raise CommandError(f"{month.words} was never computed.")
        found = verify(close)
        self.stdout.write(found.sentence)
        for one in found.differences:
            self.stdout.write(f"enrollment {one.enrollment}: {one.words}")
        if not found.follows:
            raise CommandError("The lines of the month do not follow from the facts kept with them.", returncode=1)
