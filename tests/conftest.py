"""Fixtures of all tests: the pinned clock, the database, the built world, and a real Celery worker.

How a run starts: `tests/servers.py` starts the servers and migrates a template database while pytest collects. Each
xdist worker copies the template, and `Snapshot` restores the rows of the built world for each test.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import time_machine
from allauth.mfa import app_settings as factors
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from psycopg.pq import TransactionStatus

from monitoring import services as monitoring_services
from rpm_portal.core import clock as core_clock
from rpm_portal.core import throttle
from tests.builders import World, a_world
from tests.cases import some_cases
from tests.clock import HANG_TIMEOUT_SECONDS, TEST_DAY, clock_sql
from tests.form_keys import post_with_key
from tests.processes import guard_popen, missing_markers
from tests.recount import wrong_rows
from tests.snapshot import Snapshot

settings.CACHES["default"]["OPTIONS"].update(
    socket_timeout=HANG_TIMEOUT_SECONDS, socket_connect_timeout=HANG_TIMEOUT_SECONDS
)
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


# By default Hypothesis fails a test if an example takes longer than 200 ms or its data are slow to generate. Both depend
# on the load of the machine. Fixtures are not reset between examples, and these tests take that into account.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("suite")

# Tests that start and kill whole processes run first, so that no worker waits for one of them at the end.
SLOWEST_FILES = {"test_nothing_is_lost", "test_start", "test_walk", "test_sample", "test_real_input"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--cases=N`: run at most N cases of a parametrized test, evenly chosen and always the same ones."""
    parser.addoption("--cases", type=int, default=0, metavar="N", help="run at most N cases of a parametrized test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep `--cases` cases of each test, and run the slowest files first, the others in order."""
    items.sort(key=lambda item: item.path.stem not in SLOWEST_FILES)
    if limit := config.getoption("--cases"):
        kept = set(some_cases([item.nodeid for item in items], limit))
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
        items[:] = [item for item in items if item.nodeid in kept]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test that starts a browser or worker without its marker: `make test-fast` excludes tests by these markers."""
    markers = {mark.name for mark in item.iter_markers()}
    for marker in missing_markers(getattr(item, "fixturenames", ()), markers):
        pytest.fail(f"this test starts a {marker}: add @pytest.mark.{marker}", pytrace=False)


@pytest.fixture(autouse=True)
def pinned_day() -> Iterator[time_machine.Traveller]:
    """Each test starts at the same moment of the same day. The clock then runs on, and `shift` moves it."""
    with time_machine.travel(TEST_DAY, tick=True) as clock:
        yield clock


class DatabaseClock:
    """The clock of time entries, calls and locks in a test: the test's clock plus `ahead`, which may be negative."""

    ahead = timedelta()

    def sql(self) -> tuple[str, list[Any]]:
        """Replacement for `rpm_portal.core.clock.clock_sql`."""
        sql, (now,) = clock_sql()
        return sql, [now + self.ahead]


@pytest.fixture(autouse=True)
def database_clock(monkeypatch: pytest.MonkeyPatch) -> DatabaseClock:
    """`database_now` reads the pinned clock of the tests, because the database's own clock cannot be pinned.

    The moment that a seal covers is compared with moments that database triggers write, so it uses the real clock.
    """
    pinned = DatabaseClock()
    monkeypatch.setattr(core_clock, "clock_sql", pinned.sql)
    monkeypatch.setattr(core_clock, "_difference", timedelta())
    monkeypatch.setattr(monitoring_services, "database_now", _clock_timestamp)
    return pinned


def _clock_timestamp() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


@pytest.fixture
def still_clock(pinned_day: time_machine.Traveller) -> Iterator[time_machine.Traveller]:
    """A clock that moves only by `shift`, for one-time codes and counts per minute."""
    # Later than the rows of the other fixtures.
    with time_machine.travel(TEST_DAY + timedelta(hours=1), tick=False) as clock:
        yield clock


@pytest.fixture
def code_of(still_clock: time_machine.Traveller) -> Callable[[str], str]:
    """A function from a TOTP secret to its current code. A code is valid for 30 seconds, so the clock does not move."""
    return lambda secret: format_hotp_value(hotp_value(secret, int(time.time()) // factors.TOTP_PERIOD))


@pytest.fixture(autouse=True)
def _no_process_without_marker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test without the worker marker that starts a process of the portal itself."""
    if request.node.get_closest_marker("worker") is None:
        monkeypatch.setattr(subprocess.Popen, "__init__", guard_popen("worker", subprocess.Popen.__init__))


TEMPLATE_FOLDER = os.environ.get("PORTAL_TEST_TEMPLATE", "")


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """Use a database that was copied from the template without migrating it."""
    return bool(TEMPLATE_FOLDER or request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Raise the database timeouts (20 s for locks, 60 s for statements), which tests on a busy machine can exceed."""
    options = connection.settings_dict["OPTIONS"]
    options["options"] = re.sub(r"(\w+_timeout)=\d+s", rf"\1={HANG_TIMEOUT_SECONDS}s", options["options"])


@pytest.fixture(scope="session")
def _copied_database(django_db_modify_db_settings: None, django_db_blocker: object) -> None:
    """Copy this xdist worker's database from the template that was migrated while the tests were collected."""
    if not TEMPLATE_FOLDER:
        return
    wait_for(lambda: any(Path(TEMPLATE_FOLDER, name).exists() for name in ("ready", "failed")))
    assert Path(TEMPLATE_FOLDER, "ready").exists(), Path(TEMPLATE_FOLDER, "migrations.log").read_text()
    name, source = connection.creation._get_test_db_name(), connection.settings_dict["NAME"]
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')


@pytest.fixture(scope="session")
def django_db_setup(_copied_database: None, django_db_setup: None, django_db_blocker: object) -> None:
    """Let the test runner truncate tables: disable the append-only triggers that refuse TRUNCATE in the product."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE '%_no_truncate'")
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")


@pytest.fixture(autouse=True)
def _fast_password_hasher(settings: object) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _forms_with_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test client sends forms with a key: a form without one is refused."""
    monkeypatch.setattr(Client, "post", post_with_key(Client.post))


@pytest.fixture(autouse=True)
def _separate_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rate limits are counted in Valkey by primary key, and rows have the same keys in each test: use a new prefix."""
    monkeypatch.setattr(throttle, "PREFIX", f"test:{uuid.uuid4().hex}")
    # The product skips the limit if Valkey takes longer than 250 ms, which happens on a busy machine.
    monkeypatch.setattr(throttle, "_TIMEOUT_SECONDS", HANG_TIMEOUT_SECONDS)
    # The cache is shared by all test processes, so it is not cleared: each test has its own prefix, in every thread.
    prefix = f"test:{uuid.uuid4().hex}"
    monkeypatch.setitem(settings.CACHES["default"], "KEY_PREFIX", prefix)
    cache.key_prefix = prefix


@pytest.fixture(autouse=True)
def _worklist_is_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test in a transaction: a worklist row that claims to be placed and decided is what it would be now.

    So a trigger that is missing shows in whichever test first makes that change.
    """
    marker = request.node.get_closest_marker("django_db")
    names = set(request.fixturenames)
    is_in_transaction = ("db" in names or marker is not None) and not (
        names & {"transactional_db", "live_server", "live_world", "worker"}
        or (marker is not None and marker.kwargs.get("transaction"))
    )
    if not is_in_transaction or request.node.get_closest_marker("wrong_worklist"):
        yield
        return
    request.getfixturevalue("db")
    yield
    # A test that ends in a failed statement has no transaction to read in.
    if not connection.needs_rollback and connection.connection.info.transaction_status != TransactionStatus.INERROR:
        assert wrong_rows() == [], "worklist rows differ from their facts: a trigger is missing"


_world = Snapshot(a_world)


@pytest.fixture
def world(db: None) -> World:
    """A practice with its members and one active RPM patient with a cuff, and a second practice (`other`)."""
    return _world()


@pytest.fixture
def live_world(transactional_db: None) -> World:
    """The same, committed, for tests with other processes or connections."""
    return _world()


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder for a PostgreSQL server of one test.

    If root starts it, PostgreSQL runs as another user. Another pytest run changes the permissions of `tmp_path`, and the
    server could then no longer remove its lock files; so `tmp_path` is not used.
    """
    with tempfile.TemporaryDirectory(prefix="portal-test-", ignore_cleanup_errors=True) as name:
        yield Path(name)


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
        """Start the worker in its own process group and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.celery_on_test_day", str(time.time()),
             "-A", "rpm_portal", "--quiet", "worker", "--loglevel", "warning", "--concurrency", "1",
             "-n", f"{self.queue}@test", "-Q", f"{self.queue},{self.queue}-batches"],
            env={**self.environment, **environment},
            start_new_session=True,
            cwd=settings.BASE_DIR,
        )  # fmt: skip
        from rpm_portal.celery import app

        def answers() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, "the worker has ended"
            return bool(app.control.ping(destination=[f"{self.queue}@test"], timeout=0.5))

        wait_for(answers)

    def kill(self) -> None:
        """SIGKILL the whole worker, parent and child, as a crash would."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(HANG_TIMEOUT_SECONDS)

    def stop(self) -> None:
        """Terminate the worker; kill it if it has not stopped after ten seconds."""
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
    """A worker with a separate queue for this test."""
    from rpm_portal.celery import app

    queue = f"test-{worker_id}-{os.getpid()}-{time.monotonic_ns()}"
    before = app.conf.task_default_queue
    app.conf.task_default_queue = queue
    app.amqp.queues.clear()
    app.amqp.__dict__.pop("queues", None)
    app.amqp.__dict__.pop("router", None)
    process = Worker(queue)
    yield process
    process.stop()
    app.conf.task_default_queue = before
    app.amqp.__dict__.pop("queues", None)
    app.amqp.__dict__.pop("router", None)


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """gw0, gw1, ... under xdist; main without it."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


def wait_for(condition: Callable[[], bool], *, pause: float = 0.1) -> None:
    """Wait until `condition` returns true, with `pause` seconds between calls. Fails after HANG_TIMEOUT_SECONDS."""
    deadline = time.monotonic() + HANG_TIMEOUT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"the condition is still false after {HANG_TIMEOUT_SECONDS} s: a process hangs")
        time.sleep(pause)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
