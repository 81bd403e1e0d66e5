"""`manage.py ehr_check LINK`: print what is wrong with an EHR link."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from rpm_portal.fhir.ehr.check_link import problems_of
from rpm_portal.fhir.ehr.models import EhrLink


class Command(BaseCommand):
    """Requests the EHR's configuration, keys and CapabilityStatement. It cannot launch: that needs a person."""

    help = "Print what is wrong with an EHR link, one sentence each. Ends with 1 if there is anything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The link."""
        parser.add_argument("link", help="the id of the link, the last part of the address of its settings page")

    def handle(self, *args: object, **options: str) -> None:
        """Print the problems. Raises CommandError if there are any, or no such link."""
        link = EhrLink.objects.select_related("practice").filter(public_id=options["link"]).first()
        if link is None:
            raise CommandError(f"There is no EHR link {options['link']!r}.")
        problems = list(problems_of(link, now=timezone.now()))
        for sentence in problems:
            self.stdout.write(sentence)
        if problems:
            raise CommandError(f"{link.practice}, {link}: {len(problems)} found.")
        self.stdout.write(f"{link.practice}, {link}: nothing is wrong that can be seen without a launch.")
