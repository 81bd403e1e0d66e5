"""`manage.py grant_rights ROLE`: grant the portal's database role its rights; run it as the owner."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rpm_portal.core.refusals import Refused
from rpm_portal.ops.db_grants import grant, grant_metrics


class Command(BaseCommand):
    """Run it after every migration if the portal does not run as the owner of its tables."""

    help = "Give a database role what the portal needs, and take from it what would rewrite history."

    def add_arguments(self, parser: CommandParser) -> None:
        """The role, and whether it is the one of `manage.py metrics`."""
        parser.add_argument("role")
        parser.add_argument("--metrics", action="store_true", help="only what manage.py metrics reads")

    def handle(self, *args: object, role: str, metrics: bool, **options: object) -> None:
        """Grant and print the result. Raises CommandError for a role that is missing or has too many rights."""
        try:
            tables = grant_metrics(role) if metrics else grant(role)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        if metrics:
            self.stdout.write(f"{role} may read states and times of work in {len(tables)} tables, and nothing else.")
        else:
            self.stdout.write(f"{role} may read and write; from {len(tables)} tables it deletes nothing.")
