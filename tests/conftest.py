"""Fixtures for every room."""

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

from monitoring import services as monitoring_services
from rpm_portal.core import clock as core_clock
from rpm_portal.core import throttle
from tests.builders import World, a_world
from tests.clock import STUCK, TEST_DAY, clock_sql
from tests.processes import starts_without, unmarked
from tests.recount import wrong_rows
from tests.snapshot import Snapshot

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


# Hypothesis fails a test whose example takes longer than 200 ms, and one whose data are slow to make: both are seconds,
# and a busy machine has fewer of them. Our fixtures are not reset between examples, which these tests know.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("suite")

# Whole processes start and die in these: they go first, so that nobody waits for one of them at the end.
LONGEST = {"test_nothing_is_lost", "test_start", "test_walk", "test_sample", "test_real_input"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; otherwise in order."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """`make test-fast` leaves out what is marked `browser` or `worker`; so who asks for one must be marked."""
    markers = {mark.name for mark in item.iter_markers()}
    for marker in unmarked(getattr(item, "fixturenames", ()), markers):
        pytest.fail(f"this test starts a {marker}: add @pytest.mark.{marker}", pytrace=False)


@pytest.fixture(autouse=True)
def pinned_day() -> Iterator[time_machine.Traveller]:
    """Each test begins at the same moment of the same day; the clock runs on from there, and `shift` moves it."""
    with time_machine.travel(TEST_DAY, tick=True) as clock:
        yield clock


class DatabaseClock:
    """The clock of time entries, calls and locks in a test: the test's own, `ahead` of it or behind it."""

    ahead = timedelta()

    def sql(self) -> tuple[str, list[Any]]:
        """As `rpm_portal.core.clock.clock_sql` gives it."""
        sql, (now,) = clock_sql()
        return sql, [now + self.ahead]


@pytest.fixture(autouse=True)
def database_clock(monkeypatch: pytest.MonkeyPatch) -> DatabaseClock:
    """`database_now` reads the pinned clock of the tests: nothing pins the database's own.

    The moment that a seal covers is compared with moments which the database's triggers write, so it keeps the real one.
    """
    pinned = DatabaseClock()
    monkeypatch.setattr(core_clock, "clock_sql", pinned.sql)
    monkeypatch.setattr(monitoring_services, "database_now", _clock_timestamp)
    return pinned


def _clock_timestamp() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


@pytest.fixture
def still_clock(pinned_day: time_machine.Traveller) -> Iterator[time_machine.Traveller]:
    """A clock that moves only where the test moves it, for what ends after half a minute or is counted by the minute."""
    # Later than what the fixtures before it have made.
    with time_machine.travel(TEST_DAY + timedelta(hours=1), tick=False) as clock:
        yield clock


@pytest.fixture
def code_of(still_clock: time_machine.Traveller) -> Callable[[str], str]:
    """The code that a phone shows for a secret. It ends with its half minute, so the clock stands still."""
    return lambda secret: format_hotp_value(hotp_value(secret, int(time.time()) // factors.TOTP_PERIOD))


@pytest.fixture(autouse=True)
def _no_process_without_its_marker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for a test that starts a process of the portal by itself."""
    if request.node.get_closest_marker("worker") is None:
        monkeypatch.setattr(subprocess.Popen, "__init__", starts_without("worker", subprocess.Popen.__init__))


TEMPLATE = os.environ.get("PORTAL_TEST_TEMPLATE", "")


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """A database that was copied with its tables is taken as it is."""
    return bool(TEMPLATE or request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The database ends who waits twenty seconds for a lock or thinks for a minute: a busy machine does, and so do tests."""
    options = connection.settings_dict["OPTIONS"]
    options["options"] = re.sub(r"(\w+_timeout)=\d+s", rf"\1={STUCK}s", options["options"])


@pytest.fixture(scope="session")
def _copied(django_db_modify_db_settings: None, django_db_blocker: object) -> None:
    """This worker's database, copied from the one whose tables were made while the tests were collected."""
    if not TEMPLATE:
        return
    wait_for(lambda: any(Path(TEMPLATE, name).exists() for name in ("ready", "failed")))
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
    # The product counts nothing where the broker is slower than a quarter of a second; a busy machine may be.
    monkeypatch.setattr(throttle, "_TIMEOUT_SECONDS", STUCK)
    cache.clear()


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
    if not connection.needs_rollback:
        assert wrong_rows() == [], "worklist rows differ from their facts: a trigger is missing"


_world = Snapshot(a_world)


@pytest.fixture
def world(db: None) -> World:
    """A practice with its people, one active RPM patient with a cuff, and a second practice beside it."""
    return _world()


@pytest.fixture
def live_world(transactional_db: None) -> World:
    """The same, committed, for tests in which other processes and connections look."""
    return _world()


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder for a PostgreSQL of a test. Started by root, PostgreSQL runs as a user of its own, and whenever another run
    of pytest begins it takes the folder of `tmp_path` away from all other users: then no lock file is removed.
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
        """Start the worker in a group of its own and wait until it answers."""
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
            self.process.wait(STUCK)

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


def wait_for(asked: Callable[[], bool], *, pause: float = 0.1) -> None:
    """Wait until something is so, asked again after a pause. Fails after STUCK seconds, which only a hung process takes."""
    deadline = time.monotonic() + STUCK
    while not asked():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {STUCK} s this is still not so: something hangs")
        time.sleep(pause)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
