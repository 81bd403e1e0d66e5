"""Command that prints the OpenAPI description of the readings API, as published in docs/openapi.json."""

import json

from django.core.management.base import BaseCommand

from monitoring.views.api import api


class Command(BaseCommand):
    """Print the OpenAPI description."""

    help = "Print the OpenAPI description of the readings API."

    def handle(self, *args: object, **options: object) -> None:
        """Print it with sorted keys."""
        self.stdout.write(json.dumps(api.get_openapi_schema(path_prefix="/api/"), indent=1, sort_keys=True))
