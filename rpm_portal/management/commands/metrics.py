"""`manage.py metrics`: serves metrics for Prometheus, as a process of its own."""

import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections
from django.utils import timezone

from rpm_portal.ops.metrics.exporter import FigureCollector, serve
from rpm_portal.ops.metrics.figures import ArchiveFolders, read_figures

EVERY_SECONDS = 15


class Command(BaseCommand):
    """Reads states and times of work, under a database role of `grant_rights ROLE --metrics`."""

    help = "Serve metrics for Prometheus: requests, waiting work, heartbeats, standbys and archives. No patient data."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and the folders of backups if they are on this machine."""
        parser.add_argument("--address", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=9108)
        parser.add_argument("--backups", type=Path, help="folder of the nightly backups")
        parser.add_argument("--log", type=Path, help="folder of the archived write-ahead log")

    def handle(
        self, *args: object, address: str, port: int, backups: Path | None, log: Path | None, **options: object
    ) -> None:
        """Serve until the process is ended. Raises CommandError if it cannot listen."""
        for folder in (backups, log):
            if folder and not folder.is_dir():
                raise CommandError(f"{folder} is not a folder.")
        collector, folders = FigureCollector(), ArchiveFolders(backups, log)
        collector.replace(read_figures(now=timezone.now(), folders=folders))
        try:
            serve(collector, address=address, port=port)
        except (OSError, ValueError) as error:
            raise CommandError(f"Metrics cannot be served on {address}:{port}: {error}") from None
        while True:
            time.sleep(EVERY_SECONDS)
            close_old_connections()
            collector.replace(read_figures(now=timezone.now(), folders=folders))
