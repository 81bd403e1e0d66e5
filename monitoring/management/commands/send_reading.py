"""Command that sends a reading as a vendor would, over HTTP, with a source's key."""

import json
import os
import urllib.error
import urllib.request
from typing import TypedDict, Unpack

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from monitoring.ingest.simulated import MetricNotSent, body_of, media_of, simulated_vendors
from monitoring.ingest.timestamps import from_iso


class _Options(TypedDict):
    """The options of the command."""

    vendor: str
    device: str
    metric: str
    values: list[float]
    at: str | None
    url: str
    key: str | None
    show: bool


class Command(BaseCommand):
    """Try out the readings API."""

    help = "Send a reading as a vendor would: send_reading --vendor telli --device 356938035643809 --values 152 91 70"

    def add_arguments(self, parser: CommandParser) -> None:
        """Vendor, device, metric, values, moment, and address."""
        parser.add_argument("--vendor", choices=list(simulated_vendors()), default="portal")
        parser.add_argument("--device", required=True, help="the serial number or IMEI")
        parser.add_argument("--metric", default="blood_pressure")
        parser.add_argument("--values", nargs="+", type=float, required=True)
        parser.add_argument("--at", help="a moment with its offset from UTC; now without it")
        parser.add_argument("--url", default="http://localhost:8000", help="where the portal is")
        parser.add_argument("--key", help="the source's key; else PORTAL_SOURCE_KEY, which no process list shows")
        parser.add_argument("--show", action="store_true", help="print the body and send nothing")

    def handle(self, *args: object, **options: Unpack[_Options]) -> None:
        """Build the body, send it, print the answer. Raises CommandError with what to do."""
        key = options["key"] or os.environ.get("PORTAL_SOURCE_KEY", "")
        try:
            at = from_iso(options["at"]) if options["at"] else timezone.now()
            first, second, third = [*options["values"], 0.0, 0.0][:3]
            address, body = body_of(
                options["vendor"],
                serial=options["device"],
                metric=options["metric"],
                values=(first, second, third),
                at=at,
            )
        except (MetricNotSent, ValueError) as error:
            raise CommandError(str(error)) from None
        media = media_of(options["vendor"])
        self._send(options, address.format(key=key), body, key, media)

    def _send(self, options: _Options, address: str, body: object, key: str, media: str) -> None:
        if options["show"]:
            self.stdout.write(body if isinstance(body, str) else json.dumps(body, indent=1))
            return
        if not key:
            raise CommandError("Give the source's key with --key, or in PORTAL_SOURCE_KEY.")
        if not options["url"].startswith(("http://", "https://")):
            raise CommandError("--url begins with http:// or https://.")
        request = urllib.request.Request(  # noqa: S310 - checked above
            options["url"].rstrip("/") + address,
            (body if isinstance(body, str) else json.dumps(body)).encode(),
            {"x-api-key": key, "Content-Type": media},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - checked above
                self.stdout.write(f"{answer.status} {answer.read().decode()}")
        except urllib.error.HTTPError as error:
            raise CommandError(f"{error.code} {error.read().decode()[:300]}") from None
        except OSError as error:
            raise CommandError(f"The portal could not be reached ({error}).") from None
