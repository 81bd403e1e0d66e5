"""Encrypted backups with their row counts, and a check that restores one into a scratch database and counts again."""

import json
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, LiteralString, TypedDict

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql
from psycopg.conninfo import make_conninfo

from rpm_portal.core.db.snapshots import snapshot
from rpm_portal.ops.encrypted_files import CHUNK_SIZE, decrypt_file, encrypt_file
from rpm_portal.ops.pg_programs import BackupFailed, database_name, pg_arguments, pg_environment, pg_program

_SEPARATOR = b"\n\x00\n"  # separates the list of contents from the dump


@dataclass(frozen=True, slots=True)
class BackupCheck:
    """The result of a test restore: number of tables and rows, and a sentence for each difference."""

    made_at: str
    tables: int
    rows: int
    differs: list[str]


class Counts(TypedDict):
    """The row count of every table, and the head of each practice's audit chain."""

    rows: dict[str, int]
    heads: dict[str, str]


class Contents(Counts):
    """What a backup contains; it precedes the dump in the file."""

    made_at: str


def make_backup(out: IO[bytes], *, key: bytes, now: datetime) -> Contents:
    """Dump a snapshot of the whole database into an encrypted file; returns the counts of the snapshot.

    Raises BackupFailed if pg_dump is missing or fails.
    """
    with snapshot(read_only=False), connection.cursor() as cursor:
        # The dump may take longer than the idle timeout of a transaction.
        setting = "set_config('idle_in_transaction_session_timeout', '0', true)"
        ((snapshot_id, _),) = _run(cursor, f"SELECT pg_export_snapshot(), {setting}")
        contents: Contents = {"made_at": now.isoformat(), **_count(cursor)}
        arguments = [
            pg_program("pg_dump"),
            "-Fc",
            "--no-owner",
            f"--snapshot={snapshot_id}",
            *pg_arguments(database_name()),
        ]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=pg_environment()) as dump:  # noqa: S603
            encrypt_file(_chunks(contents, dump), out, key)
            error_output = dump.stderr.read().decode(errors="replace") if dump.stderr else ""
        if dump.returncode:
            raise BackupFailed(f"pg_dump ended with {dump.returncode}: {error_output[:300]}")
    return contents


def _chunks(contents: Contents, dump: "subprocess.Popen[bytes]") -> Iterator[bytes]:
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
                pg_program("pg_restore"),
                "--no-owner",
                "--exit-on-error",
                *pg_arguments(name, flag=True),
                dump.name,
            ]
            process = subprocess.run(arguments, capture_output=True, env=pg_environment(), check=False)  # noqa: S603
            if process.returncode:
                raise BackupFailed(f"pg_restore failed: {process.stderr.decode(errors='replace')[:300]}")
            with psycopg.connect(_conninfo(name)) as scratch, scratch.cursor() as cursor:
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


def _decrypt_dump(file: IO[bytes], dump: IO[bytes], key: bytes) -> Contents:
    """Decrypt the dump into a file, and return the list of contents in front of it."""
    head = b""
    contents: Contents | None = None
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


def _count(cursor: CursorWrapper | psycopg.Cursor) -> Counts:
    """The row count of every table and the head of each audit chain, in the current transaction.

    Raw, because the restored database has a connection of its own.
    """
    tables = _run(cursor, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    count = sql.SQL("SELECT count(*) FROM {}")
    rows = {table: _run(cursor, count.format(sql.Identifier(table)))[0][0] for (table,) in tables}
    heads = _run(cursor, "SELECT practice_id::text, number || ' ' || digest FROM audit_chainhead ORDER BY 1")
    return {"rows": rows, "heads": dict(heads)}


def _run(cursor: CursorWrapper | psycopg.Cursor, statement: str | sql.Composed) -> list[tuple[Any, ...]]:
    """Run a statement; returns its rows, none for one without a result."""
    cursor.execute(statement)
    return cursor.fetchall() if cursor.description else []


def _conninfo(name: str) -> str:
    """The connection string of a database on the same server."""
    database = connection.settings_dict
    arguments = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return make_conninfo(dbname=name, **{name: database[key] for name, key in arguments.items() if database[key]})


@contextmanager
def _scratch_database() -> Iterator[str]:
    """A temporary database on the same server, dropped afterwards. The role needs CREATEDB."""
    name = f"{database_name()[:40]}_check_{secrets.token_hex(4)}"
    _run_on_server("CREATE DATABASE {}", name)
    try:
        yield name
    finally:
        _run_on_server("DROP DATABASE {} WITH (FORCE)", name)


def _run_on_server(statement: LiteralString, database: str) -> None:
    """Run a statement that names a database, outside of a transaction."""
    with psycopg.connect(_conninfo(database_name()), autocommit=True) as server, server.cursor() as cursor:
        _run(cursor, sql.SQL(statement).format(sql.Identifier(database)))
