"""`manage.py grant_rights ROLE`: grant the portal's database role its rights; run it as the owner."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rpm_portal.core.refusals import Refused
from rpm_portal.ops.db_grants import grant


class Command(BaseCommand):
    """Run it after every migration if the portal does not run as the owner of its tables."""

    help = "Give a database role what the portal needs, and take from it what would rewrite history."

    def add_arguments(self, parser: CommandParser) -> None:
        """The role."""
        parser.add_argument("role")

    def handle(self, *args: object, role: str, **options: object) -> None:
        """Grant and print the result. Raises CommandError for a role that is missing or has too many rights."""
        try:
            append_only_tables = grant(role)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{role} may read and write; from {len(append_only_tables)} tables it deletes nothing.")
