"""`manage.py load_sample`: load the sample practice into an empty database."""

import time

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from rpm_portal.accounts.models import Practice
from rpm_portal.sample.people import PASSWORD, STAFF
from rpm_portal.sample.walk import Walk


class Command(BaseCommand):
    """Load the sample practice if the database has no practice yet."""

    help = "Load the sample practice (41 invented patients, four months) if there is no practice yet."

    def handle(self, *args: object, **options: object) -> None:
        """Load the sample, or print that there is nothing to do."""
        if Practice.objects.exists():
            self.stdout.write("A practice is here already; the sample is not loaded.")
            return
        started = time.monotonic()
        with transaction.atomic():
            Walk(now=timezone.now(), report=lambda message: self.stdout.write(f"  {message}")).go()
        self.stdout.write(f"Sample practice loaded in {time.monotonic() - started:.0f} s.")
        for email, *_ in STAFF.values():
            self.stdout.write(f"  {email} / {PASSWORD}")
