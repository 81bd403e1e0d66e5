"""Point-in-time recovery: encrypted copies of the write-ahead log, and a restore of the server to a moment.

`pg_receivewal` writes the log into a spool folder while the server runs. `keep_log` encrypts what is in the spool into
the archive, the unfinished segment too, so that at most the time between two calls is lost. `base_backup` adds a copy
of the whole server to it. `restore` writes a data folder that replays the log to a moment when it starts. A moment
without a later change in the archive means all of the archive.

Needs no settings and no database:

    python -m rpm_portal.ops.log_archive keep SPOOL ARCHIVE
    python -m rpm_portal.ops.log_archive restore ARCHIVE DATA [--to 2026-11-30T09:41:00-06:00]

The key is PORTAL_BACKUP_KEY.
"""

import argparse
import os
import re
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rpm_portal.ops.encrypted_files import CHUNK_SIZE, FileDamaged, decrypt_file, encrypt_file, parse_key
from rpm_portal.ops.log_end import SEGMENT, last_change, waldump_program

SUFFIX = ".enc"
BASE = re.compile(r"^base-(\d{8}T\d{6}\.\d{6}Z)\.tar\.enc$")
_TIME = "%Y%m%dT%H%M%S.%fZ"
_LOG_FILE = re.compile(r"^([0-9A-F]{24}(\.partial)?|[0-9A-F]{8}\.history)$")
PARTIAL = ".partial"
LOG_FOLDER = "restored_log"


class RestoreFailed(RuntimeError):
    """The archive cannot be restored to this moment; the message says why."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a data folder was restored from: the copy of the server, and the last change it will replay if known.

    `is_whole`: all of the archived log will be replayed, because nothing later than the moment is in it.
    """

    base: Path
    last_change: datetime | None
    is_whole: bool


def write_encrypted(chunks: Iterable[bytes], target: Path, key: bytes) -> None:
    """Write an encrypted file completely, or not at all: it is on disk when it gets its name."""
    half = target.with_name(f"{target.name}.half")
    with half.open("wb") as out:
        encrypt_file(chunks, out, key)
        out.flush()
        os.fsync(out.fileno())
    half.replace(target)


def keep_log(spool: Path, archive: Path, key: bytes) -> int:
    """Encrypt the log files of the spool into the archive; returns how many.

    A finished segment is written once and then deleted from the spool, except the newest, where pg_receivewal
    continues. The unfinished one is written again at each call. Safe to run again after a kill at any point.
    """
    files = sorted(path for path in spool.iterdir() if _LOG_FILE.match(path.name))
    finished = [path for path in files if not path.name.endswith(PARTIAL)]
    written = 0
    for path in files:
        target = archive / f"{path.name}{SUFFIX}"
        if not target.exists() or path.name.endswith(PARTIAL):
            try:
                write_encrypted(_chunks_of(path), target, key)
            except FileNotFoundError:  # finished and renamed meanwhile: the next call keeps it
                continue
            written += 1
        if SEGMENT.match(path.name):
            (archive / f"{path.name}{PARTIAL}{SUFFIX}").unlink(missing_ok=True)
    for path in finished[:-1]:
        path.unlink()
    return written


def _chunks_of(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_SIZE):
            yield chunk


def base_name(finished: datetime) -> str:
    """The file name of a copy of the whole server: a restore to a moment needs one that was finished before it."""
    return f"base-{finished.astimezone(UTC):{_TIME}}.tar{SUFFIX}"


def restore(archive: Path, data: Path, key: bytes, *, to: datetime | None = None) -> Restored:
    """Write a data folder that replays the log to a moment, or to its end, when it starts; returns what it replays.

    PostgreSQL stops before the first later commit, so it needs one. If the archive has none, all of it is replayed,
    which is the same state. The restored server archives nothing. Raises RestoreFailed, FileDamaged, or OSError;
    `data` must not exist.
    """
    base = _base_before(archive, to)
    with tempfile.TemporaryFile() as tar_file:
        with base.open("rb") as file:
            tar_file.writelines(decrypt_file(file, key))
        tar_file.seek(0)
        with tarfile.open(fileobj=tar_file) as tar:
            program = _waldump_for(tar) if to else None
            data.mkdir(mode=0o700, parents=True)
            tar.extractall(data, filter="data")
    _decrypt_log(archive, data / LOG_FOLDER, key)
    last = last_change(data / LOG_FOLDER, program) if program else None
    is_whole = to is None or last is None or last <= to
    _write_recovery(data, None if is_whole else to)
    return Restored(base, last, is_whole)


