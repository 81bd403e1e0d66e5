"""Write the description of the devices' door, as it is published in docs/openapi.json."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from monitoring.views.api import api


class Command(BaseCommand):
    """Print the OpenAPI description."""

    help = "Print the OpenAPI description of the devices' door."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it, with its keys in order."""
        self.stdout.write(json.dumps(api.get_openapi_schema(path_prefix="/api/"), indent=1, sort_keys=True))
