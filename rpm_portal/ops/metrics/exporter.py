"""Serves the figures and the counts of requests in Prometheus' text format."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from rpm_portal.ops.metrics.figures import MetricSample
from rpm_portal.ops.metrics.request_metrics import FOLDER_VARIABLE

HELP = {
    "portal_part_up": "Whether database, cache and broker respond.",
    "portal_heartbeat_age_seconds": "Time since a worker of the queue ran beat's task.",
    "portal_clock_difference_seconds": "The database's clock minus this machine's.",
    "portal_close_parts_parked": "Parts of a month's computation that failed five times.",
    "portal_second_factor_failures_10m": "Wrong second factors and signature passwords in the last ten minutes.",
    "portal_audit_events": "Events of the audit history.",
    "portal_work_waiting": "Work that a worker should do now.",
    "portal_oldest_waiting_seconds": "How long the oldest of that work has waited.",
    "portal_standbys": "Synchronous or quorum standbys that receive the log.",
    "portal_replication_lag_seconds": "The longest time until a standby has applied a commit.",
    "portal_log_receivers": "Asynchronous receivers of the log, such as pg_receivewal.",
    "portal_backup_age_seconds": "Age of the newest nightly backup.",
    "portal_base_backup_age_seconds": "Age of the newest copy of the whole server.",
    "portal_log_archive_age_seconds": "Age of the newest archived log file.",
}


class FigureCollector(Collector):
    """Gives Prometheus the figures that were read last, so that a scrape waits for no database."""

    def __init__(self) -> None:
        self._figures: Sequence[MetricSample] = ()
        self._lock = threading.Lock()

    def replace(self, figures: Sequence[MetricSample]) -> None:
        """Set the figures of the next scrapes."""
        with self._lock:
            self._figures = tuple(figures)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures, grouped by metric."""
        with self._lock:
            figures = self._figures
        for name, help_text in HELP.items():
            rows = [figure for figure in figures if figure.name == name]
            if rows:
                yield _family(name, help_text, rows)


def _family(name: str, help_text: str, rows: Iterable[MetricSample]) -> GaugeMetricFamily:
    rows = list(rows)
    family = GaugeMetricFamily(name, help_text, labels=list(rows[0].labels))
    for row in rows:
        family.add_metric(list(row.labels.values()), row.value)
    return family


def make_registry(figures: FigureCollector) -> CollectorRegistry:
    """The figures, and the requests of the web processes if they write them into a folder."""
    registry = CollectorRegistry()
    registry.register(figures)
    if os.environ.get(FOLDER_VARIABLE):
        MultiProcessCollector(registry)
    return registry


def serve(figures: FigureCollector, *, address: str, port: int) -> None:
    """Answer scrapes in a thread of its own. Raises OSError if the port is taken, ValueError for a wrong folder."""
    start_http_server(port, addr=address, registry=make_registry(figures))
