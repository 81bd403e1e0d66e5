"""`docs/deploy/rehearse.sh`: run the `sh` blocks of docs/operations.md in order on private servers of this machine."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rpm_portal import embedded
from tests.drills.fake_system import FakeSystem
from tests.drills.restore import PROGRAMS, ROOT
from tests.processes import port_of_its_own

GUIDE = ROOT / "docs" / "operations.md"
_BLOCK = re.compile(r"^```sh (\w+)\n(.*?)^```$", re.M | re.S)
_HEADING = re.compile(r"^### (.+)$", re.M)


def blocks(text: str) -> list[tuple[str, str, str]]:
    """The heading, the machine and the text of each `sh` block."""
    found = []
    for block in _BLOCK.finditer(text):
        heading = [each for each in _HEADING.finditer(text) if each.start() < block.start()][-1][1]
        found.append((heading, block[1], block[2]))
    return found


def write_settings(system: FakeSystem, folder: Path) -> None:
    """What an operator writes by hand: settings, the address of each role, and the commands on the path."""
    etc = folder / "etc" / "portal"
    broker, cache = (embedded.start_valkey(folder / name) for name in ("broker", "cache"))
    hosts = ",".join(str(system.host(name) / "socket") for name in ("db1", "db2"))
    writes = "target_session_attrs=read-write&connect_timeout=3"
    lines = {
        "portal": [
            f"DATABASE_URL=postgresql://portal_app@/portal?host={hosts}&{writes}", f"REDIS_URL={broker}",
            f"PORTAL_CACHE_URL={cache}", "PORTAL_HTTPS=true", "PORTAL_HOSTS=portal.clinic.example",
            "PORTAL_ORIGINS=https://portal.clinic.example", "PORTAL_TRUSTED_PROXIES=unix",
            "PORTAL_EMAIL_URL=smtp+tls://portal:x@127.0.0.1:9", f"PORTAL_STATIC_ROOT={folder}/static",
            f"PORTAL_PG_BIN={PROGRAMS}", f"PORTAL_AUDIT_HEADS_FILE={folder}/heads.log",
        ],
        "owner": [f"DATABASE_URL=postgresql://portal_owner@/portal?host={hosts}&{writes}"],
        "metrics": [f"DATABASE_URL=postgresql://portal_metrics@/portal?host={hosts}&{writes}"],
        "restored": [f"DATABASE_URL=postgresql://portal_owner@/portal?host={system.host('db1')}/socket&port=5433"],
        "log": [f"PGHOST={hosts}", "PGTARGETSESSIONATTRS=read-write", "PGUSER=portal_standby"],
    }  # fmt: skip
    for name, values in lines.items():
        (etc / f"{name}.env").write_text("\n".join([*values, ""]))


def write_commands(system: FakeSystem, folder: Path) -> None:
    """`systemctl`, `runuser`, `chown` and `portal` in a folder for the path."""
    commands = folder / "bin"
    commands.mkdir()
    for name in ("systemctl", "runuser"):
        stub = f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -W ignore -m tests.drills.fake_system {name} "$@"\n'
        (commands / name).write_text(stub)
    owner = system.host("db1").owner()
    (commands / "chown").write_text(f'#!/bin/sh\n[ "$(id -u)" != 0 ] || /bin/chown -R {owner} "$3"\n')
    script = (ROOT / "docs" / "deploy" / "portal").read_text()
    (commands / "portal").write_text(system.rewritten(script, "db1"))
    for path in commands.iterdir():
        path.chmod(0o755)


def prepare(folder: Path) -> FakeSystem:
    """What the `console` blocks do: database servers from a package, folders, settings."""
    system = FakeSystem(folder)
    for name in (
        "etc/portal",
        "run/portal",
        "var/lib/portal-log",
        "var/lib/portal",
        "var/backups/portal/log",
        "static",
    ):
        (folder / name).mkdir(parents=True)
    probe = folder / "probe"
    embedded.start_postgres(probe)  # makes the system user that the wheel's servers run as, if root starts it
    owner = probe.owner() if os.geteuid() == 0 else None
    for host in ("db1", "db2"):
        system.create_database(host, owner)
    system.as_postgres(
        "db1", [str(PROGRAMS / "initdb"), "-D", f"{system.host('db1')}/main", "-U", "postgres", "-A", "trust"]
    )
    for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
        (system.host("db1") / "main" / name).unlink()  # as in Debian, where they are in /etc
    (system.host("db1") / "etc" / "pg_ident.conf").touch()
    system.start_database("db1")
    write_settings(system, folder)
    write_commands(system, folder)
    return system


def run_blocks(system: FakeSystem, folder: Path) -> int:
    """Run each block; returns how many. Raises SystemExit at the first that fails."""
    found = blocks(GUIDE.read_text())
    for number, (heading, host, text) in enumerate(found, 1):
        sys.stdout.write(f"\n== {number}. {heading} (on {host})\n{text}")
        sys.stdout.flush()
        database = host if host.startswith("db") else "db1"
        environment = {
            **os.environ,
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "REHEARSAL_FOLDER": str(folder),
            "REHEARSAL_HOST": database,
            "PORTAL_USER": "root" if os.geteuid() == 0 else os.environ.get("USER", "root"),
        }
        script = "set -euo pipefail\n" + system.rewritten(text, database)
        began = time.monotonic()
        finished = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environment, check=False)
        if finished.returncode:
            raise SystemExit(f"Block {number} ({heading}) ended with {finished.returncode}.")
        sys.stdout.write(f"   done in {time.monotonic() - began:.0f} s\n")
    return len(found)


def rehearse(folder: Path) -> int:
    """Prepare the machine, run the guide, and end everything; returns the number of blocks."""
    folder.chmod(0o755)
    os.environ["REHEARSAL_PORT"] = str(port_of_its_own())
    system = prepare(folder)
    try:
        return run_blocks(system, folder)
    finally:
        system.stop_all()


def main() -> None:
    """Rehearse in a temporary folder, and print the number of blocks."""
    with tempfile.TemporaryDirectory(prefix="portal-guide-", ignore_cleanup_errors=True) as name:
        count = rehearse(Path(name))
    sys.stdout.write(f"\nThe guide was followed: {count} blocks.\n")


if __name__ == "__main__":
    main()
