"""Start of the portal: invalid settings are named, a busy port or a read-only folder gives one message."""

import base64
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from rpm_portal import embedded
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for
from tests.processes import port_of_its_own

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://u@localhost/x", "REDIS_URL": "redis://localhost/0",
    "PORTAL_HTTPS": "false",
}  # fmt: skip


OTHER_KEY = base64.b64encode(bytes(range(3, 35))).decode()
# Each variable that a start under HTTPS needs, with a good value.
PRODUCTION = GOOD | {
    "PORTAL_HTTPS": "true",
    "PORTAL_HOSTS": "portal.clinic.example",
    "PORTAL_SECRET_KEY": "".join(chr(33 + n % 90) for n in range(7, 97)),
    "PORTAL_AUDIT_KEY": "".join(chr(33 + n % 90) for n in range(17, 107)),
    "PORTAL_COLUMN_KEYS": base64.b64encode(bytes(range(32))).decode(),
    "PORTAL_SEAL_KEYS": base64.b64encode(bytes(range(1, 33))).decode(),
    "PORTAL_LINK_KEYS": base64.b64encode(bytes(range(4, 36))).decode(),
    "PORTAL_BACKUP_KEY": base64.b64encode(bytes(range(2, 34))).decode(),
    "PORTAL_CACHE_URL": "rediss://cache.clinic.example:6379/0",
    "PORTAL_EMAIL_URL": "smtp+tls://user:hunter2@mail.clinic.example:587",
    "PORTAL_AUDIT_HEADS_TO": "heads@clinic.example",
}


def start(**environment):
    """The finished process of a Django start with this environment."""
    code = "import django; from django.conf import settings; settings.DEBUG; django.setup(); print('started')"
    given = {**GOOD, "DJANGO_SETTINGS_MODULE": "rpm_portal.settings", **environment}
    given = {key: value for key, value in given.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", code], env=given, cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_a_good_environment_starts():
    assert start().stdout.strip() == "started"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://localhost"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://[::bad"}, "DATABASE_URL"),
        ({"REDIS_URL": None}, "REDIS_URL"),
        ({"REDIS_URL": "http://x"}, "REDIS_URL"),
        ({"PORTAL_HTTPS": "maybe"}, "PORTAL_HTTPS"),
        ({"PORTAL_DEBUG": "perhaps"}, "PORTAL_DEBUG"),
        ({"PORTAL_CLOSE_CHUNK": "0"}, "PORTAL_CLOSE_CHUNK"),
        ({"PORTAL_CLOSE_CHUNK": "many"}, "PORTAL_CLOSE_CHUNK"),
        ({"PORTAL_HTTPS": "true"}, "PORTAL_SECRET_KEY"),
        ({"PORTAL_EMAIL_URL": "carrier-pigeon://user:secret@loft"}, "PORTAL_EMAIL_URL"),
        ({"PORTAL_EMAIL_URL": "smtp+tls://"}, "PORTAL_EMAIL_URL"),
        ({"PORTAL_COLUMN_KEYS": "c2hvcnQ="}, "PORTAL_COLUMN_KEYS"),
        ({"PORTAL_SEAL_KEYS": "c2hvcnQ="}, "PORTAL_SEAL_KEYS"),
    ],
)
def test_a_wrong_value_stops_the_start_with_its_name(environment, named):
    finished = start(**environment)

    assert finished.returncode != 0
    assert named in finished.stderr.splitlines()[-1]


