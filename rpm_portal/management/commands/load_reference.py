"""`manage.py load_reference`: add the product's texts and templates to every practice that lacks them."""

from django.core.management.base import BaseCommand

from enrollment.services import add_scripts
from monitoring.alerts.limits import add_conditions
from rpm_portal.accounts.models import Practice
from timetracking.calls.texts import add_call_templates
from timetracking.threads.templates import add_message_templates

REFERENCE_LOADERS = (add_scripts, add_conditions, add_call_templates, add_message_templates)


class Command(BaseCommand):
    """Add the product's texts to each practice; texts that a practice has changed are not touched."""

    help = "Add the product's consent scripts, condition templates and texts to every practice that lacks them."

    def handle(self, *args: object, **options: object) -> None:
        """Add the texts and print how many."""
        for practice in Practice.objects.order_by("pk"):
            scripts, conditions, texts, messages = (add(practice=practice, by=None) for add in REFERENCE_LOADERS)
            counts = f"{scripts} scripts, {conditions} conditions, {texts} call texts, {messages} message texts added"
            self.stdout.write(f"practice {practice.pk}: {counts}")
