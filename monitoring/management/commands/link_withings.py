"""Command that links a patient's Withings account to a source, with the code of Withings' consent page."""

import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from monitoring.ingest.vendors.withings import VENDOR
from monitoring.intake.withings_pull import PullError, link
from monitoring.models import Source


class Command(BaseCommand):
    """Link a Withings account."""

    help = "Link a Withings account: the authorization code is read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Source, redirect address of the app, and the callback to subscribe."""
        parser.add_argument("source", help="the public id of the source, as in its address on the page Data sources")
        parser.add_argument("--redirect-uri", required=True, help="as registered with Withings")
        parser.add_argument("--callback", default="", help="the source's address with its key; subscribes the account")

    def handle(self, *args: object, source: str, redirect_uri: str, callback: str, **options: object) -> None:
        """Exchange the code for tokens and store them. Raises CommandError with what to do."""
        if not settings.WITHINGS_CLIENT_ID:
            raise CommandError("Set PORTAL_WITHINGS_CLIENT_ID and PORTAL_WITHINGS_CLIENT_SECRET first.")
        rows = Source.objects.filter(public_id=source, shape=VENDOR.shape, revoked_at__isnull=True)
        sender = rows.first()
        if sender is None:
            raise CommandError("There is no Withings source with this public id.")
        code = sys.stdin.readline().strip()
        if not code:
            raise CommandError("Write the authorization code to standard input.")
        try:
            row = link(
                sender,
                code=code,
                redirect_uri=redirect_uri,
                callback=callback,
                now=timezone.now(),
            )
        except PullError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Linked the account {row.account}.")
