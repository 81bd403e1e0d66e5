"""`manage.py hand_over PRACTICE SYSTEM --to FOLDER --by EMAIL`: the file of what is new for a PM system."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from billing.ledger.hand_over import make_hand_over
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.accounts.services import practice_named
from rpm_portal.core.access import Permission, may
from rpm_portal.core.refusals import Refused


class Command(BaseCommand):
    """Exit code 1 if nothing is new, or the file cannot be written; then nothing counts as handed over."""

    help = "Write the ZIP of new charges, postings and remittances for a practice-management system."

    def add_arguments(self, parser: CommandParser) -> None:
        """The practice, the name of the system, the folder, and the person who hands over."""
        parser.add_argument("practice")
        parser.add_argument("system")
        parser.add_argument("--to", required=True, type=Path, help="an existing folder")
        parser.add_argument("--by", required=True, help="e-mail of a member who may send claims")

    @transaction.atomic
    def handle(self, *args: object, practice: str, system: str, to: Path, by: str, **options: object) -> None:
        """Write the file and print its name and sums."""
        member = _sender(practice, by)
        try:
            row = make_hand_over(system=system, by=member, now=timezone.now())
            target = to / f"hand-over-{row.number}-{row.public_id}.zip"
            with target.open("xb") as file:
                file.write(row.body)
        except (Refused, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{target.name}: {row.charges} charges {row.charges_total}, {row.postings} postings with payments of "
            f"{row.postings_total}, {row.remittances} remittances"
        )


def _sender(practice_name: str, email: str) -> Membership:
    try:
        practice = practice_named(practice_name)
    except Practice.DoesNotExist as error:
        raise CommandError(str(error)) from None
    rows = Membership.objects.filter(practice=practice, user__email__iexact=email, user__is_active=True)
    for row in rows.select_related("user", "practice"):
        if may(row.role, Permission.SEND_CLAIMS):
            return row
    raise CommandError(f"{email} is no member of this practice who may send claims.")
