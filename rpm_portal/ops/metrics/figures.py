"""The figures of an installation: waiting work, heartbeats, clock, standbys, archives. Numbers, never rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.models import Count, F, Min, QuerySet, Sum
from redis.exceptions import RedisError

from billing.models import ChunkState, CloseChunk, CloseState, ExportRun, PacketItem
from monitoring.models import Alert, AlertState, Delivery, DeliveryState
from rpm_portal.accounts.models import FactorAttempt
from rpm_portal.audit.models import ChainHead
from rpm_portal.core import clock
from rpm_portal.ops.heartbeats import heartbeat_ages
from rpm_portal.ops.log_archive import BASE
from rpm_portal.ops.readiness import ask_broker

FACTOR_WINDOW = timedelta(minutes=10)
SENDERS = "pg_stat_get_wal_senders"  # a function of PostgreSQL


@dataclass(frozen=True, slots=True)
class MetricSample:
    """One value of a metric with its labels."""

    name: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArchiveFolders:
    """The folders of nightly backups and of the archived log on this machine; None if they are elsewhere."""

    backups: Path | None = None
    log: Path | None = None


def read_figures(*, now: datetime, folders: ArchiveFolders) -> list[MetricSample]:
    """All figures that can be read now. `portal_part_up` is 0 for database, cache or broker if it does not respond."""
    figures: list[MetricSample] = []
    for part, read in (("database", _of_database), ("cache", _of_cache), ("broker", _of_broker)):
        try:
            figures += [*read(now), MetricSample("portal_part_up", 1, {"part": part})]
        except (DatabaseError, RedisError, OSError):
            figures.append(MetricSample("portal_part_up", 0, {"part": part}))
    return [*figures, *_of_archives(folders, now)]


def _of_broker(now: datetime) -> list[MetricSample]:
    ask_broker()
    return []


def _of_cache(now: datetime) -> list[MetricSample]:
    return [
        MetricSample("portal_heartbeat_age_seconds", float("inf") if age is None else age, {"queue": queue})
        for queue, age in heartbeat_ages(now=now).items()
    ]


def _of_database(now: datetime) -> list[MetricSample]:
    clock.database_now()
    failures = FactorAttempt.objects.filter(at__gt=now - FACTOR_WINDOW, used_step=None).count()
    parked = CloseChunk.objects.filter(state=ChunkState.FAILED, run=F("close__run"), close__state=CloseState.COMPUTING)
    return [
        MetricSample("portal_clock_difference_seconds", clock.clock_difference().total_seconds()),
        MetricSample("portal_close_parts_parked", parked.count()),
        MetricSample("portal_second_factor_failures_10m", failures),
        MetricSample("portal_audit_events", ChainHead.objects.aggregate(sum=Sum("number"))["sum"] or 0),
        *_of_work(now),
        *_of_standbys(),
    ]


def _waiting_work(now: datetime) -> dict[str, tuple[QuerySet, str]]:
    """For each kind of background work: the rows that wait, and the field with the moment since when.

    Work that is due later, such as a retry, does not wait.
    """
    report_run = apps.get_model("reports", "ReportRun")  # pages are above this layer
    computing = CloseChunk.objects.filter(state=ChunkState.PENDING, close__state=CloseState.COMPUTING)
    return {
        "delivery": (Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now), "due_at"),
        "alert": (Alert.objects.exclude(state=AlertState.CLOSED).filter(due_at__lte=now), "due_at"),
        "close": (computing, "close__started_at"),
        "claim_file": (ExportRun.objects.filter(done_at=None), "asked_at"),
        "packet": (PacketItem.objects.filter(done_at=None), "run__asked_at"),
        "report": (report_run.objects.filter(done_at=None), "asked_at"),
    }


def _of_work(now: datetime) -> Iterator[MetricSample]:
    for kind, (rows, since) in _waiting_work(now).items():
        found = rows.order_by().aggregate(count=Count("pk"), oldest=Min(since))
        age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0
        yield MetricSample("portal_work_waiting", found["count"], {"kind": kind})
        yield MetricSample("portal_oldest_waiting_seconds", age, {"kind": kind})


def _of_standbys() -> Iterator[MetricSample]:
    """Standbys that receive the log, and the longest time until one has applied it. The role needs `pg_monitor`."""
    with connection.cursor() as cursor:
        cursor.callproc(SENDERS)
        names = [column.name for column in cursor.description or ()]
        senders = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    # pg_receivewal is asynchronous and applies nothing.
    standbys = [row for row in senders if row["state"] == "streaming" and row["sync_state"] != "async"]
    lags = [row["replay_lag"].total_seconds() for row in standbys if row["replay_lag"]]
    yield MetricSample("portal_standbys", len(standbys))
    yield MetricSample("portal_replication_lag_seconds", max(lags, default=0))
    yield MetricSample("portal_log_receivers", sum(row["state"] == "streaming" for row in senders) - len(standbys))


def _of_archives(folders: ArchiveFolders, now: datetime) -> Iterator[MetricSample]:
    """The age of the newest file of each kind; infinite if there is none."""
    if folders.backups:
        yield MetricSample("portal_backup_age_seconds", _age(folders.backups.glob("*.bak"), now))
    if folders.log:
        files = list(folders.log.glob("*.enc"))
        yield MetricSample(
            "portal_base_backup_age_seconds", _age([each for each in files if BASE.match(each.name)], now)
        )
        yield MetricSample(
            "portal_log_archive_age_seconds", _age([each for each in files if not BASE.match(each.name)], now)
        )


def _age(files: Iterable[Path], now: datetime) -> float:
    newest = max((file.stat().st_mtime for file in files), default=None)
    return float("inf") if newest is None else now.timestamp() - newest
