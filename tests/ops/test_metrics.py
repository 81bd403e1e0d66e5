"""Metrics: figures of waiting work, the role that reads them, and counts of requests without anything of a patient."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from redis.exceptions import ConnectionError as CacheIsAway

from monitoring.models import Delivery
from rpm_portal.core import clock
from rpm_portal.ops.db_grants import grant_metrics
from rpm_portal.ops.heartbeats import note_heartbeat
from rpm_portal.ops.log_archive import base_name
from rpm_portal.ops.metrics import figures as figures_module
from rpm_portal.ops.metrics.exporter import HELP, FigureCollector
from rpm_portal.ops.metrics.figures import ArchiveFolders, MetricSample, read_figures
from rpm_portal.ops.metrics.request_metrics import FOLDER_VARIABLE, RequestMetricsMiddleware
from rpm_portal.ops.table_rights import METRICS_COLUMNS
from tests.billing.close.test_close import compute
from tests.builders import days
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for
from tests.ops.test_slow_clients import free_port, running
from tests.roles import columns_of

METRICS_ROLE = "portal_metrics_test"
NAME = "Zzyzxpatient"
EVERY_LABEL = re.compile(r'(\w+)="([^"]*)"')


@pytest.fixture
def metrics_role(world):
    """A world whose connection uses the role of `grant_rights --metrics`."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {METRICS_ROLE}")
        grant_metrics(METRICS_ROLE)
        cursor.execute(f"SET LOCAL ROLE {METRICS_ROLE}")
    yield world
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def values(found, name):
    """The values of a metric by its label."""
    return {next(iter(each.labels.values()), ""): each.value for each in found if each.name == name}


def read(now=None, **folders):
    return read_figures(now=now or timezone.now(), folders=ArchiveFolders(**folders))


def test_a_portal_without_waiting_work_reports_zeros(world):
    found = read()

    assert values(found, "portal_part_up") == {"database": 1, "cache": 1, "broker": 1}
    kinds = {"delivery": 0, "alert": 0, "close": 0, "claim_file": 0, "packet": 0, "report": 0}
    assert values(found, "portal_work_waiting") == values(found, "portal_oldest_waiting_seconds") == kinds
    assert values(found, "portal_heartbeat_age_seconds") == {"work": float("inf"), "batches": float("inf")}
    assert values(found, "portal_standbys") == {"": 0}
    assert {each.name for each in found} | {
        "portal_backup_age_seconds",
        "portal_base_backup_age_seconds",
        "portal_log_archive_age_seconds",
    } == set(HELP)


def test_a_delivery_waits_from_the_moment_it_is_due(world):
    world.read(days("2026-02-10", "2026-02-12"))
    row = Delivery.objects.order_by("pk").last()
    now = timezone.now()
    for seconds, waiting in ((-1, {"delivery": 0}), (0, {"delivery": 1}), (400, {"delivery": 1})):
        Delivery.objects.filter(pk=row.pk).update(state="waiting", due_at=now - timedelta(seconds=seconds))
        found = read(now)
        assert waiting.items() <= values(found, "portal_work_waiting").items()
        assert values(found, "portal_oldest_waiting_seconds")["delivery"] == max(seconds, 0)


def test_a_month_waits_while_a_part_is_pending_and_a_part_that_failed_is_parked(world):
    close = compute(world)
    close.state = "computing"
    close.save(update_fields=["state"])
    now = close.started_at + timedelta(seconds=90)
    close.chunks.update(state="pending")
    waiting = read(now)
    close.chunks.update(state="failed")
    failed = read(now)

    assert values(waiting, "portal_oldest_waiting_seconds")["close"] == 90
    assert values(waiting, "portal_close_parts_parked") == {"": 0}
    assert values(failed, "portal_work_waiting")["close"] == 0
    assert values(failed, "portal_close_parts_parked") == {"": 1}


def test_a_part_that_does_not_respond_is_zero_and_the_others_are_read(world, settings, monkeypatch):
    def fail(*args):
        raise CacheIsAway

    note_heartbeat("work", now=timezone.now())
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert values(read(), "portal_part_up") == {"database": 1, "cache": 1, "broker": 0}
    monkeypatch.setattr(cache, "get", fail)
    found = read()
    assert values(found, "portal_part_up") == {"database": 1, "cache": 0, "broker": 0}
    assert values(found, "portal_heartbeat_age_seconds") == {}

    def gone():
        raise DatabaseError("gone")

    monkeypatch.setattr(clock, "database_now", gone)
    assert values(read(), "portal_part_up")["database"] == 0


def test_the_metrics_role_reads_all_figures(metrics_role):
    assert values(read(), "portal_part_up")["database"] == 1


def test_the_metrics_role_reads_only_states_and_times_of_work(metrics_role):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p') "
            "AND has_any_column_privilege(oid, 'SELECT, INSERT, UPDATE')"
        )
        assert {name for (name,) in cursor.fetchall()} == set(METRICS_COLUMNS)
        for table, columns in METRICS_COLUMNS.items():
            cursor.execute(
                "SELECT attname FROM unnest(%s::text[]) AS attname WHERE has_column_privilege(%s, attname, 'SELECT')",
                [list(columns_of(table)), table],
            )
            assert {name for (name,) in cursor.fetchall()} == set(columns), table


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT family_name FROM enrollment_patient",
        "SELECT outcome FROM monitoring_delivery",
        "DELETE FROM audit_event",
    ],
)
def test_the_metrics_role_is_refused_everything_else(metrics_role, statement):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_age_of_an_archive_is_that_of_its_newest_file(world, tmp_path):
    now = timezone.now()
    folders = {"backups": tmp_path, "log": tmp_path}
    names = ("portal_backup_age_seconds", "portal_base_backup_age_seconds", "portal_log_archive_age_seconds")
    assert [values(read(now, **folders), name)[""] for name in names] == [float("inf")] * 3
    for name, age in ((base_name(now), 500), ("000000010000000000000001.enc", 70), ("portal.bak", 9000), ("x.half", 1)):
        file = tmp_path / name
        file.touch()
        os.utime(file, (now.timestamp() - age, now.timestamp() - age))
    assert [round(values(read(now, **folders), name)[""]) for name in names] == [9000, 500, 70]


