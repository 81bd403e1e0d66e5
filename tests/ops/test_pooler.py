"""docs/deploy/postgresql/pgbouncer.ini with the real program, at night: sessions stay whole, and lost settings are found."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from rpm_portal import embedded
from rpm_portal.ops.environment import database
from tests.conftest import wait_for
from tests.ops.test_slow_clients import free_port

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
SHIPPED = Path(settings.BASE_DIR) / "docs" / "deploy" / "postgresql" / "pgbouncer.ini"
CLIENTS, ROUNDS = 4, 100
pytestmark = [
    pytest.mark.night,
    pytest.mark.skipif(PGBOUNCER is None, reason="no PgBouncer on this machine; install it to try its file"),
]


@pytest.fixture
def pooled(server_folder):
    """The address of a database behind PgBouncer, and of the database itself."""
    data, port = server_folder / "data", free_port()
    url = embedded.start_postgres(data, throw_away=True)
    text = SHIPPED.read_text()
    for old, new in (
        ("host=db1.clinic.internal port=5432 dbname=portal", f"host={data} dbname=portal user=postgres"),
        ("listen_port = 6432", f"listen_port = {port}\nunix_socket_dir ="),
        ("auth_type = scram-sha-256\nauth_file = /etc/pgbouncer/userlist.txt", "auth_type = any"),
        ("server_tls_sslmode = verify-full\n", ""),
    ):
        assert old in text
        text = text.replace(old, new)
    file = server_folder / "pgbouncer.ini"
    file.write_text(text)
    server_folder.chmod(0o755)
    owner = data.owner() if os.geteuid() == 0 else None  # it refuses to run as root
    process = subprocess.Popen([str(PGBOUNCER), "-q", str(file)], user=owner, stderr=subprocess.DEVNULL)
    address = f"postgresql://portal_app@127.0.0.1:{port}/portal"

    def accepts():
        assert process.poll() is None, "PgBouncer has ended"
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            return False
        return True

    try:
        wait_for(accepts)
        yield address, url
    finally:
        process.terminate()
        process.wait()


def connect(address):
    """A connection with the start parameters of the portal."""
    options = database(address)["OPTIONS"]
    return psycopg.connect(address, autocommit=True, options=options["options"], prepare_threshold=0)


def test_prepared_statements_of_many_clients_are_found_again(pooled):
    failures = []

    def work(number):
        try:
            for _ in range(ROUNDS // 10):
                with connect(pooled[0]) as line:
                    for value in range(10):
                        assert line.execute("SELECT %s::int + %s::int", [number, value]).fetchone() == (number + value,)
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_setting_of_one_session_is_not_seen_by_the_next(pooled):
    with connect(pooled[0]) as line:
        line.execute("SELECT set_config('portal.practice', '7', false)")
    for _ in range(5):
        with connect(pooled[0]) as line:
            assert line.execute("SELECT current_setting('portal.practice', true)").fetchone()[0] in {None, ""}


def test_the_timeouts_are_lost_unless_the_role_has_them(pooled):
    with connect(pooled[0]) as line:
        assert line.execute("SHOW lock_timeout").fetchone() == ("0",)
    statements = [
        line.removeprefix("; ") for line in SHIPPED.read_text().splitlines() if line.startswith("; ALTER ROLE")
    ]
    assert len(statements) == 4
    with psycopg.connect(pooled[1], autocommit=True) as line:
        for statement in statements:
            line.execute(statement.replace("portal_app", "postgres"))

        # The pooler's connections are older than the settings.
        line.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )

    def has_them():
        try:
            with connect(pooled[0]) as line:
                return line.execute("SHOW lock_timeout").fetchone() == ("20s",)
        except psycopg.OperationalError:
            return False

    wait_for(has_them)