def _waldump_for(tar: tarfile.TarFile) -> Path:
    """The program that reads the log of a copied server. Raises RestoreFailed if it is not installed."""
    member = next((each for each in tar if each.name.removeprefix("./") == "PG_VERSION"), None)
    file = tar.extractfile(member) if member else None
    if file is None:
        raise RestoreFailed("The copy of the server has no file PG_VERSION.")
    major = file.read().decode().strip()
    program = waldump_program(major)
    if program is None:
        raise RestoreFailed(f"pg_waldump of PostgreSQL {major} was not found. Name its folder in PORTAL_PG_BIN.")
    return program


def _base_before(archive: Path, to: datetime | None) -> Path:
    """The newest copy of the server that was finished before the moment."""
    found = {path: BASE.match(path.name) for path in archive.iterdir()}
    times = {path: datetime.strptime(name[1], _TIME).replace(tzinfo=UTC) for path, name in found.items() if name}
    if not times:
        raise RestoreFailed(f"{archive} has no copy of the server; make one with manage.py base_backup.")
    before = [path for path, at in times.items() if to is None or at < to]
    if not before:
        oldest = min(times.values()).isoformat()
        raise RestoreFailed(f"The oldest copy of the server was finished at {oldest}, after that moment.")
    return max(before, key=times.__getitem__)


def _decrypt_log(archive: Path, folder: Path, key: bytes) -> None:
    folder.mkdir(mode=0o700)
    for path in sorted(archive.iterdir()):
        name = path.name.removesuffix(SUFFIX)
        whole = path.with_name(f"{name.removesuffix(PARTIAL)}{SUFFIX}")
        if name == path.name or not _LOG_FILE.match(name) or (name.endswith(PARTIAL) and whole.exists()):
            continue
        with path.open("rb") as file, (folder / name.removesuffix(PARTIAL)).open("wb") as out:
            out.writelines(decrypt_file(file, key))


def _write_recovery(data: Path, to: datetime | None) -> None:
    lines = [
        f'restore_command = \'cp "{data / LOG_FOLDER}/%f" "%p"\'',
        "recovery_target_timeline = 'latest'",
        # A restored server that archived would write a second history into the archive.
        "archive_mode = off",
        "recovery_target_action = 'promote'",
    ]
    if to is not None:
        lines.append(f"recovery_target_time = '{to.isoformat()}'")
    with (data / "postgresql.auto.conf").open("a") as conf:
        conf.write("\n".join(["", *lines, ""]))
    (data / "recovery.signal").touch()
    # A copy of a server whose socket is in its data folder has the socket's lock file, with the process number of the
    # lost server: if any process has that number, the restored server refuses to start.
    for lock in (data / "postmaster.pid", *data.glob(".s.PGSQL.*.lock")):
        lock.unlink(missing_ok=True)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("give the moment with its offset, like 2026-11-30T09:41:00-06:00")
    return moment


def _report(restored: Restored, data: Path, to: datetime | None) -> str:
    """What the person who restores must know: where the restored server will stop."""
    if to and not restored.is_whole:
        stop = f"It will stop at {to.isoformat()}."
    elif to:
        last = restored.last_change.isoformat() if restored.last_change else "before the copy of the server"
        stop = f"The last archived change is {last}, not after that moment: all of the archive will be replayed."
    else:
        stop = "It will replay all of the archive."
    return f"Restored from {restored.base.name}. {stop} Start PostgreSQL with the data folder {data}.\n"


def main(arguments: list[str]) -> None:
    """Keep the log, or restore. Raises SystemExit with what to do."""
    parser = argparse.ArgumentParser(prog="python -m rpm_portal.ops.log_archive")
    commands = parser.add_subparsers(dest="command", required=True)
    keep = commands.add_parser("keep", help="encrypt the log files of the spool into the archive")
    keep.add_argument("spool", type=Path)
    keep.add_argument("archive", type=Path)
    back = commands.add_parser("restore", help="write a data folder that replays the log when it starts")
    back.add_argument("archive", type=Path)
    back.add_argument("data", type=Path)
    back.add_argument("--to", type=_moment)
    given = parser.parse_args(arguments)
    try:
        key = parse_key(os.environ.get("PORTAL_BACKUP_KEY", ""))
        if given.command == "keep":
            sys.stdout.write(f"{keep_log(given.spool, given.archive, key)} log files kept.\n")
        else:
            sys.stdout.write(_report(restore(given.archive, given.data, key, to=given.to), given.data, given.to))
    except (RestoreFailed, FileDamaged, ValueError, OSError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
