"""Command that prints the page about the senders of readings, as published in docs/vendors.md."""

from django.core.management.base import BaseCommand

from monitoring.ingest.describe import vendors_page


class Command(BaseCommand):
    """Print the page about the senders of readings."""

    help = "Print the page docs/vendors.md from the registered vendors."

    def handle(self, *args: object, **options: object) -> None:
        """Print it."""
        self.stdout.write(vendors_page().rstrip())
