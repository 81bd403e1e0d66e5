"""Fixtures for every room."""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from rpm_portal import throttle
from tests.builders import World, a_world
from tests.snapshot import Snapshot

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


# Whole processes start and die in these: they go first, so that nobody waits for one of them at the end.
LONGEST = {"test_nothing_is_lost", "test_start", "test_walk", "test_sample", "test_real_input"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; otherwise in order."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


TEMPLATE = os.environ.get("PORTAL_TEST_TEMPLATE", "")


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """A database that was copied with its tables is taken as it is."""
    return bool(TEMPLATE or request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def _copied(django_db_modify_db_settings: None, django_db_blocker: object) -> None:
    """This worker's database, copied from the one whose tables were made while the tests were collected."""
    if not TEMPLATE:
        return
    wait_for(lambda: any(Path(TEMPLATE, name).exists() for name in ("ready", "failed")), seconds=180)
    assert Path(TEMPLATE, "ready").exists(), Path(TEMPLATE, "migrations.log").read_text()
    name, source = connection.creation._get_test_db_name(), connection.settings_dict["NAME"]
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')


@pytest.fixture(scope="session")
def django_db_setup(_copied: None, django_db_setup: None, django_db_blocker: object) -> None:
    """Let the test runner clear tables: the append-only triggers refuse TRUNCATE, as they must in the product."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE '%_no_truncate'")
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")


@pytest.fixture(autouse=True)
def _quick_passwords(settings: object) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _rates_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates are counted beside the database by a row's number, and the same rows have the same numbers in each test."""
    monkeypatch.setattr(throttle, "PREFIX", f"test:{uuid.uuid4().hex}")
    cache.clear()


_world = Snapshot(a_world)


@pytest.fixture
def world(db: None) -> World:
    """A practice with its people, one active RPM patient with a cuff, and a second practice beside it."""
    return _world()


@pytest.fixture
def live_world(transactional_db: None) -> World:
    """The same, committed, for tests in which other processes and connections look."""
    return _world()


class Worker:
    """A real Celery worker over the real broker and the test database."""

    def __init__(self, queue: str, chunk: int = 1000) -> None:
        database = connection.settings_dict
        host = f"&host={database['HOST']}" if database["HOST"].startswith("/") else ""
        name = database["NAME"]
        url = f"postgresql://{database['USER']}@/{name}?{host.lstrip('&')}" if host else _network_url(database)
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "PORTAL_QUEUE": queue,
            "PORTAL_HTTPS": "false",
            "PORTAL_CLOSE_CHUNK": str(chunk),
        }
        self.queue = queue
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start the worker in a group of its own and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "celery", "-A", "rpm_portal", "--quiet", "worker", "--loglevel",
             "warning", "--concurrency", "1", "-n", f"{self.queue}@test", "-Q", f"{self.queue},{self.queue}-batches"],
            env={**self.environment, **environment},
            start_new_session=True,
            cwd=settings.BASE_DIR,
        )  # fmt: skip
        from rpm_portal.celery import app

        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if app.control.ping(destination=[f"{self.queue}@test"], timeout=0.5):
                return
        raise AssertionError("the worker did not answer within 30 seconds")

    def kill(self) -> None:
        """SIGKILL the whole worker, parent and child, as a crash would."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def stop(self) -> None:
        """Stop it kindly, then for sure."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def _network_url(database: dict[str, str]) -> str:
    secret = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgresql://{database['USER']}{secret}@{database['HOST']}{port}/{database['NAME']}"


@pytest.fixture
def worker(transactional_db: None, settings: object, worker_id: str) -> Iterator[Worker]:
    """A worker that listens on a queue of this test alone."""
    from rpm_portal.celery import app

    queue = f"test-{worker_id}-{os.getpid()}-{time.monotonic_ns()}"
    before = app.conf.task_default_queue
    app.conf.task_default_queue = queue
    app.amqp.queues.clear()
    app.amqp.__dict__.pop("queues", None)
    app.amqp.__dict__.pop("router", None)
    made = Worker(queue)
    yield made
    made.stop()
    app.conf.task_default_queue = before
    app.amqp.__dict__.pop("queues", None)
    app.amqp.__dict__.pop("router", None)


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """gw0, gw1, ... under xdist; main without it."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


def wait_for(asked: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until something is so. Fails after the time."""
    deadline = time.monotonic() + seconds
    while not asked():
        if time.monotonic() > deadline:
            raise AssertionError(f"this did not come true within {seconds} s")
        time.sleep(0.1)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
