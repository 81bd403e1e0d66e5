"""`manage.py confirm_email_change ID`: the operator confirms a change of a sign-in address."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rpm_portal.accounts import email_change as changes
from rpm_portal.accounts.email_change_model import ConfirmedBy
from rpm_portal.accounts.models import EmailChange
from rpm_portal.core.refusals import Refused


class Command(BaseCommand):
    """Confirm a change whose old mailbox can no longer be read."""

    help = "Confirm a change of a sign-in address in place of the old address; make sure first of who asks for it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The id of the change."""
        parser.add_argument("change", help="the id that the page Change sign-in address shows")

    def handle(self, *args: object, **options: object) -> None:
        """Apply the change and mail both addresses. Raises CommandError if it is not open."""
        change = EmailChange.objects.filter(public_id=options["change"]).first()
        if change is None:
            raise CommandError(f"There is no change of address {options['change']!r}.")
        try:
            change = changes.confirm_email_change(change=change, confirmed_by=ConfirmedBy.OPERATOR, now=timezone.now())
        except Refused as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"The sign-in address is now {change.new_email}.")
        if not changes.notify_both_addresses(change):
            self.stderr.write("A message to the old or the new address could not be sent; tell the person yourself.")
