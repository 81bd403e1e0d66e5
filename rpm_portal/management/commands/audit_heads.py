"""`manage.py audit_heads > heads.ndjson`: print the heads of the audit chains."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from rpm_portal.audit.signed import signed_heads


class Command(BaseCommand):
    """Store the output on another machine; `verify_audit --heads` reads it."""

    help = "Write every audit chain's last link under a signature, to be kept on another machine."

    def handle(self, *args: object, **options: object) -> None:
        """Print the lines."""
        self.stdout.write(signed_heads(now=timezone.now()).decode(), ending="")
