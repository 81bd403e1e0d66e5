"""`manage.py renew_seals`: sign the digests of locked months with the first of PORTAL_SEAL_KEYS."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.review.queries import locked_closes
from billing.seal.corrections import renew_digests
from rpm_portal.core.refusals import Refused


class Command(BaseCommand):
    """Afterwards the other keys can be removed. Safe to run again; exit code 1 if a month could not be signed."""

    help = "Sign again, with the first of PORTAL_SEAL_KEYS, the months that another key signed."

    def handle(self, *args: object, **options: object) -> None:
        """Sign each month, and print those that were refused."""
        renewed, refused = 0, 0
        for close in locked_closes():
            try:
                renewed += renew_digests(close, now=timezone.now())
            except Refused as refusal:
                refused += 1
                self.stderr.write(f"{close.practice.public_id} {close}: {refusal}")
        self.stdout.write(f"{renewed} months signed again.")
        if refused:
            raise CommandError(f"{refused} months were not signed.", returncode=1)
