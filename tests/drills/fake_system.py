"""Replacements for a rehearsal of docs/operations.md without root: `systemctl`, `runuser`, and paths below a folder.

`python -m tests.drills.fake_system systemctl start portal-web` runs the ExecStart of docs/deploy/systemd/portal-web.service
with its environment files. `runuser -u postgres -- COMMAND` runs a command as the owner of the database's folder.
"""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.drills.restore import PROGRAMS, ROOT, kill_server

UNITS = ROOT / "docs" / "deploy" / "systemd"
POSTGRESQL = "postgresql"


class FakeSystem:
    """The files, units and database servers of an installation in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def host(self, name: str) -> Path:
        """The folder of a database machine."""
        return self.folder / name

    def rewritten(self, text: str, host: str) -> str:
        """A text of the guide or of a unit with the paths of this rehearsal."""
        database = self.host(host)
        paths = {
            "/var/lib/postgresql/18": database,
            "/etc/postgresql/18/main": database / "etc",
            "/usr/lib/postgresql/18/bin": PROGRAMS,
            "/opt/portal/venv/bin": Path(sys.executable).parent,
            "/opt/portal/app": ROOT,
            **{path: self.folder / path.strip("/") for path in ("/etc/portal", "/opt/portal", "/run/portal", "/var")},
            "db1.clinic.internal": self.host("db1") / "socket",
            "db2.clinic.internal": self.host("db2") / "socket",
            "127.0.0.1:9108": "127.0.0.1:" + os.environ.get("REHEARSAL_PORT", "9108"),
            "--port 9108": "--port " + os.environ.get("REHEARSAL_PORT", "9108"),
        }
        pattern = re.compile("|".join(map(re.escape, sorted(paths, key=len, reverse=True))))
        return pattern.sub(lambda found: str(paths[found[0]]), text)

    def create_database(self, host: str, owner: str | None) -> None:
        """A new server as Debian's package makes it: data, configuration and socket in three folders."""
        folder = self.host(host)
        for name in ("etc/conf.d", "socket"):
            (folder / name).mkdir(parents=True)
        shipped = (ROOT / "docs" / "deploy" / "postgresql" / "portal.conf").read_text()
        # Several servers and the tests of others share this machine's memory and disks.
        (folder / "etc" / "conf.d" / "portal.conf").write_text(f"{shipped}\nfsync = off\nlog_connections = off\n")
        (folder / "etc" / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n")
        (folder / "etc" / "postgresql.conf").write_text(
            f"data_directory = '{folder}/main'\nhba_file = '{folder}/etc/pg_hba.conf'\n"
            f"unix_socket_directories = '{folder}/socket'\nlisten_addresses = ''\ninclude_dir = 'conf.d'\n"
        )
        if owner:
            subprocess.run(["chown", "-R", owner, str(folder)], check=True)

    def start_database(self, host: str) -> None:
        """`systemctl start postgresql` on a machine."""
        folder = self.host(host)
        options = f"-c config_file={folder}/etc/postgresql.conf"
        log = str(folder / "socket" / "log")
        self.as_postgres(
            host,
            [str(PROGRAMS / "pg_ctl"), "-D", f"{folder}/main", "-w", "-t", "600", "-l", log, "-o", options, "start"],
        )

    def stop_database(self, host: str) -> None:
        """`systemctl mask --now postgresql` on a machine that died: nothing is written any more."""
        if (self.host(host) / "main" / "postmaster.pid").exists():
            kill_server(self.host(host) / "main")
            for lock in (
                (self.host(host) / "main" / "postmaster.pid"),
                *(self.host(host) / "socket").glob(".s.PGSQL*"),
            ):
                lock.unlink(missing_ok=True)

    def as_postgres(self, host: str, words: list[str], *, text: bytes | None = None) -> None:
        """Run a command as the owner of a machine's database folder."""
        folder = self.host(host)
        environment = {**os.environ, "PGHOST": str(folder / "socket"), "PGUSER": "postgres"}
        owner = folder.owner() if os.geteuid() == 0 else None
        stdin = None if text is None else subprocess.PIPE
        finished = subprocess.Popen(words, env=environment, user=owner, cwd="/", stdin=stdin)
        finished.communicate(text)
        if finished.returncode:
            sys.exit(f"{words[0]} ended with {finished.returncode}")

    def start_unit(self, name: str) -> None:
        """Run a service: to its end if it is of type oneshot, else in the background."""
        unit = self.rewritten((UNITS / f"{name}.service").read_text(), "db1").replace("\\\n", " ")
        found = re.findall(r"^(\w+)=(.*)$", unit, re.M)
        environment = self._environment(found)
        for key, folders in (
            ("RuntimeDirectory", self.folder / "run"),
            ("StateDirectory", self.folder / "var" / "lib"),
        ):
            for folder in " ".join(value for each, value in found if each == key).split():
                (folders / folder).mkdir(parents=True, exist_ok=True)
        is_oneshot = ("Type", "oneshot") in found
        commands = [value for key, value in found if key in {"ExecStartPre", "ExecStart"}]
        for command in commands if is_oneshot else commands[:-1]:
            self._run(command, environment)
        if not is_oneshot:
            self._start(name, commands[-1], environment, is_notify=("Type", "notify") in found)

    def _environment(self, found: list[tuple[str, str]]) -> dict[str, str]:
        lines = []
        for key, value in found:
            lines += Path(value).read_text().splitlines() if key == "EnvironmentFile" else []
            lines += [value] if key == "Environment" else []
        return {**os.environ, **dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))}

    def _words(self, command: str) -> list[str]:
        return shlex.split(command.replace("%h", "localhost").replace("%%", "%"))

    def _run(self, command: str, environment: dict[str, str]) -> None:
        finished = subprocess.run(self._words(command), cwd=ROOT, env=environment, check=False)
        if finished.returncode:
            sys.exit(f"{command} ended with {finished.returncode}")

    def _start(self, name: str, command: str, environment: dict[str, str], *, is_notify: bool) -> None:
        """Start a command; with Type=notify it reports on a socket that it is ready."""
        self.stop_unit(name)
        log = (self.folder / f"{name}.log").open("ab")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            address = self.folder / f"{name}.notices"
            address.unlink(missing_ok=True)
            notices.bind(str(address))
            notices.settimeout(300)
            notify = {"NOTIFY_SOCKET": str(address)} if is_notify else {}
            process = subprocess.Popen(
                self._words(command), cwd=ROOT, env=environment | notify, stdout=log, stderr=log, start_new_session=True
            )
            (self.folder / f"{name}.pid").write_text(str(process.pid))
            while is_notify and b"READY=1" not in notices.recv(4096):
                pass

    def stop_unit(self, name: str) -> None:
        """End a service with its children; nothing if it does not run."""
        note = self.folder / f"{name}.pid"
        if not note.exists():
            return
        pid = int(note.read_text())
        note.unlink()
        for each, pause in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, each)
            deadline = time.monotonic() + pause
            while time.monotonic() < deadline and _group_runs(pid):
                time.sleep(0.1)

    def stop_all(self) -> None:
        """End everything that was started."""
        for note in self.folder.glob("*.pid"):
            self.stop_unit(note.stem)
        for host in ("db1", "db2"):
            self.stop_database(host)


def _group_runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def systemctl(system: FakeSystem, host: str, words: list[str]) -> None:
    """The part of systemctl that the guide uses."""
    action, names = words[0], [word.removesuffix(".service") for word in words[1:] if not word.startswith("--")]
    for name in names:
        if name == POSTGRESQL:
            {"start": system.start_database, "mask": system.stop_database}.get(action, lambda host: None)(host)
        elif action in {"stop", "restart"}:
            system.stop_unit(name)
        if name != POSTGRESQL and action in {"start", "restart"}:
            system.start_unit(name)


def main(words: list[str]) -> None:
    """`systemctl ...` or `runuser -u postgres -- COMMAND` in the folder and on the machine of the environment."""
    system, host = FakeSystem(Path(os.environ["REHEARSAL_FOLDER"])), os.environ["REHEARSAL_HOST"]
    if words[0] == "systemctl":
        systemctl(system, host, words[1:])
    elif words[:4] == ["runuser", "-u", "postgres", "--"]:
        command = words[4:]
        on_path = PROGRAMS / command[0]
        system.as_postgres(host, [str(on_path) if on_path.exists() else command[0], *command[1:]])
    else:
        sys.exit(f"the rehearsal cannot do {words[0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
