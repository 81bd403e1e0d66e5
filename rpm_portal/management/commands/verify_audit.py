"""Check every practice's audit chain: `manage.py verify_audit`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rpm_portal.accounts.models import Practice
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link


class Command(BaseCommand):
    """Walks each chain from its first event; ends with an error where one does not hold, naming the event."""

    help = "Check the audit chain of every practice. A changed, missing or reordered event is named."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line a practice. Raises CommandError where a chain is broken."""
        broken = 0
        for practice in Practice.objects.order_by("pk"):
            found = first_broken_link(practice)
            count = Event.objects.filter(practice=practice).count()
            said = f"holds over {count} events" if found is None else f"breaks at event {found} of {count}"
            broken += found is not None
            self.stdout.write(f"{practice.public_id}: the chain {said}")
        if broken:
            raise CommandError(f"{broken} chain{'' if broken == 1 else 's'} did not hold.")
