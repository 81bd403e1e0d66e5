"""`manage.py load_reference`: consent scripts and condition templates for every practice that lacks them."""

from typing import Any

from django.core.management.base import BaseCommand

from enrollment.services import add_scripts
from monitoring.limits import add_conditions
from rpm_portal.accounts.models import Practice


class Command(BaseCommand):
    """Give each practice the product's own texts; what a practice has changed stays as it is."""

    help = "Add the product's consent scripts and condition templates to every practice that lacks them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Add, and say how many."""
        for practice in Practice.objects.order_by("pk"):
            scripts, conditions = (add(practice=practice, by=None) for add in (add_scripts, add_conditions))
            self.stdout.write(f"practice {practice.pk}: {scripts} scripts, {conditions} conditions added")