@pytest.mark.slow
def test_a_production_with_every_secret_starts():
    assert start(**PRODUCTION).stdout.strip() == "started"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"PORTAL_SECRET_KEY": None}, "PORTAL_SECRET_KEY is not set"),
        ({"PORTAL_SECRET_KEY": "abc"}, "PORTAL_SECRET_KEY must be at least 50"),
        ({"PORTAL_SECRET_KEY": "abcdefg" * 7}, "PORTAL_SECRET_KEY must be at least 50"),  # 49 characters
        ({"PORTAL_SECRET_KEY": "abcd" * 20}, "PORTAL_SECRET_KEY must be at least 50"),  # four different ones
        ({"PORTAL_AUDIT_KEY": None}, "PORTAL_AUDIT_KEY is not set"),
        ({"PORTAL_AUDIT_KEY": "short"}, "PORTAL_AUDIT_KEY must be at least 50"),
        ({"PORTAL_AUDIT_KEY": PRODUCTION["PORTAL_SECRET_KEY"]}, "must be different"),
        ({"PORTAL_COLUMN_KEYS": None}, "PORTAL_COLUMN_KEYS is not set"),
        ({"PORTAL_SEAL_KEYS": None}, "PORTAL_SEAL_KEYS is not set"),
        ({"PORTAL_LINK_KEYS": None}, "PORTAL_LINK_KEYS is not set"),
        ({"PORTAL_LINK_KEYS": PRODUCTION["PORTAL_SEAL_KEYS"]}, "must be different"),
        ({"PORTAL_BACKUP_KEY": None}, "PORTAL_BACKUP_KEY is not set"),
        ({"PORTAL_SEAL_KEYS": PRODUCTION["PORTAL_COLUMN_KEYS"]}, "must be different"),
        ({"PORTAL_SEAL_KEYS": f"{OTHER_KEY}, {PRODUCTION['PORTAL_COLUMN_KEYS']}"}, "must be different"),
        ({"PORTAL_COLUMN_KEYS": f"{OTHER_KEY},{OTHER_KEY}"}, "must be different"),
        ({"PORTAL_CACHE_URL": None}, "PORTAL_CACHE_URL is not set"),
        ({"PORTAL_CACHE_URL": "memcached://x"}, "PORTAL_CACHE_URL must begin"),
        ({"PORTAL_EMAIL_URL": None}, "PORTAL_EMAIL_URL is not set"),
        ({"PORTAL_EMAIL_URL": "consolemail://"}, "PORTAL_EMAIL_URL is not set"),
        ({"PORTAL_DEBUG": "true"}, "PORTAL_DEBUG must be false"),
        ({"PORTAL_HOSTS": "*"}, "PORTAL_HOSTS must list"),
        ({"PORTAL_HOSTS": "portal.clinic.example,.clinic.example"}, "PORTAL_HOSTS must list"),
        ({"PORTAL_TRUSTED_PROXIES": "proxy"}, "PORTAL_TRUSTED_PROXIES"),
        ({"PORTAL_TRUSTED_PROXIES": "0.0.0.0/0"}, "PORTAL_TRUSTED_PROXIES"),
        ({"PORTAL_HTTPS": "false"}, "PORTAL_HOSTS contains portal.clinic.example"),
    ],
)
def test_an_unsafe_production_does_not_start(environment, named):
    finished = start(**PRODUCTION | environment)

    assert finished.returncode != 0
    assert named in finished.stderr.splitlines()[-1]
    assert "hunter2" not in finished.stderr.splitlines()[-1], "the password of the mail server is not repeated"


@pytest.mark.slow
@pytest.mark.parametrize("hosts", ["portal.clinic.example", "*", ".clinic.example", "localhost,10.0.0.7"])
def test_a_portal_without_tls_and_secrets_serves_only_loopback_names(hosts):
    finished = start(PORTAL_HOSTS=hosts)

    assert finished.returncode != 0
    assert "PORTAL_HTTPS is false" in finished.stderr.splitlines()[-1]
    assert start(PORTAL_HOSTS="localhost,127.0.0.1,[::1],demo.localhost").stdout.strip() == "started"


def test_the_secrets_of_a_database_address_are_not_repeated():
    assert "hunter2" not in start(DATABASE_URL="postgresql://u:hunter2@localhost").stderr


def test_the_password_of_a_mail_server_is_not_repeated():
    assert "secret" not in start(PORTAL_EMAIL_URL="carrier-pigeon://user:secret@loft").stderr