def test_standbys_are_counted_apart_from_receivers_of_the_log(world, monkeypatch):
    columns = ("state", "sync_state", "replay_lag")
    rows = [
        ("streaming", "quorum", timedelta(seconds=4)), ("streaming", "quorum", None), ("catchup", "quorum", None),
        ("streaming", "async", timedelta(seconds=99)), (None, None, None),
    ]  # fmt: skip
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE sender (state text, sync_state text, replay_lag interval)")
        cursor.executemany(f"INSERT INTO sender ({names}) VALUES (%s, %s, %s)", rows)
        cursor.execute("CREATE FUNCTION test_senders() RETURNS SETOF sender LANGUAGE sql AS 'SELECT * FROM sender'")
    monkeypatch.setattr(figures_module, "SENDERS", "test_senders")
    found = read()

    assert values(found, "portal_standbys") == {"": 2}
    assert values(found, "portal_replication_lag_seconds") == {"": 4}
    assert values(found, "portal_log_receivers") == {"": 1}


def test_figures_are_served_with_their_labels():
    registry, collector = CollectorRegistry(), FigureCollector()
    registry.register(collector)
    assert generate_latest(registry) == b""
    collector.replace([MetricSample("portal_part_up", 1, {"part": "cache"}), MetricSample("portal_standbys", 2)])
    text = generate_latest(registry).decode()

    assert 'portal_part_up{part="cache"} 1.0' in text
    assert "portal_standbys 2.0" in text


def test_requests_are_not_counted_without_a_folder_and_a_missing_folder_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    with pytest.raises(MiddlewareNotUsed):
        RequestMetricsMiddleware(lambda request: None)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match=rf"{FOLDER_VARIABLE} is .*nowhere, which is not a folder"):
        RequestMetricsMiddleware(lambda request: None)


def counted():
    """The counts of requests by view, method and status."""
    samples = (sample for metric in REGISTRY.collect() if metric.name == "portal_requests" for sample in metric.samples)
    return {
        (each.labels["view"], each.labels["method"], each.labels["status"]): each.value
        for each in samples
        if each.name == "portal_requests_total"
    }


def test_a_request_is_counted_by_view_and_never_by_what_is_in_its_address(world, monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    before, client = counted(), Client()
    client.force_login(world.user("physician"))
    paths = [f"/patients/{world.patient.public_id}/", f"/{NAME}/", "/healthz", f"/readyz?name={NAME}"]
    for path in paths:
        client.get(path)
    client.generic(NAME.upper(), "/healthz")
    new = {key: value - before.get(key, 0) for key, value in counted().items() if value != before.get(key, 0)}

    assert new == {
        ("chart", "GET", "200"): 1, ("unknown", "GET", "404"): 1, ("healthz", "GET", "200"): 1,
        ("readyz", "GET", "200"): 1, ("healthz", "other", "405"): 1,
    }  # fmt: skip
    text = generate_latest(REGISTRY).decode()
    assert NAME.lower() not in text.lower()
    assert world.patient.public_id not in text


def test_a_view_that_fails_is_counted_as_an_error(world, monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    before = counted()

    def fail(**named):
        raise ZeroDivisionError

    monkeypatch.setattr("rpm_portal.ops.health.check_readiness", fail)
    Client(raise_request_exception=False).get("/readyz")

    key = ("readyz", "GET", "500")
    assert counted()[key] - before.get(key, 0) == 1


@pytest.mark.worker
@pytest.mark.slow
def test_a_process_of_its_own_serves_what_the_web_processes_count(transactional_db, tmp_path, monkeypatch):
    web, port = free_port(), free_port()
    monkeypatch.setenv("PORTAL_HTTPS", "false")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    gunicorn = [sys.executable, "-W", "ignore", "-m", "gunicorn", "rpm_portal.wsgi", "--bind", f"127.0.0.1:{web}",
                "--workers", "2", "--log-level", "critical"]  # fmt: skip
    command = [sys.executable, "-W", "ignore", "manage.py", "metrics", "--port", str(port), "--log", str(tmp_path)]

    def fetch(port, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=HANG_TIMEOUT_SECONDS) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()

    with running(gunicorn, web), running(command, port):
        for path in ["/healthz"] * 3 + [f"/{NAME}/?name={NAME}"]:
            fetch(web, path)
        wait_for(lambda: "portal_part_up" in fetch(port, "/metrics"))
        text = fetch(port, "/metrics")

    assert 'portal_requests_total{method="GET",status="200",view="healthz"} 3.0' in text
    assert 'portal_part_up{part="database"} 1.0' in text
    assert "portal_log_archive_age_seconds +Inf" in text
    assert NAME not in text
    views = {name for name in get_resolver().reverse_dict if isinstance(name, str)} | {"unknown"}
    assert {label for label, _ in EVERY_LABEL.findall(text)} <= {
        "view",
        "method",
        "status",
        "le",
        "part",
        "queue",
        "kind",
    }
    assert {value for label, value in EVERY_LABEL.findall(text) if label == "view"} <= views


def test_metrics_of_a_missing_folder_are_refused():
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "metrics", "--log", "/nowhere"],
        cwd=Path(settings.BASE_DIR), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (finished.returncode, "/nowhere is not a folder." in finished.stderr) == (1, True)
