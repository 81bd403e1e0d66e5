"""`manage.py check_restore`: whether a restored database is whole and can be read with this installation's keys."""

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max

from billing.models import CLOSED_STATES, MonthClose
from enrollment.models import Coverage
from rpm_portal.audit.models import Event
from rpm_portal.core.db.encrypted_fields import DecryptionFailed


class Command(BaseCommand):
    """Writes nothing. Run it with DATABASE_URL of the restored server and with the copy of the secrets."""

    help = "Check a restored database: audit chains, the last locked month of each practice, and the column keys."

    def handle(self, *args: object, **options: object) -> None:
        """Check, and print the moment of the newest audit event. Raises CommandError at the first fault."""
        call_command("verify_audit", stdout=self.stdout)
        months = MonthClose.objects.filter(state__in=CLOSED_STATES).values("practice__public_id")
        for row in months.annotate(last=Max("month")).order_by("practice__public_id"):
            call_command("verify_close", row["practice__public_id"], f"{row['last']:%Y-%m}", stdout=self.stdout)
        try:
            opened = sum(bool(coverage.member_id) for coverage in Coverage.objects.order_by("-pk")[:100])
        except DecryptionFailed as error:
            raise CommandError(str(error)) from None
        newest = Event.objects.aggregate(at=Max("at"))["at"]
        self.stdout.write(f"{opened} member IDs were read. The newest audit event is of {newest or 'no moment'}.")