@pytest.mark.slow
def test_production_settings_pass_djangos_own_check():
    environment = {**PRODUCTION, "DJANGO_SETTINGS_MODULE": "rpm_portal.settings"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    assert finished.returncode == 0, finished.stderr


@pytest.mark.slow
def test_a_deployment_that_stores_no_heads_of_the_audit_is_warned():
    environment = PRODUCTION | {"DJANGO_SETTINGS_MODULE": "rpm_portal.settings", "PORTAL_AUDIT_HEADS_TO": ""}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    assert finished.returncode != 0
    assert "portal.W001" in finished.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(embedded.EmbeddedServerError, match="cannot be written"):
        embedded.start_valkey(tmp_path / "file" / "valkey")


@pytest.mark.slow
def test_the_servers_keep_their_data_for_a_second_start(server_folder):
    import psycopg

    script = (
        "import os, sys; from pathlib import Path; from rpm_portal import embedded; import psycopg;"
        "env = {}; embedded.attach(env, Path(sys.argv[1]));"
        "psycopg.connect(env['DATABASE_URL'], autocommit=True).execute(sys.argv[2]); print(env['DATABASE_URL'])"
    )

    def run(statement):
        command = [sys.executable, "-W", "ignore", "-c", script, str(server_folder / "var"), statement]
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout.strip()

    run("create table kept (x int)")
    assert (server_folder / "var" / "postgres").stat().st_mode & 0o077 == 0, "no other user reads the files"
    url = run("insert into kept values (1)")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    embedded.reset(server_folder / "var")
    assert not (server_folder / "var").exists()


class SlowServer:
    """A PostgreSQL server whose start raises the given errors before it is ready."""

    def __init__(self, *errors):
        self.errors = list(errors)

    def start(self):
        if self.errors:
            raise self.errors.pop(0)


def test_a_slow_start_of_the_database_is_awaited():
    server = SlowServer(subprocess.TimeoutExpired("pg_ctl", 10), AssertionError("starting"), AssertionError("starting"))

    embedded.start_patiently(server)

    assert server.errors == []


@pytest.mark.parametrize(
    ("seconds", "error"),
    [(300, subprocess.CalledProcessError(1, "pg_ctl")), (-1, subprocess.TimeoutExpired("pg_ctl", 10)), (-1, AssertionError())],
)  # fmt: skip
def test_a_database_that_ended_or_hangs_is_not_awaited(monkeypatch, seconds, error):
    monkeypatch.setattr(embedded, "STARTS_WITHIN", seconds)
    server = SlowServer(error, RuntimeError("asked again"))

    with pytest.raises(type(error)):
        embedded.start_patiently(server)


@pytest.mark.worker
def test_the_demo_reports_a_port_in_use():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        command = [sys.executable, "-m", "rpm_portal.demo"]
        finished = subprocess.run(
            command, env={**os.environ, "PORT": port}, cwd=ROOT, capture_output=True, text=True, check=False
        )

    assert finished.returncode != 0
    assert (
        finished.stderr.strip()
        == f"Port {port} is in use. Stop what listens there, or choose another: make demo PORT=8001"
    )


@pytest.mark.slow
def test_a_run_of_the_tests_leaves_nothing_on_the_disk(server_folder):
    """Leftovers of a hundred megabytes per run would fill the disk."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL"} and not name.startswith(("PYTEST_", "PORTAL_TEST_"))
    }
    (server_folder / "t").mkdir()
    # The servers are started for collecting too.
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--collect-only", "tests/ops/test_start.py"]
    finished = subprocess.run(
        command,
        env=environment | {"TMPDIR": str(server_folder / "t")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert [path.name for path in (server_folder / "t").glob("portal-tests-*")] == []
    # A process that outlives the run could write into the folder while it is deleted.
    wait_for(lambda: not processes_of(str(server_folder)))


def processes_of(*words):
    """The command lines of the running processes that contain one of the words."""
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in running if any(word in line for word in words)]


@pytest.mark.worker
def test_the_demo_starts_answers_and_leaves_no_process(server_folder):
    """The whole of `make demo` on a database of its own, from nothing to Ctrl-C."""
    port, log = str(port_of_its_own()), server_folder / "log"
    environment = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"PORT": port, "PORTAL_DATA": str(server_folder / "var"), "PYTHONWARNINGS": "ignore"}
    with log.open("wb") as written:
        demo = subprocess.Popen(
            [sys.executable, "-m", "rpm_portal.demo"],
            env=environment,
            cwd=ROOT,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )

    def is_ready():
        assert demo.poll() is None, log.read_text()
        return b"is ready" in log.read_bytes()

    try:
        wait_for(is_ready)
        page = (
            urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=HANG_TIMEOUT_SECONDS)
            .read()
            .decode()
        )
        assert "Sign in to RPM Portal" in page
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(HANG_TIMEOUT_SECONDS)
    output = log.read_text()
    for role in ("physician", "nurse", "manager", "admin"):
        assert role in output
    # A killed process may be in the list for a moment.
    wait_for(lambda: not processes_of(str(server_folder), f"127.0.0.1:{port}"))


@pytest.mark.slow
def test_another_port_is_tried_if_the_first_was_taken(tmp_path, monkeypatch):
    from rpm_portal import embedded

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        ports = iter([busy.getsockname()[1], embedded._free_port()])
        monkeypatch.setattr(embedded, "_free_port", lambda: next(ports))
        stops = []
        monkeypatch.setattr(embedded.atexit, "register", lambda *stop: stops.append(stop))
        try:
            address = embedded.start_valkey(tmp_path)
        finally:
            for stop, *arguments in stops:
                stop(*arguments)
    assert address.startswith("redis://127.0.0.1:")
    assert len(stops) == 2


@pytest.mark.slow
def test_a_web_process_sends_its_tasks_to_our_broker():
    """Without it, a shared task would go to Celery's default address, and each request would wait."""
    script = "from celery import current_app; print(current_app.main, current_app.conf.broker_url)"
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "shell", "--no-imports", "-c", script],
        cwd=ROOT, env={**os.environ, "REDIS_URL": "redis://127.0.0.1:1/7"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert finished.stdout.split() == ["rpm_portal", "redis://127.0.0.1:1/7"]
