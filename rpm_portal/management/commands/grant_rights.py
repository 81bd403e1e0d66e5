"""Give the portal's own database role its rights: `manage.py grant_rights portal_app`, as the owner."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rpm_portal.core.refusals import Refused
from rpm_portal.ops.db_grants import grant


class Command(BaseCommand):
    """Run after every migration where the portal does not run as the owner of its tables."""

    help = "Give a database role what the portal needs, and take from it what would rewrite history."

    def add_arguments(self, parser: CommandParser) -> None:
        """The role."""
        parser.add_argument("role")

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant and say what was kept back. Raises CommandError for a role that is missing or too mighty."""
        try:
            kept = grant(options["role"])
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{options['role']} may read and write; from {len(kept)} tables it deletes nothing.")
